import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/install/clients.js';
import { filePath, getClient } from '../../src/install/find.js';
import { launchKind, launchOf } from '../../src/install/launch.js';
import type { Machine } from '../../src/install/machine.js';
import { ENTRY_SHAPES, readEntry } from '../../src/install/shapes.js';
import { VERSION } from '../../src/lib/version.js';

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
