import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDemoHub } from '../../src/demo/hub/server.js';
import type { DemoHub } from '../../src/demo/types.js';
import { Shell } from './shell.js';

let hub: DemoHub;
let shell: Shell;
beforeAll(async () => {
  hub = await startDemoHub();
  shell = new Shell({ HF_ENDPOINT: hub.url });
});
afterAll(async () => {
  shell.remove();
  await hub.close();
});

const search = (query: string) => shell.run('call', 'hub_search', `query=${query}`);
const countAnswers = async () => JSON.parse((await shell.run('cache', 'info', '--json')).stdout).answers;

// The bundle has a substitute for a part of the cache's library: so this is tested on what is built.
it('keeps answers, sweeps away what none needs, and is cleared', async () => {
  const answers = join(shell.home, 'cache', 'answers');
  await search('whisper');
  const kept = await countAnswers();
  expect(kept).toBeGreaterThan(0);
  expect(existsSync(join(answers, '_lastverified'))).toBe(true);

  const stray = join(answers, 'content-v2', 'sha512', '00', '00', '0'.repeat(124));
  mkdirSync(join(stray, '..'), { recursive: true });
  writeFileSync(stray, 'what a process left behind when it was killed');
  rmSync(join(answers, '_lastverified'));
  await search('llama');
  expect(existsSync(stray)).toBe(false);
  expect(await countAnswers()).toBeGreaterThan(kept);

  const { stdout } = await shell.run('cache', 'clear');
  expect(stdout).toMatch(/^Removed \d+ answers/);
  expect(readdirSync(answers).filter((name) => /^(?:content|index)-/.test(name))).toEqual([]);
});
