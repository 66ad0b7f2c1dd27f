import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/install/clients.js';
import { filePath, getClient } from '../../src/install/find.js';
import { launchKind, launchOf, resolveLaunch } from '../../src/install/launch.js';
import type { Machine } from '../../src/install/machine.js';
import { ENTRY_SHAPES, readEntry } from '../../src/install/shapes.js';
import { quoteWords } from '../../src/lib/platform.js';
import { VERSION } from '../../src/lib/version.js';
import { canLink } from '../platform.js';

const linux: Machine = { env: {}, home: '/home/me', platform: 'linux', cwd: '/site' };
const mac: Machine = { env: {}, home: '/Users/me', platform: 'darwin', cwd: '/site' };
const windows: Machine = {
  env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  home: 'C:\\Users\\me',
  platform: 'win32',
  cwd: 'D:\\work',
};
const user = (id: string, machine: Machine) => filePath(getClient(id), 'user', machine);
const project = (id: string, machine: Machine) => filePath(getClient(id), 'project', machine);

describe('the files of clients', () => {
  it.each([
    ['claude-desktop', linux, '/home/me/.config/Claude/claude_desktop_config.json'],
    ['claude-desktop', mac, '/Users/me/Library/Application Support/Claude/claude_desktop_config.json'],
    ['claude-desktop', windows, 'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json'],
    ['claude-desktop', { ...windows, env: {} }, 'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json'],
    ['claude-code', linux, '/home/me/.claude.json'],
    ['claude-code', { ...linux, env: { CLAUDE_CONFIG_DIR: '/c' } }, '/c/.claude.json'],
    ['vscode', mac, '/Users/me/Library/Application Support/Code/User/mcp.json'],
    ['vscode', windows, 'C:\\Users\\me\\AppData\\Roaming\\Code\\User\\mcp.json'],
    ['vscode', { ...linux, env: { XDG_CONFIG_HOME: '/x' } }, '/x/Code/User/mcp.json'],
    ['cursor', windows, 'C:\\Users\\me\\.cursor\\mcp.json'],
    ['zed', linux, '/home/me/.config/zed/settings.json'],
    ['zed', mac, '/Users/me/.config/zed/settings.json'],
    ['zed', windows, 'C:\\Users\\me\\AppData\\Roaming\\Zed\\settings.json'],
    ['codex', { ...linux, env: { CODEX_HOME: '/c' } }, '/c/config.toml'],
    ['codex', { ...linux, env: { CODEX_HOME: '  ' } }, '/home/me/.codex/config.toml'],
    ['goose', mac, '/Users/me/.config/goose/config.yaml'],
    ['goose', windows, 'C:\\Users\\me\\AppData\\Roaming\\Block\\goose\\config\\config.yaml'],
    ['cline-cli', { ...linux, env: { CLINE_DIR: '/c' } }, '/c/data/settings/cline_mcp_settings.json'],
    ['jetbrains', linux, undefined],
  ])('%s of a user of %j', (id, machine, path) => {
    expect(user(id, machine)).toBe(path);
  });

  it('stand in the project, where a client has such', () => {
    expect(project('vscode', windows)).toBe('D:\\work\\.vscode\\mcp.json');
    expect(project('claude-code', linux)).toBe('/site/.mcp.json');
    expect(project('windsurf', linux)).toBeUndefined();
  });
});

describe('the table of clients', () => {
  it('names each once, in every way that it can be named', () => {
    const names = CLIENTS.flatMap(({ id, label, aliases = [] }) => [...new Set([id, label.toLowerCase(), ...aliases])]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(CLIENTS).toContain(getClient(name.toUpperCase()));
    expect(CLIENTS.filter(({ user: own, project: shared }) => own ?? shared).length).toBeGreaterThanOrEqual(15);
  });

  it('tells for each how to get there', () => {
    for (const client of CLIENTS) {
      expect(client.user ?? client.project ?? client.command ?? client.settings, client.id).toBeDefined();
    }
  });

  it('finds what was meant', () => {
    expect(() => getClient('cursr')).toThrow('There is no client "cursr".');
    expect(() => getClient('cursr')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^Did you mean cursor\? hugwire knows claude-desktop, /) }),
    );
  });
});

