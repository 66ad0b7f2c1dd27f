import { readdir, rm, stat } from 'node:fs/promises';
import { HugwireError } from '../lib/errors.js';
import { readLines, readTail } from '../lib/jsonl.js';
import { isAlive } from '../lib/processes.js';
import { cleanLine } from '../lib/text.js';
import { parseEntry, type SessionStart } from './entries.js';
import { type SessionName, sessionFile, sessionOfFile } from './names.js';

/** How there comes to be a session. */
export const FIRST_SESSION = 'The next tool call starts one.';

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
  /** Of people and assistants, where any were recorded. */
  messages?: number;
  /** That models took and gave, where any were asked. */
  tokens?: number;
  version?: string;
  profile?: string;
  client?: SessionStart['client'];
  protocol?: string;
  capabilities?: string[];
  tools?: string[];
}

interface ListOptions {
  /** Sessions that were still written to after this. */
  since?: Date;
  /** Sessions that began before this. */
  until?: Date;
  /** Sessions that this says yes to. */
  fits?(session: SessionInfo): Promise<boolean>;
  /** The newest so many. */
  limit?: number;
}

const TAIL_BYTES = 16 * 1024;

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
 * The sessions whose journals are kept, the newest first. Reads the beginning and the end of each file, and the whole of
 * those that have no end; none after `limit` is reached, and none that was not written to since `since`.
 * @param directory of the journals; one that is not there holds none
 */
export async function listSessions(directory: string, options: ListOptions = {}): Promise<SessionInfo[]> {
  const { since, until, fits, limit = Number.POSITIVE_INFINITY } = options;
  const sessions: SessionInfo[] = [];
  for (const name of await listNames(directory)) {
    if (sessions.length >= limit) break;
    if (until && name.startedAt > until) continue;
    if (since && !(await isWrittenSince(sessionFile(directory, name.id), since))) continue;
    const info = await describeSession(directory, name).catch(() => undefined);
    if (!info || (since && info.lastAt < since)) continue;
    if (!fits || (await fits(info))) sessions.push(info);
  }
  return sessions;
}

async function isWrittenSince(path: string, since: Date): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtime >= since;
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
  const { calls, failed, messages, tokens } = end ?? (await countEntries(path));
  return {
    ...name,
    startedAt: start ? new Date(start.time) : name.startedAt,
    path,
    bytes: size,
    live: end === undefined && (await isAlive(start?.pid ?? name.pid, name.startedAt, mtime)),
    lastAt: last ? new Date(last.time) : mtime,
    reason: end?.reason,
    calls,
    failed,
    messages,
    tokens,
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

/** Looks only at how each line begins, since an entry's type stands there. */
async function countEntries(path: string): Promise<Pick<SessionInfo, 'calls' | 'failed' | 'messages' | 'tokens'>> {
  const count = { calls: 0, failed: 0, messages: 0, tokens: 0 };
  for await (const { text } of readLines(path)) {
    if (text.startsWith('{"type":"FunctionCall"')) count.calls += 1;
    else if (/^\{"type":"(?:Human|Assistant)Message"/.test(text)) count.messages += 1;
    else if (text.startsWith('{"type":"FunctionResponse"')) {
      const entry = text.includes('"failed":true') ? parseEntry(text) : undefined;
      if (entry?.type === 'FunctionResponse' && entry.failed) count.failed += 1;
    } else if (text.startsWith('{"type":"ToolMessage"') && text.includes('"kind":"usage"')) {
      const entry = parseEntry(text);
      if (entry?.type === 'ToolMessage') count.tokens += Number(entry.data?.tokens) || 0;
    }
  }
  return { ...count, messages: count.messages || undefined, tokens: count.tokens || undefined };
}

/**
 * The session that somebody means.
 * @param directory of the journals
 * @param wanted its id or last part, or the beginning of either; or `last`
 * @throws HugwireError `not_found`; `invalid_arguments` when several are meant
 */
export async function findSession(directory: string, wanted: string): Promise<SessionName> {
  const names = await listNames(directory);
  const word = wanted.trim();
  const exact = word === 'last' ? names.slice(0, 1) : names.filter(({ id, short }) => id === word || short === word);
  const found = exact.length > 0 ? exact : word === '' ? [] : names.filter((name) => begins(name, word));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const shown = cleanLine(word, 60);
  if (!first && names.length === 0) {
    throw new HugwireError('not_found', 'No session has been recorded yet.', {
      hint: FIRST_SESSION,
    });
  }
  if (!first) {
    throw new HugwireError('not_found', `There is no session ${shown}.`, {
      hint: '`hugwire sessions list` shows them.',
    });
  }
  throw new HugwireError('invalid_arguments', `${found.length} sessions begin with ${shown}.`, {
    hint: `Give more of the id: ${found
      .slice(0, 5)
      .map(({ short }) => short)
      .join(', ')}${found.length > 5 ? ', …' : ''}.`,
  });
}

function begins({ id, short }: SessionName, word: string): boolean {
  return id.startsWith(word) || id.startsWith(`s_${word}`) || short.startsWith(word);
}

/** How much of the past is looked at. */
const USED_FILES = 100;
const USED_BYTES = 128 * 1024;

/**
 * When each tool was last called, as far as the newest journals tell.
 * @param directory of the journals
 */
export async function lastUsed(directory: string): Promise<Map<string, Date>> {
  const used = new Map<string, Date>();
  for (const { id } of (await listNames(directory)).slice(0, USED_FILES)) {
    const lines = await readTail(sessionFile(directory, id), USED_BYTES).catch(() => []);
    for (const line of lines) {
      const entry = line.startsWith('{"type":"FunctionCall"') ? parseEntry(line) : undefined;
      if (entry?.type !== 'FunctionCall') continue;
      const at = new Date(entry.time);
      if (at > (used.get(entry.tool) ?? 0)) used.set(entry.tool, at);
    }
  }
  return used;
}

interface PruneOptions {
  /** Sessions whose last line is older than this go. */
  olderThan: Date;
  /** A session that stays, whatever its age. */
  keep?: string;
  /** Only count. */
  dryRun?: boolean;
}

/** A session without an end that was written to this lately may run where its process is not to be seen: in a container. */
const RECENT_MS = 3_600_000;

/** What was removed. */
export interface Pruned {
  sessions: string[];
  bytes: number;
  /** Old enough, but their processes still run, or may. */
  live: string[];
}

/**
 * Removes old journals; never that of a process that runs or may do so, and no file that hugwire did not make.
 * @param directory of the journals
 * @param options what is old
 */
export async function pruneSessions(directory: string, { olderThan, keep, dryRun }: PruneOptions): Promise<Pruned> {
  const pruned: Pruned = { sessions: [], bytes: 0, live: [] };
  for (const name of await listNames(directory)) {
    const path = sessionFile(directory, name.id);
    const before = await stat(path).catch(() => undefined);
    if (name.id === keep || !before?.isFile() || before.mtime >= olderThan) continue;
    const info = await describeSession(directory, name).catch(() => undefined);
    if (!info) continue;
    const mayRun = info.reason === undefined && Date.now() - before.mtimeMs < RECENT_MS;
    if (info.live || mayRun) {
      pruned.live.push(name.id);
      continue;
    }
    // Another process may prune just now: the file is gone either way.
    if (!dryRun) await rm(path, { force: true });
    pruned.sessions.push(name.id);
    pruned.bytes += before.size;
  }
  return pruned;
}
