import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/commands/doctor/check.js';
import { checkClients, checkSkills } from '../../../src/commands/doctor/clients.js';
import { type Check, repairAll } from '../../../src/commands/doctor/command.js';
import { checkLeftLocks, checkSecretFiles } from '../../../src/commands/doctor/local.js';
import { changeSkill, renderSkill } from '../../../src/commands/skill.js';
import { ownTokenFile } from '../../../src/config/paths.js';
import { getClient } from '../../../src/install/find.js';
import { runsScripts } from '../../platform.js';
import { type MadeContext, makeContext } from './context.js';

let context: MadeContext;
beforeEach(() => {
  context = makeContext();
});
afterEach(() => context.remove());

const put = (text: string | object, ...parts: string[]): string => {
  const path = join(context.home, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
  return path;
};
const look = async (check: (context: MadeContext) => ReturnType<Check>) => {
  const found = await check(context);
  return Array.isArray(found) ? found : [found];
};
const repair = (findings: Finding[], dryRun = false) => repairAll([{ title: 'Group', findings }], dryRun);

describe.runIf(runsScripts)('hugwire doctor --fix', () => {
  const broken = { command: '/gone/node', args: ['/gone/hugwire.js', 'serve', '--profile', 'work'], env: { A: 'b' } };
  const other = { command: 'other', args: ['--token', 'x'] };
  let script: string;
  beforeEach(() => {
    script = put('', 'lib', 'hugwire', 'bin', 'hugwire.js');
    context = {
      ...context,
      server: { command: process.execPath, args: [script] },
      machine: { env: { PATH: '' }, home: context.home, platform: 'linux', cwd: join(context.home, 'project') },
    };
  });

  it('sets a client up again that cannot start hugwire, and touches nothing else', async () => {
    const path = put({ mcpServers: { other, hf: broken } }, '.cursor', 'mcp.json');
    const before = readFileSync(path, 'utf8');
    expect(await repair(await look(checkClients), true)).toMatchObject([{ done: false }]);
    expect(readFileSync(path, 'utf8')).toBe(before);

    expect(await repair(await look(checkClients))).toMatchObject([{ id: 'client:cursor:user', done: true }]);
    const { mcpServers } = JSON.parse(readFileSync(path, 'utf8'));
    expect(mcpServers.other).toEqual(other);
    expect(mcpServers.hf).toMatchObject({
      command: process.execPath,
      args: [script, 'serve', '--profile', 'work'],
      env: { A: 'b' },
    });
    expect(readFileSync(`${path}.bak`, 'utf8')).toBe(before);
    expect(await look(checkClients)).toMatchObject([{ status: 'ok' }]);
    expect(await repair(await look(checkClients))).toEqual([]);
  });

  it('leaves the file of a project alone, which other machines have too', async () => {
    put({}, '.cursor', 'mcp.json');
    const path = put({ mcpServers: { hugwire: broken } }, 'project', '.cursor', 'mcp.json');
    const before = readFileSync(path, 'utf8');
    const found = await look(checkClients);
    expect(found[0]).toMatchObject({ id: 'client:cursor:project', status: 'problem' });
    expect(await repair(found)).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('offers nothing where this hugwire could not be started either', async () => {
    put({ mcpServers: { hugwire: broken } }, '.cursor', 'mcp.json');
    context.server.args = ['/gone/too/hugwire.js'];
    const [found] = await look(checkClients);
    expect(found).toMatchObject({ status: 'problem' });
    expect(found?.fix).toBeUndefined();
  });

  it('says what could not be repaired, and goes on', async () => {
    const path = put({ mcpServers: { hugwire: broken } }, '.cursor', 'mcp.json');
    const found = await look(checkClients);
    writeFileSync(path, '{ broken');
    const second = { ...(found[0] as Finding), id: 'second', fix: async () => {} };
    const repairs = await repair([...found, second]);
    expect(repairs).toMatchObject([
      { done: false, error: expect.stringContaining(path) },
      { id: 'second', done: true },
    ]);
    expect(readFileSync(path, 'utf8')).toBe('{ broken');
  });

  it('removes the lock of a dead process, and not that of one that lives', async () => {
    const owner = (pid: number) => `${JSON.stringify({ id: '0123456789ab', pid, start: 1, host: 'h' })}\n`;
    const dead = join(dirname(context.configPath), 'config.json.lock');
    mkdirSync(dirname(dead), { recursive: true });
    writeFileSync(dead, owner(2 ** 22 + 7));
    utimesSync(dead, 1, 1);
    const held = join(dirname(context.configPath), 'spaces.lock.json.lock');
    writeFileSync(held, owner(process.pid));
    const approved = join(dirname(context.configPath), 'spaces.lock.json');
    writeFileSync(approved, '{}');
    expect(await repair(await look(checkLeftLocks))).toMatchObject([
      { done: true, detail: expect.stringContaining(dead) },
    ]);
    expect([existsSync(dead), existsSync(held), existsSync(approved)]).toEqual([false, true, true]);
  });

  it('keeps the token to its user', async () => {
    const path = ownTokenFile(context.paths);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'hf_x');
    chmodSync(path, 0o644);
    await repair(await look(checkSecretFiles));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('writes a skill of another version anew, and no other', async () => {
    const target = { client: getClient('codex'), scope: 'user', machine: context.machine } as const;
    await changeSkill(target, 'write');
    expect(await look(checkSkills)).toEqual([]);
    const path = put(renderSkill().replace('hub_search', 'an_older_tool'), '.agents', 'skills', 'hugwire', 'SKILL.md');
    const mine = put('mine', '.claude', 'skills', 'hugwire', 'SKILL.md');
    expect(await repair(await look(checkSkills))).toMatchObject([{ id: 'skill', done: true }]);
    expect(readFileSync(path, 'utf8')).toBe(renderSkill());
    expect(readFileSync(mine, 'utf8')).toBe('mine');
  });
});