describe('cmd /c', () => {
  const told = { node: 'C:\\node.exe', script: 'C:\\hugwire\\bin\\hugwire.js' };

  it.each([...'&|<>^%!"();,=\t\r\n\u001b'])('is never handed %j', (character) => {
    const word = `C:\\R${character}D\\config.json`;
    for (const options of [{ config: word }, { profile: `a${character}` }]) {
      expect(() => launchOf({ ...told, ...options }, windows)).toThrow(
        expect.objectContaining({ code: 'invalid_arguments', hint: expect.stringContaining('--direct') }),
      );
      expect(launchOf({ ...told, ...options, direct: true }, windows).command).toBe(told.node);
      expect(launchOf({ ...told, ...options }, linux).args).toContain(Object.values(options)[0]);
    }
  });

  it.each(['C:\\Users\\Zoë O’Neil\\hw.json', "C:\\O'Brien\\ADMINI~1\\a+b [1] {2} @#$.json", 'D:/x_y-z/hw.json'])(
    'takes %s',
    (config) => {
      expect(launchOf({ ...told, config }, windows)).toEqual({
        command: 'cmd',
        args: ['/c', 'npx', '-y', 'hugwire', 'serve', '--config', config],
      });
    },
  );
});

describe('what a client starts', () => {
  it.each<[string, string[], string[]]>([
    ['npx', ['-y', 'hugwire'], ['npx']],
    ['cmd', ['/c', 'npx', '-y', 'hugwire'], ['cmd', 'npx']],
    ['C:\\Windows\\System32\\CMD.EXE', ['/d', '/s', '/C', 'npx -y hugwire'], ['C:\\Windows\\System32\\CMD.EXE', 'npx']],
    ['cmd', ['/c', '"C:\\Program Files\\nodejs\\npx.cmd" -y hugwire'], ['cmd', 'C:\\Program Files\\nodejs\\npx.cmd']],
    ['/usr/bin/env', ['-S', 'HF_HOME=/x', 'npx', '-y', 'hugwire'], ['/usr/bin/env', 'npx']],
    ['bash', ['-lc', 'exec npx -y hugwire'], ['bash', 'npx']],
    ['sh', ['-c', "env A=b '/opt/my node/npx' hugwire"], ['sh', 'env', '/opt/my node/npx']],
    ['cmd', [], ['cmd']],
    ['cmd', ['/c'], ['cmd']],
    ['bash', ['start.sh'], ['bash']],
    ['constructor', ['x'], ['constructor']],
  ])('%s %j', (command, args, commands) => {
    expect(resolveLaunch({ command, args }).map((one) => one.command)).toEqual(commands);
  });
});

describe('a command line', () => {
  const words = ['claude', 'mcp', 'add', 'x', '--', 'cmd', '/c', 'a b', '{"a":"b"}', "it's", 'a,b', '@x', '$y'];
  const three = 'C:\\Users\\me\\Documents\\PowerShell\\Modules;C:\\Program Files\\m;C:\\Windows\\m';

  it.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    [
      'cmd',
      'win32',
      { PSModulePath: 'C:\\Program Files\\m;C:\\Windows\\m' },
      `"--" cmd /c "a b" "{\\"a\\":\\"b\\"}" "it's" a,b @x "$y"`,
    ],
    ['PowerShell', 'win32', { PSModulePath: three }, `'--' cmd /c 'a b' '{\\"a\\":\\"b\\"}' 'it''s' 'a,b' '@x' '$y'`],
    [
      'Git Bash',
      'win32',
      { SHELL: '/usr/bin/bash', PSModulePath: three },
      `-- cmd /c 'a b' '{"a":"b"}' 'it'\\''s' a,b @x '$y'`,
    ],
    ['a shell of Linux', 'linux', {}, `-- cmd /c 'a b' '{"a":"b"}' 'it'\\''s' a,b @x '$y'`],
  ])('is written for %s', (_, platform, env, line) => {
    expect(quoteWords(words, { platform, env })).toBe(`claude mcp add x ${line}`);
  });
});

