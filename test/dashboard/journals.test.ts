import { utimesSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchJournals } from '../../src/dashboard/journals.js';
import { nameSession } from '../../src/sessions/names.js';
import { END, makeState, place, shortSession, writeJournal } from '../sessions/directory.js';

const GONE = 999_999_999;
/** A loaded machine takes its time. */
const PATIENT = { timeout: 20_000 };
let home: ReturnType<typeof makeState>;
let controller: AbortController;
let told: Map<string, number>;
let gone: string[];
/** Calls of the sessions that are not read. */
let described: Map<string, number>;
let watching: Promise<void>;

beforeEach(() => {
  home = makeState();
  controller = new AbortController();
  told = new Map();
  gone = [];
  described = new Map();
});
afterEach(async () => {
  controller.abort();
  await watching;
  home.remove();
});

function watch(since: Date) {
  watching = watchJournals({
    directory: home.directory,
    since,
    signal: controller.signal,
    onEntries: (session, entries) => told.set(session, (told.get(session) ?? 0) + entries.length),
    onGone: (session) => gone.push(session),
    onDescribed: ({ id, calls }) => described.set(id, calls),
  });
}

/** A journal that was last written to long ago. */
function writeOld(id: string, ...args: Parameters<typeof place>) {
  const past = new Date('2026-11-01');
  utimesSync(writeJournal(home.directory, id, place(...args)), past, past);
}

it('tells of a session that runs, however long it has said nothing, and leaves old ones out', {
  timeout: 60_000,
}, async () => {
  const [live, old] = [nameSession(new Date()), nameSession(new Date('2026-11-01'), GONE)];
  writeOld(live, shortSession(live, process.pid));
  writeOld(old, [...shortSession(old), END]);
  watch(new Date('2026-11-10'));
  await expect.poll(() => told.get(live), PATIENT).toBe(6);
  expect([...told.keys()]).toEqual([live]);
});

it('tells of all entries of a long journal, and of a process that has gone without a word', {
  timeout: 60_000,
}, async () => {
  const [ended, killed] = [nameSession(new Date(), GONE, 0.1), nameSession(new Date(), GONE, 0.2)];
  const long = Array.from({ length: 500 }, () => shortSession(killed)).flat();
  writeJournal(home.directory, killed, place(long));
  writeJournal(home.directory, ended, place([...shortSession(ended), END]));
  watch(new Date(0));
  await expect.poll(() => told.get(killed), PATIENT).toBe(3000);
  await expect.poll(() => told.get(ended), PATIENT).toBe(7);
  await expect.poll(() => gone, PATIENT).toEqual([killed]);
});

it('reads the newest of very many, and describes the others', { timeout: 60_000 }, async () => {
  const ids = Array.from({ length: 1200 }, (_, at) => nameSession(new Date(Date.now() - at * 60_000), GONE, at / 1200));
  for (const id of ids) writeJournal(home.directory, id, place([...shortSession(id), END]));
  watch(new Date(0));
  await expect.poll(() => described.size, PATIENT).toBe(200);
  expect(described).toEqual(new Map(ids.slice(1000).map((id) => [id, 2])));
  await expect.poll(() => told.size, PATIENT).toBe(1000);
  expect(new Set(told.keys())).toEqual(new Set(ids.slice(0, 1000)));
});
