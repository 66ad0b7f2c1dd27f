import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';

// What an update does to a server that runs: npx or npm puts another version in its place.

const RESTART = 'unavailable: hugwire was updated or moved while it was running and must be restarted.';

let hub: DemoHub;
let space: DemoSpace;
let folder: string;
let bin: string;
let server: ServerProcess | undefined;
beforeEach(async () => {
  [hub, space] = await Promise.all([startDemoHub(), startDemoSpace()]);
  folder = mkdtempSync(join(tmpdir(), 'hugwire-replaced-'));
  for (const part of ['bin', 'dist', 'package.json']) cpSync(part, join(folder, part), { recursive: true });
  bin = join(folder, 'bin', 'hugwire.js');
});
afterEach(async () => {
  await server?.dispose();
  server = undefined;
  await Promise.all([hub.close(), space.close()]);
  rmSync(folder, { recursive: true, force: true });
});

it('a server whose files are gone asks for a restart, and goes on with what it has loaded', async () => {
  const config = JSON.stringify({ spaces: { local: [space.url] } });
  server = new ServerProcess({ bin, env: { HF_ENDPOINT: hub.url }, config });
  await server.initialize();
  const search = async (id: string, query: string) => (await server?.call(id, 'hub_search', { query }))?.result;
  expect(await search('before', 'whisper')).not.toMatchObject({ isError: true });
  rmSync(join(folder, 'dist'), { recursive: true });
  for (const id of ['first', 'again']) {
    const { result } = await server.call(id, 'space_call', {
      space: space.url,
      endpoint: '/greet',
      arguments: { name: 'Ada' },
    });
    expect(result.content[0].text).toBe(RESTART);
    expect(result.isError).toBe(true);
  }
  const { result } = await server.call('part', 'hub_repo', { ids: ['Qwen/Qwen3-0.6B'], include: ['files'] });
  expect(result.content[0].text).toContain(`files failed: ${RESTART}`);
  const after = await search('after', 'qwen');
  expect(after).not.toMatchObject({ isError: true });
  expect(after.content[0].text).toContain('Qwen/');
});

it('so does the command line, and prints no stack', () => {
  for (const file of readdirSync(join(folder, 'dist'))) {
    if (/^command-/.test(file)) rmSync(join(folder, 'dist', file));
  }
  const { status, stderr } = spawnSync(process.execPath, [bin, 'tools', 'list'], {
    env: { PATH: process.env.PATH, HUGWIRE_HOME: folder },
    encoding: 'utf8',
  });
  expect(stderr).toBe(`hugwire: ${RESTART}\n`);
  expect(status).toBe(1);
});
