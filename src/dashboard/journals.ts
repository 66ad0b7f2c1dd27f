import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HEARTBEAT_MS, isAlive } from '../lib/processes.js';
import { type ListedServer, readConnections } from '../sessions/connections.js';
import { listNames } from '../sessions/directory.js';
import type { Entry } from '../sessions/entries.js';
import { type SessionName, sessionFile } from '../sessions/names.js';
import { followEntries, readEntries } from '../sessions/reader.js';

const LOOK_MS = 1000;
/** Entries that are told of together: a journal may be larger than what is kept of it. */
const BATCH = 1000;
/** Journals of sessions that have ended: the newest are read, the others counted. */
const MAX_READ = 1000;

interface JournalWatch {
  /** Of the journals; it need not be there yet. */
  directory: string;
  /** Sessions that have ended, and were last written to before this, are left out. */
  since: Date;
  /** Ends the watch. */
  signal: AbortSignal;
  onEntries(session: string, entries: readonly Entry[]): void;
  /** Told of a session whose process has gone without a word. */
  onGone(session: string): void;
  /** Told how many sessions are too old to be read, though not to be shown. */
  onEarlier(count: number): void;
}

/**
 * Reads the journals of all sessions, and goes on reading those of live ones and of new ones until the signal.
 * @param watch where, and who is told
 */
export async function watchJournals(watch: JournalWatch): Promise<void> {
  const { directory, since, signal } = watch;
  const known = new Set<string>();
  while (!signal.aborted) {
    const names = (await listNames(directory)).filter(({ id }) => !known.has(id));
    let earlier = 0;
    // The oldest first, so that what is forgotten for want of room is what is oldest.
    for (const [index, name] of [...names.entries()].reverse()) {
      known.add(name.id);
      const path = sessionFile(directory, name.id);
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      const live = await isAlive(name.pid, name.startedAt, found.mtime);
      if (found.mtime < since && !live) continue;
      if (live) void follow(name, path, watch).catch(() => watch.onGone(name.id));
      else if (index >= MAX_READ) earlier += 1;
      else await readWhole(name, path, watch).catch(() => watch.onGone(name.id));
    }
    if (earlier > 0) watch.onEarlier(earlier);
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/**
 * Tells which servers over HTTP run, and who is connected to them, whenever that is another than before.
 * @param directory as `connectionsDirectory` has it; it need not be there yet
 * @param signal ends the watch
 * @param onServers told of all of them
 */
export async function watchServers(
  directory: string,
  signal: AbortSignal,
  onServers: (servers: ListedServer[]) => void,
): Promise<void> {
  let before: ListedServer[] = [];
  while (!signal.aborted) {
    const servers = await readConnections(directory);
    if (!isDeepStrictEqual(servers, before)) onServers(servers);
    before = servers;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

async function readWhole({ id }: SessionName, path: string, { onEntries, onGone }: JournalWatch): Promise<void> {
  let entries: Entry[] = [];
  let ended = false;
  for await (const entry of readEntries(path)) {
    ended = entry.type === 'SessionEnd';
    if (entries.push(entry) < BATCH) continue;
    onEntries(id, entries);
    entries = [];
  }
  if (entries.length > 0) onEntries(id, entries);
  if (!ended) onGone(id);
}

/** A process that was killed says no more: then the rest is read once, and the file is let go of. */
async function follow(name: SessionName, path: string, { signal, onEntries, onGone }: JournalWatch): Promise<void> {
  const gone = new AbortController();
  let stale = 0;
  const watcher = setInterval(async () => {
    const { mtime } = await stat(path).catch(() => ({ mtime: new Date(0) }));
    stale = (await isAlive(name.pid, name.startedAt, mtime)) ? 0 : stale + 1;
    // A machine that has just woken up has given nothing a new date yet.
    if (stale * LOOK_MS < HEARTBEAT_MS && (await isAlive(name.pid, name.startedAt, new Date()))) return;
    clearInterval(watcher);
    setTimeout(() => gone.abort(), LOOK_MS);
  }, LOOK_MS);
  try {
    let ended = false;
    for await (const entry of followEntries(path, { signal: AbortSignal.any([signal, gone.signal]) })) {
      onEntries(name.id, [entry]);
      ended = entry.type === 'SessionEnd';
    }
    if (!ended && !signal.aborted) onGone(name.id);
  } finally {
    clearInterval(watcher);
  }
}