describe('launchOf', () => {
  const told = { node: '/usr/bin/node', script: '/opt/hugwire/bin/hugwire.js' };

  it.each([
    [{}, linux, 'npx -y hugwire'],
    [{}, windows, 'cmd /c npx -y hugwire'],
    [{ exact: true }, linux, `npx -y hugwire@${VERSION}`],
    [{ profile: 'work', readOnly: true }, mac, 'npx -y hugwire serve --profile work --read-only'],
    [{ config: '/home/me/hw.json' }, linux, 'npx -y hugwire serve --config /home/me/hw.json'],
    [{ direct: true }, linux, '/usr/bin/node /opt/hugwire/bin/hugwire.js'],
    [{ direct: true, readOnly: true }, windows, '/usr/bin/node /opt/hugwire/bin/hugwire.js serve --read-only'],
  ])('%j', (options, machine, words) => {
    const { command, args } = launchOf({ ...told, ...options }, machine);
    expect([command, ...args].join(' ')).toBe(words);
  });

  it.runIf(canLink)('writes where Node and the script really are', () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'hugwire-direct-')));
    try {
      const at = (...parts: string[]) => join(directory, ...parts);
      mkdirSync(at('v20', 'bin'), { recursive: true });
      for (const name of ['node', 'hugwire.js']) writeFileSync(at('v20', 'bin', name), '');
      // As fnm and nvm-windows have it.
      symlinkSync(at('v20'), at('fnm_multishells'));
      const [node, script] = [at('fnm_multishells', 'bin', 'node'), at('fnm_multishells', 'bin', 'hugwire.js')];
      expect(launchOf({ node, script, direct: true }, linux)).toEqual({
        command: at('v20', 'bin', 'node'),
        args: [at('v20', 'bin', 'hugwire.js')],
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it.each([
    '/home/me/.npm/_npx/1a2b/node_modules/hugwire/bin/hugwire.js',
    'C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\1a\\node_modules\\hugwire\\bin\\hugwire.js',
    '/home/me/.cache/pnpm/dlx/1a/node_modules/hugwire/bin/hugwire.js',
    '/tmp/bunx-0-hugwire@latest/node_modules/hugwire/bin/hugwire.js',
  ])('does not write down %s, which may vanish', (script) => {
    expect(() => launchOf({ ...told, script, direct: true }, linux)).toThrow(/may remove any day/);
  });
});

describe('an entry', () => {
  it.each(Object.entries(ENTRY_SHAPES))('of shape %s is read as it was written', (_, shape) => {
    const launch = { command: 'npx', args: ['-y', 'hugwire'] };
    expect(readEntry(shape.write(launch, 'hugwire'))).toEqual({ ...launch, env: [] });
  });

  it('tells names of variables, never values', () => {
    const secret = 'hf_abcdefghijkl';
    for (const key of ['env', 'envs', 'environment']) {
      expect(JSON.stringify(readEntry({ command: 'x', [key]: { HF_TOKEN: secret } }))).not.toContain(secret);
    }
    expect(readEntry({ url: 'https://x' })).toBeUndefined();
    expect(readEntry('x')).toBeUndefined();
  });

  it.each([
    ['npx', ['-y', 'hugwire'], 'npx'],
    ['npx', ['-y', 'hugwire@0.1.0', 'serve'], 'npx'],
    ['cmd', ['/c', 'npx', '-y', 'hugwire'], 'npx'],
    ['C:\\Program Files\\nodejs\\npx.cmd', ['hugwire'], 'npx'],
    ['sh', ['-c', 'npx -y hugwire'], 'npx'],
    ['cmd', ['/c', 'C:\\node.exe C:\\hugwire\\bin\\hugwire.js'], 'direct'],
    ['/usr/bin/node', ['/opt/hugwire/bin/hugwire.js'], 'direct'],
    ['node', ['C:\\hugwire\\bin\\hugwire.js', 'serve'], 'direct'],
    ['/usr/local/bin/hugwire', [], 'direct'],
    ['hugwire', [], 'other'],
    ['bunx', ['hugwire'], 'other'],
    ['npx', ['-y', 'hugwire-tools'], undefined],
    ['npx', ['-y', '@modelcontextprotocol/server-filesystem', '/home/me/hugwire'], undefined],
  ])('%s %j is %s', (command, args, kind) => {
    expect(launchKind({ command, args })).toBe(kind);
  });
});
