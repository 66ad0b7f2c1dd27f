import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
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

it('keeps answers, sweeps away what was left behind, and is cleared', async () => {
  const answers = join(shell.home, 'cache', 'answers');
  await search('whisper');
  const kept = await countAnswers();
  expect(kept).toBeGreaterThan(0);
  expect(existsSync(join(answers, 'swept'))).toBe(true);

  const stray = join(answers, `${'0'.repeat(64)}.123`);
  writeFileSync(stray, 'what a process left behind when it was killed');
  utimesSync(stray, 0, 0);
  rmSync(join(answers, 'swept'));
  await search('llama');
  expect(existsSync(stray)).toBe(false);
  expect(await countAnswers()).toBeGreaterThan(kept);

  const { stdout } = await shell.run('cache', 'clear');
  expect(stdout).toMatch(/^Removed \d+ answers/);
  expect(readdirSync(answers).filter((name) => /^[0-9a-f]{64}/.test(name))).toEqual([]);
});

it('sends nothing for what was read before, by another process too', async () => {
  const uris = [
    'gpt2',
    'maya/trail-signs/signs.csv',
    'maya/trail-signs/train',
    'openai/whisper-large-v3/commits/main',
    'openai/whisper-large-v3/commit/main',
    'openai/whisper-large-v3/discussions/2',
    'https://huggingface.co/maya',
    '@Qwen',
    'blog/maya/trail-signs',
    'tasks/text-to-image',
  ];
  const read = () => shell.run('call', 'hub_read', '--args', JSON.stringify({ uris }), '--json');
  const first = JSON.parse((await read()).stdout);
  expect(first.documents.map(({ type }: { type: string }) => type)).toEqual(
    'card file folder commits commit discussion owner owner page task'.split(' '),
  );
  const sent = hub.seen.length;
  expect(JSON.parse((await read()).stdout)).toEqual(first);
  expect(hub.seen.slice(sent).map(({ url }) => url)).toEqual([]);
});
