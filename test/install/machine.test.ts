import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Machine } from '../../src/install/machine.js';
import { desktopPath, findCommand, isInNpxCache, pathOf } from '../../src/install/machine.js';
import { hasModes } from '../platform.js';

let home: string;
let machine: Machine;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-command-'));
  machine = { env: {}, home, platform: process.platform, cwd: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const make = (name: string, mode = 0o755) => {
  const path = join(home, name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
};
const ending = process.platform === 'win32' ? '.cmd' : '';

it('finds a program by its name or its path', async () => {
  const path = make(`thing${ending}`);
  expect(await findCommand('thing', home, machine)).toBe(path);
  expect(await findCommand(join(home, 'thing'), '', machine)).toBe(path);
  expect(await findCommand('thing', '', machine)).toBeUndefined();
  expect(await findCommand('other', home, machine)).toBeUndefined();
});

it.runIf(hasModes)('finds nothing that cannot be started', async () => {
  make('plain', 0o644);
  mkdirSync(join(home, 'directory'));
  expect(await findCommand('plain', home, machine)).toBeUndefined();
  expect(await findCommand('directory', home, machine)).toBeUndefined();
});

it('knows what the desktop gives programs for a PATH', () => {
  const env = { PATH: '/home/me/.nvm/bin:/usr/bin' };
  expect(desktopPath({ ...machine, env, platform: 'darwin' })).toBe('/usr/bin:/bin:/usr/sbin:/sbin');
  expect(desktopPath({ ...machine, env, platform: 'linux' })).not.toContain('nvm');
  expect(desktopPath({ ...machine, env, platform: 'win32' })).toBe(env.PATH);
  expect(pathOf({ Path: 'C:\\x' })).toBe('C:\\x');
});

it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string[]]>([
  ['linux', {}, ['.npm']],
  ['linux', { npm_config_cache: 'HOME/elsewhere' }, ['elsewhere']],
  ['darwin', {}, ['.npm']],
])('looks into the cache of npx on %s', async (platform, env, parts) => {
  const told = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.replace('HOME', home)]));
  expect(await isInNpxCache({ ...machine, platform, env: told })).toBe(false);
  mkdirSync(join(home, ...parts, '_npx', '0a', 'node_modules', 'other'), { recursive: true });
  expect(await isInNpxCache({ ...machine, platform, env: told })).toBe(false);
  mkdirSync(join(home, ...parts, '_npx', '1b', 'node_modules', 'hugwire'), { recursive: true });
  expect(await isInNpxCache({ ...machine, platform, env: told })).toBe(true);
});
