import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import { HEARTBEAT_MS, isAlive } from '../lib/processes.js';
import { cleanLine, cleanText, redact } from '../lib/text.js';
import { describeSession, listNames, type SessionInfo } from '../sessions/directory.js';
import type { Entry } from '../sessions/entries.js';
import { readSessionName, type SessionName, sessionFile } from '../sessions/names.js';
import { type EntryFilter, followEntries, readEntries } from '../sessions/reader.js';
import type { SavedFileRecord, SessionPart, ShownEntry } from './types.js';

const LOOK_MS = 1000;
/** Entries that are reported together: a journal may be larger than what is kept of it. */
const BATCH = 1000;
/** The newest journals of ended sessions are read; of the others only the beginning and the end. */
const MAX_READ = 1000;

interface JournalWatch {
  /** Of the journals; it may not exist yet. */
  directory: string;
  /** Sessions that ended and were last written to before this are left out. */
  since: Date;
  /** Ends the watch. */
  signal: AbortSignal;
  onEntries(session: string, entries: readonly Entry[]): void;
  /** Called for a session whose process ended without writing so. */
  onGone(session: string): void;
  /** Called for a session whose journal is not read. */
  onDescribed(session: SessionInfo): void;
}

/**
 * Reads the journals of all sessions, and keeps reading those of live and new ones until the signal.
 * @param watch where, and who is told
 */
