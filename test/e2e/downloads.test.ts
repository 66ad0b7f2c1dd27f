import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { Shell } from './shell.js';

let hub: DemoHub;
let shell: Shell;
beforeEach(async () => {
  hub = await startDemoHub();
  shell = new Shell({ HF_ENDPOINT: hub.url });
  shell.env.HF_HUB_CACHE = join(shell.home, 'hub');
});
afterEach(async () => {
  shell.remove();
  await hub.close();
});

const REPO = 'hexgrad/Kokoro-82M';
const unfinished = async () => JSON.parse((await shell.run('downloads', 'list', '--json')).stdout).unfinished;

/** Begins a download, and has it wait for an answer when it has some of the file. */
async function begin(...options: string[]) {
  hub.addFault({ path: /\/blobs\//, drop: 'middle', times: 1 });
  hub.addFault({ path: /\/blobs\//, hang: true });
  const running = shell.start('download', REPO, 'voices/af_heart.pt', ...options);
  while (hub.cdn.seen.length < 2) await new Promise((wake) => setTimeout(wake, 20));
  return running;
}

it('removes nothing of a repository while a download to it waits for the Hub', async () => {
  const { child, ended } = await begin();
  const refused = await shell.run('downloads', 'remove', REPO, '--yes');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/d_\w+ runs in process \d+, so nothing was removed/),
  ]);
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect(await unfinished()).toHaveLength(1);
});

it('takes away what an unfinished download has left in a directory', async () => {
  const to = join(shell.home, 'project');
  const { child, ended } = await begin('--to', to);
  child.kill('SIGKILL');
  await ended;
  const parts = () =>
    readdirSync(join(to, '.cache', 'huggingface', 'download', 'voices')).filter((name) => name.endsWith('incomplete'));
  expect(parts()).toHaveLength(1);
  const [{ id }] = await unfinished();
  const { stdout } = await shell.run('downloads', 'remove', id);
  expect(stdout).toMatch(/^Removed d_\w+: [1-9]\S* .?B of unfinished files are free/);
  expect(parts()).toEqual([]);
  expect(await unfinished()).toEqual([]);
});
