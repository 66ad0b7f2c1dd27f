import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProposalStore } from '../../src/sessions/proposals.js';

let directory: string;
let store: ProposalStore;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hugwire-proposals-')), 'proposals');
  store = new ProposalStore(directory);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

const PROPOSAL = { tool: 'hub_write', input: { repo: 'a/b' }, message: 'write', digest: 'x' };

it('waits for an hour, and is removed after that', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { id } = await store.add(PROPOSAL);
  vi.setSystemTime(Date.now() + 3_599_000);
  expect(await store.get(id)).toMatchObject(PROPOSAL);
  vi.setSystemTime(Date.now() + 2000);
  await expect(store.get(id)).rejects.toMatchObject({ code: 'not_found' });
  expect(readdirSync(directory)).toEqual([]);
});

it('is one of ten at most: the oldest goes', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const ids: string[] = [];
  for (let at = 0; at < 12; at += 1) {
    ids.push((await store.add(PROPOSAL)).id);
    vi.setSystemTime(Date.now() + 1000);
  }
  expect((await store.list()).map(({ id }) => id)).toEqual(ids.slice(2).reverse());
});

it('is taken by one alone', async () => {
  const { id } = await store.add(PROPOSAL);
  const taken = await Promise.all(Array.from({ length: 8 }, () => store.remove(id)));
  expect(taken.filter(Boolean)).toHaveLength(1);
});

it('is nothing that only looks like one', async () => {
  const { id } = await store.add(PROPOSAL);
  const text = readFileSync(join(directory, `${id}.json`), 'utf8');
  writeFileSync(join(directory, 'w_00000000.json'), text);
  writeFileSync(join(directory, 'w_00000001.json'), '{"id":"w_00000001"}');
  writeFileSync(join(directory, 'w_00000002.json'), 'half');
  writeFileSync(join(directory, 'other.json'), text);
  expect((await store.list()).map((one) => one.id)).toEqual([id]);
  for (const wrong of ['w_00000000', '../config', 'w_1', '', `${id}/../${id}`]) {
    await expect(store.get(wrong)).rejects.toMatchObject({ code: 'not_found' });
  }
});

it('is none where nothing was ever proposed', async () => {
  expect(await store.list()).toEqual([]);
});
