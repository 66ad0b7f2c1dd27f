import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCacheCommand } from '../../src/commands/cache.js';
import { formatResult } from '../../src/commands/terminal.js';
import { withCache } from '../../src/hub/client/cache.js';
import { FakeClient } from '../hub/fake-client.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hugwire-cache-command-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const config = { enabled: true, maxMegabytes: 200 };

async function keepTwo(): Promise<void> {
  const cached = withCache(new FakeClient(() => ({ body: 'x'.repeat(1500) })), { directory, maxMegabytes: 1 });
  await cached.request('/a', { cache: 'immutable' });
  await cached.request('/b', { cache: 'list' });
  await cached.settled();
}

it('says what lies in the cache', async () => {
  await keepTwo();
  const { text } = await runCacheCommand({ action: 'info', directory, ...config, now: Date.now() + 3_600_000 });
  expect(text.split('\n')).toEqual([
    `Directory  ${directory}`,
    'Answers    2 (3 kB of 200 MB)',
    'Last used  between 60 min ago and 60 min ago',
    '  immutable  1  1.5 kB',
    '  list       1  1.5 kB',
  ]);
});

it('clears it, and says what was removed', async () => {
  await keepTwo();
  expect((await runCacheCommand({ action: 'clear', directory, ...config })).text).toBe(
    `Removed 2 answers (3 kB) from ${directory}.`,
  );
  expect((await runCacheCommand({ action: 'clear', directory, ...config })).text).toBe(
    `Nothing to remove in ${directory}.`,
  );
});

it('says when the cache is off', async () => {
  const { text } = await runCacheCommand({
    action: 'info',
    directory: join(directory, 'none'),
    ...config,
    enabled: false,
  });
  expect(text).toContain('cache.enabled is false');
});

it('prints JSON for scripts', async () => {
  await keepTwo();
  const info = await runCacheCommand({ action: 'info', directory, ...config });
  expect(JSON.parse(formatResult(info, { json: true }))).toMatchObject({ directory, answers: 2, bytes: 3000 });
});
