import pc from 'picocolors';
import { beforeEach, expect, it, vi } from 'vitest';
import { listClients } from '../../src/commands/install/command.js';
import { CLIENTS } from '../../src/install/clients.js';
import { filePath, findClients, getClient } from '../../src/install/find.js';
import type { Machine } from '../../src/install/machine.js';

/** A disk of Windows. */
const disk = vi.hoisted(() => new Map<string, string>());
function has(path: string): boolean {
  return [...disk.keys()].some((one) => one === path || one.startsWith(`${path}\\`));
}
function missing(): Error {
  return Object.assign(new Error('none'), { code: 'ENOENT' });
}

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return {
    ...real,
    existsSync: has,
    readdirSync: (path: string) => {
      const inside = [...disk.keys()].filter((one) => one.startsWith(`${path}\\`));
      if (inside.length === 0) throw missing();
      return [...new Set(inside.map((one) => one.slice(path.length + 1).split('\\')[0]))];
    },
    promises: {
      ...real.promises,
      readFile: async (path: string) => {
        if (!disk.has(path)) throw missing();
        return Buffer.from(disk.get(path) ?? '');
      },
    },
  };
});

const env = { APPDATA: 'C:\\Users\\me\\AppData\\Roaming', LOCALAPPDATA: 'D:\\Local' };
const machine: Machine = { env, home: 'C:\\Users\\me', platform: 'win32', cwd: 'C:\\project' };
const ROAMING = 'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json';
const PACKAGE = 'D:\\Local\\Packages\\Claude_pzs8sxrjxfjjc';
const STORE = `${PACKAGE}\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json`;
const WITH = '{"mcpServers":{"hugwire":{"command":"cmd","args":["/c","npx","-y","hugwire"]}}}';
const claude = getClient('claude-desktop');
const place = () => filePath(claude, 'user', machine);
const found = async () => (await findClients(machine)).filter(({ id }) => id === 'claude-desktop');

beforeEach(() => disk.clear());

it('is where the user keeps it, as long as the Store has not installed it', () => {
  expect(place()).toBe(ROAMING);
  disk.set('D:\\Local\\Packages\\NotClaude_x\\a', '');
  disk.set('D:\\Local\\Packages\\ClaudeTools_x\\a', '');
  expect(place()).toBe(ROAMING);
});

it('is in the package of the Store, whatever lies in the old place', () => {
  disk.set(`${PACKAGE}\\AppxManifest.xml`, '');
  expect(place()).toBe(STORE);
  disk.set(ROAMING, WITH);
  expect(place()).toBe(STORE);
});

it('is that of several packages which has a file', () => {
  disk.set('D:\\Local\\Packages\\Claude_aaa\\x', '');
  disk.set(STORE, '{}');
  expect(place()).toBe(STORE);
});

it('looks below the home directory where the variables are not set', () => {
  const path =
    'C:\\Users\\me\\AppData\\Local\\Packages\\Claude_x\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json';
  disk.set(path, '{}');
  expect(filePath(claude, 'user', { ...machine, env: {} })).toBe(path);
});

it('is found with hugwire where it does not read it', async () => {
  disk.set(STORE, '{}');
  disk.set(ROAMING, WITH);
  expect(await found()).toMatchObject([
    { path: STORE, present: true },
    { path: ROAMING, name: 'hugwire', reads: STORE },
  ]);
  const { text } = await listClients({ machine, style: pc.createColors(false) });
  expect(text).toMatch(/claude-desktop +in a file that it does not read +/);
  disk.set(STORE, WITH);
  expect(await found()).toMatchObject([{ path: STORE, how: 'npx' }]);
});

it('changes nothing for other clients', () => {
  const before = CLIENTS.map((client) => filePath(client, 'user', machine));
  disk.set(`${PACKAGE}\\x`, '');
  const after = CLIENTS.map((client) => filePath(client, 'user', machine));
  expect(after.filter((path, at) => path !== before[at])).toEqual([STORE]);
});
