import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CachedHubClient, withCache } from '../../../src/hub/client/cache.js';
import { cacheInfo, clearCache, sweepCache } from '../../../src/hub/client/cache-store.js';
import { FakeClient } from '../fake-client.js';

const ANSWER_BYTES = 50_000;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hugwire-sweep-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true, force: true });
});

/** Answers each path with its own bytes, so that no two share content on disk. */
function bigAnswers(): FakeClient {
  return new FakeClient(({ path }) => ({ body: path.padEnd(ANSWER_BYTES, '.') }));
}

async function fetchAll(cached: CachedHubClient, paths: string[]): Promise<void> {
  for (const path of paths) await cached.request(path, { cache: 'immutable' });
  await cached.settled();
}

const paths = (count: number, prefix = '/p') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

it('keeps the cache at its size', async () => {
  const cached = withCache(bigAnswers(), { directory, maxMegabytes: 1 });
  await fetchAll(cached, paths(60));
  const { bytes, answers } = await cacheInfo(directory);
  expect(bytes).toBeLessThanOrEqual(1_100_000);
  expect(answers).toBeGreaterThan(10);
});

it('drops what was used least recently, not what was written first', async () => {
  const client = bigAnswers();
  const open = () => withCache(client, { directory, maxMegabytes: 10 });
  await fetchAll(open(), ['/old', '/older', '/oldest']);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7 * 3_600_000 });
  await fetchAll(open(), ['/oldest']);
  await sweepCache(directory, ANSWER_BYTES * 2);
  const asked = client.asked.length;
  await fetchAll(open(), ['/oldest']);
  expect(client.asked).toHaveLength(asked);
  await fetchAll(open(), ['/old', '/older']);
  expect(client.asked).toHaveLength(asked + 2);
});

it('keeps the latest of several answers to the same question, and nothing of the others', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let version = 1;
  const client = new FakeClient(() => ({ body: `${version}`.padEnd(ANSWER_BYTES, '.') }));
  const cached = withCache(client, { directory, maxMegabytes: 10 });
  for (version = 1; version <= 5; version += 1) {
    await cached.request('/x', { cache: 'list' });
    vi.setSystemTime(Date.now() + 61_000);
  }
  await cached.settled();
  expect(await cacheInfo(directory)).toMatchObject({ answers: 1, bytes: ANSWER_BYTES });
  expect(await answerFiles()).toHaveLength(1);
});

const answerFiles = async () => (await readdir(directory)).filter((name) => /^[0-9a-f]{64}/.test(name));

it('removes what killed processes and earlier versions left behind', async () => {
  const key = 'ab'.repeat(32);
  const [abandoned, young] = [`${key}.123`, `${key}.456`].map((name) => join(directory, name)) as [string, string];
  await writeFile(abandoned, 'half');
  await utimes(abandoned, 0, 0);
  await writeFile(young, 'half');
  for (const old of ['content-v2', 'index-v5', 'tmp']) {
    await mkdir(join(directory, old, 'ab'), { recursive: true });
    await writeFile(join(directory, old, 'ab', 'file'), 'old');
  }
  await writeFile(join(directory, '_lastverified'), '1');
  await fetchAll(withCache(bigAnswers(), { directory, maxMegabytes: 10 }), ['/a']);
  const left = await readdir(directory);
  expect(left.filter((name) => !/^[0-9a-f]{64}$/.test(name)).sort()).toEqual([`${key}.456`, 'swept']);
});

it('sweeps once a day, whichever process does it', async () => {
  await fetchAll(withCache(bigAnswers(), { directory, maxMegabytes: 10 }), ['/a']);
  const swept = async () => (await stat(join(directory, 'swept'))).mtimeMs;
  const first = await swept();
  await fetchAll(withCache(bigAnswers(), { directory, maxMegabytes: 10 }), ['/b']);
  expect(await swept()).toBe(first);
  await utimes(join(directory, 'swept'), 0, 0);
  await fetchAll(withCache(bigAnswers(), { directory, maxMegabytes: 10 }), ['/c']);
  expect(await swept()).toBeGreaterThan(first);
});

it('serves two servers that write and sweep at once', async () => {
  const clients = [bigAnswers(), bigAnswers()];
  const servers = clients.map((client) => withCache(client, { directory, maxMegabytes: 1 }));
  await Promise.all(
    servers.map(async (server) => {
      for (const path of [...paths(40), ...paths(40)]) {
        const answer = await server.request(path, { cache: 'immutable' });
        expect(answer.text().trimEnd()).toBe(path.padEnd(ANSWER_BYTES, '.'));
      }
      await server.settled();
    }),
  );
  await sweepCache(directory, 1_000_000);
  expect((await cacheInfo(directory)).bytes).toBeLessThanOrEqual(1_000_000);
});

it('counts answers by kind, and clears them', async () => {
  const cached = withCache(bigAnswers(), { directory, maxMegabytes: 10 });
  await fetchAll(cached, ['/a', '/b']);
  await cached.request('/c', { cache: 'list' });
  await cached.settled();
  const before = await cacheInfo(directory);
  expect(before).toMatchObject({
    answers: 3,
    bytes: 3 * ANSWER_BYTES,
    kinds: { immutable: { answers: 2, bytes: 2 * ANSWER_BYTES }, list: { answers: 1, bytes: ANSWER_BYTES } },
  });
  expect(before.oldest).toBeLessThanOrEqual(before.newest ?? 0);
  expect(await clearCache(directory)).toEqual(before);
  expect(await cacheInfo(directory)).toMatchObject({ answers: 0, bytes: 0, kinds: {}, oldest: undefined });
  expect(await answerFiles()).toEqual([]);
});

it('counts what it cannot read, and clears that too', async () => {
  await writeFile(join(directory, 'cd'.repeat(32)), 'odd');
  expect(await cacheInfo(directory)).toMatchObject({ answers: 1, kinds: { other: { answers: 1, bytes: 3 } } });
  await clearCache(directory);
  expect(await answerFiles()).toEqual([]);
});

it('has nothing to say of a directory that does not exist, and does not create it', async () => {
  const missing = join(directory, 'none');
  expect(await cacheInfo(missing)).toMatchObject({ answers: 0, bytes: 0 });
  expect(await clearCache(missing)).toMatchObject({ answers: 0 });
  await expect(stat(missing)).rejects.toThrow('ENOENT');
});

it('leaves files that are not its own', async () => {
  await writeFile(join(directory, 'note.txt'), 'mine');
  await fetchAll(withCache(bigAnswers(), { directory, maxMegabytes: 10 }), ['/a']);
  await sweepCache(directory, 1);
  await clearCache(directory);
  expect((await stat(join(directory, 'note.txt'))).size).toBe(4);
});
