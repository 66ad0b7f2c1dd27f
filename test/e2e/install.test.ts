import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BIN } from './server-process.js';
import { Shell } from './shell.js';

let home: string;
let shell: Shell;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'hugwire-user-')));
  const elsewhere = { XDG_CONFIG_HOME: '', CODEX_HOME: '', CLAUDE_CONFIG_DIR: '', CLINE_DIR: '' };
  shell = new Shell({ HOME: home, USERPROFILE: home, ...elsewhere });
});
afterEach(() => {
  shell.remove();
  rmSync(home, { recursive: true, force: true });
});

const CODEX = '# mine\nmodel = "o5"\n\n[mcp_servers.other]\ncommand = "x"\n';
const codex = () => join(home, '.codex', 'config.toml');
const putCodex = (text = CODEX) => {
  mkdirSync(join(home, '.codex'));
  writeFileSync(codex(), text);
};

it('installs, lists and uninstalls, and the file is as it was', async () => {
  putCodex();
  const shown = await shell.run('install', 'codex');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain('+ [mcp_servers.hugwire]');
  expect(readFileSync(codex(), 'utf8')).toBe(CODEX);
  const nowhere = await shell.run('install', 'codex', '--write', '--profile', 'work');
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no profile "work"') });
  expect(readFileSync(codex(), 'utf8')).toBe(CODEX);
  await shell.run('config', 'set', 'profiles.work.spaces.others', 'off');
  const written = await shell.run('install', 'codex', '--write', '--read-only', '--profile', 'work');
  expect(written).toMatchObject({ code: 0, stderr: '' });
  const args = '["-y", "hugwire", "serve", "--profile", "work", "--read-only"]';
  expect(readFileSync(codex(), 'utf8')).toContain(args);
  const { stdout } = await shell.run('install', '--list', '--json');
  const found = JSON.parse(stdout).clients.filter(({ present }: { present: boolean }) => present);
  expect(found).toMatchObject([{ id: 'codex', how: 'npx', path: codex() }]);
  expect(await shell.run('uninstall', 'codex')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(codex(), 'utf8')).toBe(CODEX);
  expect(readdirSync(join(home, '.codex')).sort()).toEqual(['config.toml']);
});

it('writes a command that starts this very hugwire with --direct, into the project', async () => {
  await shell.run('install', 'cursor', '--project', '--direct', '--yes', '--name', 'hf');
  const { mcpServers } = JSON.parse(readFileSync(join(shell.home, '.cursor', 'mcp.json'), 'utf8'));
  const { command, args } = mcpServers.hf;
  expect({ command, args }).toEqual({ command: process.execPath, args: [realpathSync(BIN)] });
  const clientInfo = { name: 'test', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  const input = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`;
  const { stdout } = spawnSync(command, args, { input, env: { ...process.env, HUGWIRE_HOME: shell.home } });
  expect(JSON.parse(stdout.toString())).toMatchObject({ id: 1, result: { serverInfo: { name: 'hugwire' } } });
});

it('loses nothing when several run at once', async () => {
  putCodex();
  const names = ['one', 'two', 'three'];
  const all = await Promise.all(names.map((name) => shell.run('install', 'codex', '--write', '--name', name)));
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
  const text = readFileSync(codex(), 'utf8');
  expect(text.startsWith(CODEX)).toBe(true);
  for (const name of names) expect(text).toContain(`[mcp_servers.${name}]`);
});

it.each([
  [['install'], 2, /Which client\?\nNext: Name one/],
  [['install', 'codex', '--direct', '--exact'], 2, /'--exact' cannot be used with option '--direct'/],
  [['install', 'curser', '--write'], 2, /There is no client "curser"\.\nNext: Did you mean cursor\?/],
  [['install', 'codex', '--write'], 2, /config\.toml: It is not valid TOML: line 1, column/],
  [['uninstall', 'codex', '--json'], 2, /config\.toml: It is not valid TOML/],
])('%j is refused with exit code %d', async (args, code, message) => {
  putCodex('model = \n');
  const outcome = await shell.run(...args);
  const stdout = args.includes('--json') ? expect.stringContaining('"error"') : '';
  expect(outcome).toMatchObject({ code, stdout, stderr: expect.stringMatching(message) });
  expect(readFileSync(codex(), 'utf8')).toBe('model = \n');
  expect(existsSync(`${codex()}.bak`)).toBe(false);
});

it('writes nothing with --dry-run, and hands the config on', async () => {
  putCodex();
  const { code, stdout } = await shell.run('--config', 'mine.json', 'install', 'codex', '--write', '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toContain(`"serve", "--config", "${join(realpathSync(shell.home), 'mine.json')}"]`);
  expect(readFileSync(codex(), 'utf8')).toBe(CODEX);
  await shell.run('install', 'codex', '--write');
  const installed = readFileSync(codex(), 'utf8');
  expect(await shell.run('uninstall', 'codex', '--dry-run', '--yes')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(codex(), 'utf8')).toBe(installed);
});