export async function watchJournals(watch: JournalWatch): Promise<void> {
  const { directory, since, signal } = watch;
  const known = new Set<string>();
  while (!signal.aborted) {
    const names = (await listNames(directory)).filter(({ id }) => !known.has(id));
    // The oldest first: when there is no more room, the oldest is forgotten.
    for (const [index, name] of [...names.entries()].reverse()) {
      if (signal.aborted) return;
      known.add(name.id);
      const path = sessionFile(directory, name.id);
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      const live = await isAlive(name.pid, name.startedAt, found.mtime);
      if (found.mtime < since && !live) continue;
      if (live) void follow(name, path, watch).catch(() => watch.onGone(name.id));
      else if (index < MAX_READ) await readWhole(name, path, watch).catch(() => watch.onGone(name.id));
      else await describeSession(directory, name).then(watch.onDescribed, () => {});
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/**
 * Looks at some things every second, and reports those that differ from before.
 * @param signal ends the watch
 * @param readers give each of them as it is now; a failure counts as no change
 * @param onChange called with those that changed
 */
export async function watchValues<Values extends object>(
  signal: AbortSignal,
  readers: { [Name in keyof Values]: () => Promise<Values[Name]> },
  onChange: (news: Partial<Values>) => void,
): Promise<void> {
  const before: Partial<Values> = {};
  while (!signal.aborted) {
    for (const name of Object.keys(readers) as (keyof Values)[]) {
      const value = await readers[name]().catch(() => before[name]);
      if (value === undefined || isDeepStrictEqual(value, before[name])) continue;
      before[name] = value;
      onChange({ [name]: value } as Partial<Values>);
    }
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

/** A killed process writes nothing more: then the rest is read once, and the file is let go. */
async function follow(name: SessionName, path: string, { signal, onEntries, onGone }: JournalWatch): Promise<void> {
  const gone = new AbortController();
  let stale = 0;
  const watcher = setInterval(async () => {
    const { mtime } = await stat(path).catch(() => ({ mtime: new Date(0) }));
    stale = (await isAlive(name.pid, name.startedAt, mtime)) ? 0 : stale + 1;
    // A machine that has just woken up has not given any file a new date yet.
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

/** Of one call, and of one part of a session: a Space may log without end. */
const MAX_ENTRIES = 500;

/** Makes the address of a saved file; undefined for one that may not be served. */
type FileUrl = (path: string) => string | undefined;

/**
 * The file of a session whose id came from outside.
 * @param directory of the journals
 * @param session its id
 * @throws HugwireError `not_found`
 */
async function findJournal(directory: string, session: string): Promise<string> {
  // Only what has the form of an id may become part of a path.
  const path = readSessionName(session) && sessionFile(directory, session);
  if (path && (await stat(path).catch(() => undefined))?.isFile()) return path;
  throw new HugwireError('not_found', `There is no journal of the session ${cleanLine(session, 60)} any more.`, {
    hint: '`hugwire sessions list` shows those that are kept.',
  });
}

/**
 * Everything that a journal holds about one call.
 * @param directory of the journals
 * @param session id
 * @param call id of its entry
 * @param fileUrl makes the addresses of the files that it returned
 * @throws HugwireError `not_found`
 */
export async function readCall(
  directory: string,
  session: string,
  call: string,
  fileUrl: FileUrl,
): Promise<ShownEntry[]> {
  const path = await findJournal(directory, session);
  const entries: Entry[] = [];
  for await (const entry of readEntries(path)) {
    if (entry.id !== call && entry.parent !== call) continue;
    // The answer and the end of a job are shown however much was reported before.
    if (entries.length < MAX_ENTRIES || entry.type === 'FunctionResponse') entries.push(entry);
  }
  if (entries.length > 0) return entries.map((entry) => showEntry(entry, fileUrl));
  throw new HugwireError('not_found', `The journal of the session ${session} holds no call ${cleanLine(call, 20)}.`);
}

/**
 * A part of a session, in the order of its journal.
 * @param directory of the journals
 * @param session id
 * @param after `order` of the entry before the first one
 * @param fileUrl makes the addresses of the files that calls returned
 * @throws HugwireError `not_found`
 */
export async function readSession(
  directory: string,
  session: string,
  after: number,
  fileUrl: FileUrl,
): Promise<SessionPart> {
  const path = await findJournal(directory, session);
  const entries: ShownEntry[] = [];
  for await (const entry of readEntries(path, { after })) {
    if (entries.length >= MAX_ENTRIES) return { entries, more: true };
    entries.push(showEntry(entry, fileUrl));
  }
  return { entries, more: false };
}

/** Sessions that a search reports at most. */
const MAX_FOUND = 1000;

/**
 * The sessions in which something was said, asked or answered.
 * @param directory of the journals
 * @param text every word of it occurs in one entry
 * @param signal gives up
 * @returns ids, the newest first
 */
export async function searchSessions(directory: string, text: string, signal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of await listNames(directory)) {
    if (signal.aborted || found.length >= MAX_FOUND) break;
    if (await holdsAny(sessionFile(directory, id), { text }).catch(() => false)) found.push(id);
  }
  return found;
}

async function holdsAny(path: string, filter: EntryFilter): Promise<boolean> {
  for await (const _ of readEntries(path, filter)) return true;
  return false;
}

/** Anyone who can write a journal may have put anything into it. */
function showEntry(entry: Entry, fileUrl: FileUrl): ShownEntry {
  const files = entry.type === 'FunctionResponse' ? entry.files?.map((file) => showFile(file, fileUrl)) : undefined;
  const clean = (_: string, inner: unknown) => (typeof inner === 'string' ? redact(cleanText(inner)) : inner);
  const line = entry.type === 'FunctionCall' ? showArguments(entry.arguments) : undefined;
  return JSON.parse(JSON.stringify({ ...entry, files, line }), clean);
}

const MAX_ARGUMENTS = 200;

/**
 * The arguments of a call in one line, cut.
 * @param value as a journal has them
 */
export function showArguments(value: unknown): string {
  const line = isObject(value)
    ? Object.entries(value)
        .map(([name, inner]) => `${name}=${typeof inner === 'string' ? inner : JSON.stringify(inner)}`)
        .join(' ')
    : JSON.stringify(value);
  return cleanLine(redact(line ?? ''), MAX_ARGUMENTS);
}

/**
 * A saved file as the page knows it.
 * @param file of a journal
 * @param fileUrl makes its address
 */
export function showFile(
  { path, bytes, mimeType }: { path: string; bytes: number; mimeType: string },
  fileUrl: FileUrl,
): SavedFileRecord {
  return { url: fileUrl(path), name: cleanLine(basename(path), 120), bytes, mimeType: cleanLine(mimeType, 80) };
}
