import { readdir, stat } from 'node:fs/promises';
import { readLines, readTail } from './lines.js';
import { isAlive } from './liveness.js';
import { type SessionName, sessionFile, sessionOfFile } from './names.js';
import { parseEntry } from './parse.js';
import type { Entry, SessionStart } from './types.js';

/** What the list of sessions tells of one. */
export interface SessionInfo extends SessionName {
  /** Its file, absolute. */
  path: string;
  bytes: number;
  /** Whether its process still runs. */
  live: boolean;
  /** When its last entry was written. */
  lastAt: Date;
  /** Why it ended; missing while it lives, and when its process was killed. */
  reason?: string;
  calls: number;
  failed: number;
  version?: string;
  profile?: string;
  client?: SessionStart['client'];
  protocol?: string;
  capabilities?: string[];
  tools?: string[];
}

export interface ListOptions {
  /** Sessions that were still written to after this. */
  since?: Date;
  /** Sessions that began before this. */
  until?: Date;
  /** The newest so many. */
  limit?: number;
}

/** Entries that are wanted; what is not told does not matter. */
export interface EntryFilter {
  /** Of calls, their answers and what belongs to them. */
  tool?: string;
  /** Calls that failed, with all that belongs to them. */
  failed?: boolean;
  since?: Date;
  until?: Date;
  /** Every word occurs in the entry, in upper or lower case. */
  text?: string;
  /** Entries after the one of this number. */
  after?: number;
}

const TAIL_BYTES = 16 * 1024;

/**
 * The sessions whose journals are kept, the newest first. Reads the begin and the end of each file, and the whole of those
 * that have no end.
 * @param directory of the journals; one that is not there holds none
 */
export async function listSessions(directory: string, options: ListOptions = {}): Promise<SessionInfo[]> {
  const { since, until, limit = Number.POSITIVE_INFINITY } = options;
  const sessions: SessionInfo[] = [];
  for (const name of await listNames(directory)) {
    if (sessions.length >= limit) break;
    if (until && name.startedAt > until) continue;
    const info = await describeSession(directory, name).catch(() => undefined);
    if (info && !(since && info.lastAt < since)) sessions.push(info);
  }
  return sessions;
}

/**
 * The names of the sessions whose journals are kept, the newest first.
 * @param directory of the journals
 */
export async function listNames(directory: string): Promise<SessionName[]> {
  const files = await readdir(directory).catch(() => []);
  return files
    .flatMap((file) => sessionOfFile(file) ?? [])
    .sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime() || (one.id < other.id ? 1 : -1));
}

/**
 * What is known of one session.
 * @param directory of the journals
 * @param name of the session
 * @throws the system's error when its file cannot be read
 */
export async function describeSession(directory: string, name: SessionName): Promise<SessionInfo> {
  const path = sessionFile(directory, name.id);
  const { size, mtime } = await stat(path);
  const start = await readStart(path);
  const tail = (await readTail(path, TAIL_BYTES)).map(parseEntry).filter((entry) => entry !== undefined);
  const last = tail.at(-1);
  const end = last?.type === 'SessionEnd' ? last : undefined;
  const { calls, failed } = end ?? (await countCalls(path));
  return {
    ...name,
    startedAt: start ? new Date(start.time) : name.startedAt,
    path,
    bytes: size,
    live: end === undefined && (await isAlive(start?.pid ?? name.pid, name.startedAt)),
    lastAt: last ? new Date(last.time) : mtime,
    ...(end ? { reason: end.reason } : {}),
    calls,
    failed,
    version: start?.version,
    profile: start?.profile,
    client: start?.client,
    protocol: start?.protocol,
    capabilities: start?.capabilities,
    tools: start?.tools,
  };
}

async function readStart(path: string): Promise<SessionStart | undefined> {
  for await (const { text } of readLines(path)) {
    const entry = parseEntry(text);
    return entry?.type === 'SessionStart' ? entry : undefined;
  }
  return undefined;
}

/** Looks at the begin of each line only, since an entry's type stands there. */
async function countCalls(path: string): Promise<{ calls: number; failed: number }> {
  const count = { calls: 0, failed: 0 };
  for await (const { text } of readLines(path)) {
    if (text.startsWith('{"type":"FunctionCall"')) count.calls += 1;
    else if (text.startsWith('{"type":"FunctionResponse"')) {
      const entry = text.includes('"failed":true') ? parseEntry(text) : undefined;
      if (entry?.type === 'FunctionResponse' && entry.failed) count.failed += 1;
    }
  }
  return count;
}

/**
 * The entries of a session in their order. Lines that are none are left out.
 * @param path of its file
 * @param filter which are wanted
 * @throws the system's error when the file cannot be read
 */
export async function* readEntries(path: string, filter: EntryFilter = {}): AsyncGenerator<Entry> {
  const wanted = selectEntries(filter);
  const held = filter.failed ? new Map<string, Entry[]>() : undefined;
  for await (const { text } of readLines(path)) {
    const entry = parseEntry(text);
    if (entry && wanted(entry)) yield* held ? holdBack(entry, held) : [entry];
  }
}

/** Keeps a call and what belongs to it until it is known whether it failed. */
function holdBack(entry: Entry, held: Map<string, Entry[]>): Entry[] {
  if (entry.type === 'FunctionCall') held.set(entry.id, [entry]);
  const call = entry.parent === undefined ? undefined : held.get(entry.parent);
  if (!call || entry.parent === undefined) return [];
  call.push(entry);
  if (entry.type !== 'FunctionResponse') return [];
  held.delete(entry.parent);
  return entry.failed ? call : [];
}

/**
 * Makes the test of a filter. It sees the entries of one session in their order; of `failed` it knows nothing.
 * @param filter which are wanted
 */
export function selectEntries({ tool, since, until, text, after = 0 }: EntryFilter): (entry: Entry) => boolean {
  const words = text?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const ofTool = new Set<string>();
  return (entry) => {
    if (entry.type === 'FunctionCall' && entry.tool === tool) ofTool.add(entry.id);
    if (entry.order <= after) return false;
    if (tool !== undefined && !ofTool.has(entry.id) && !ofTool.has(entry.parent ?? '')) return false;
    const time = Date.parse(entry.time);
    if ((since && time < since.getTime()) || (until && time > until.getTime())) return false;
    if (words.length === 0) return true;
    const said = JSON.stringify(entry).toLowerCase();
    return words.every((word) => said.includes(word));
  };
}
