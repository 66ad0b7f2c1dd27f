import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findClients } from '../../src/install/find.js';
import type { Machine } from '../../src/install/machine.js';

let home: string;
let machine: Machine;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-find-'));
  machine = { env: {}, home, platform: 'linux', cwd: join(home, 'project') };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (path: string, text: string) => {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
};
const found = async () => (await findClients(machine)).filter(({ present }) => present);

it('finds none on a bare machine, though it looks for all', async () => {
  expect(await found()).toEqual([]);
  const all = await findClients(machine);
  expect(all.length).toBeGreaterThanOrEqual(15);
  expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
});

it('finds clients by their files and directories, and hugwire in them by its command', async () => {
  mkdirSync(join(home, '.claude'));
  put('.cursor/mcp.json', '{"mcpServers":{"hf":{"command":"npx","args":["-y","hugwire"],"env":{"HF_TOKEN":"hf_x"}}}}');
  put(
    '.codex/config.toml',
    '[mcp_servers.hugwire]\ncommand = "/usr/bin/node"\nargs = ["/opt/hugwire/bin/hugwire.js"]\n',
  );
  put('.vibe/config.toml', '[[mcp_servers]]\nname = "wire"\ntransport = "stdio"\ncommand = "hugwire"\n');
  put('.config/goose/config.yaml', 'extensions:\n  x:\n    cmd: npx\n    args: ["other"]\n');
  put('.config/opencode/opencode.jsonc', '{ /* mine */ "mcp": {"hf": {"command": ["npx", "hugwire"]}} }');
  put('project/.mcp.json', '{"mcpServers":{"hugwire":{"command":"npx","args":["-y","hugwire"]}}}');
  const facts = (await found()).map(({ id, scope, name, how }) => [id, scope, name, how]);
  expect(facts).toEqual([
    ['claude-code', 'user', undefined, undefined],
    ['claude-code', 'project', 'hugwire', 'npx'],
    ['cursor', 'user', 'hf', 'npx'],
    ['codex', 'user', 'hugwire', 'direct'],
    ['goose', 'user', undefined, undefined],
    ['opencode', 'user', 'hf', 'npx'],
    ['vibe', 'user', 'wire', 'other'],
  ]);
  const [, , cursor] = await found();
  expect(cursor?.entry).toEqual({ command: 'npx', args: ['-y', 'hugwire'], env: ['HF_TOKEN'] });
});

it('tells what is wrong with a file, and goes on', async () => {
  put('.cursor/mcp.json', '{"mcpServers":');
  mkdirSync(join(home, '.gemini', 'settings.json'), { recursive: true });
  put('.lmstudio/mcp.json', '{"mcpServers": "none"}');
  const problems = Object.fromEntries((await found()).map(({ id, problem }) => [id, problem]));
  expect(problems).toEqual({
    cursor: expect.stringMatching(/not valid JSON: line 1, column 15/),
    gemini: expect.stringMatching(/it is a directory/),
    lmstudio: undefined,
  });
});
