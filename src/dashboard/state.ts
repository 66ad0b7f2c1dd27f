import { basename } from 'node:path';
import { isObject } from '../lib/json.js';
import { cleanLine, redact } from '../lib/text.js';
import type { Entry, FunctionCall, FunctionResponse, SessionStart, ToolMessage } from '../sessions/entries.js';
import type { CallRecord, Delta, EventRecord, LimitRecord, SessionRecord } from './types.js';

const EVENTS = new Set<string>(['list_changed', 'list_read', 'config', 'notice'] satisfies EventRecord['kind'][]);

interface StateOptions {
  fileUrl: FileUrl;
  /** Older calls are forgotten beyond this many. */
  maxRecords?: number;
  /** Of older calls the words are forgotten: what was asked and answered can then be read in the journal alone. */
  maxWorded?: number;
  /** Older sessions are only counted, unless they are live. */
  maxSessions?: number;
}

/** The page shows a few; all have the same reason to be there for longer. */
const MAX_EVENTS = 200;

/** What the page shows, folded from the entries of all journals as they come; the oldest go, so that it stays small. */
export class DashboardState {
  readonly #options: Required<StateOptions>;
  readonly #sessions = new Map<string, SessionRecord>();
  #earlier = 0;
  readonly #calls = new Map<string, CallRecord>();
  /** Keys of the calls whose words are kept. */
  readonly #worded = new Set<string>();
  readonly #events = new Map<string, EventRecord>();
  readonly #limits = new Map<string, LimitRecord>();
  /** When each session was last told that its list has changed. */
  readonly #changed = new Map<string, number>();

  /** @param options how saved files are addressed, and how much is kept */
  constructor({ fileUrl, maxRecords = 10_000, maxWorded = 1000, maxSessions = 1000 }: StateOptions) {
    this.#options = { fileUrl, maxRecords, maxWorded, maxSessions };
  }

  /** Everything there is now. */
  get all(): Delta {
    return {
      sessions: [...this.#sessions.values()],
      earlier: this.#earlier,
      calls: [...this.#calls.values()],
      events: [...this.#events.values()],
      limits: [...this.#limits.values()],
    };
  }

  /**
   * Takes entries of one session in.
   * @param session id
   * @param entries in their order; unknown ones are left out
   * @returns what changed by them
   */
  add(session: string, entries: readonly Entry[]): Delta {
    const touched = { calls: new Set<string>(), events: new Set<string>(), limits: new Set<string>() };
    const record = this.#session(session, entries[0]?.time ?? new Date(0).toISOString());
    for (const entry of entries) {
      const key = `${session}/${entry.id}`;
      if (entry.type === 'SessionStart') Object.assign(record, describeStart(entry));
      else if (entry.type === 'SessionEnd') {
        Object.assign(record, { ended: entry.time, reason: cleanLine(entry.reason, 80), live: false, running: 0 });
      } else if (entry.type === 'FunctionCall') {
        record.calls += 1;
        record.running += 1;
        this.#calls.set(key, beginCall(session, entry));
        this.#worded.add(key);
        touched.calls.add(key);
      } else if (entry.type === 'FunctionResponse') {
        const callKey = `${session}/${entry.parent}`;
        const call = this.#calls.get(callKey);
        record.running = Math.max(0, record.running - 1);
        if (entry.failed) record.failed += 1;
        if (call) {
          this.#calls.set(callKey, endCall(call, entry, this.#options.fileUrl));
          this.#worded.add(callKey);
          touched.calls.add(callKey);
        }
      } else if (entry.type === 'ToolMessage') this.#message(session, key, entry, touched);
    }
    const earlier = this.#forget();
    return {
      sessions: [record],
      earlier,
      calls: pick(this.#calls, touched.calls),
      events: pick(this.#events, touched.events),
      limits: pick(this.#limits, touched.limits),
    };
  }

  /**
   * Counts sessions that are not shown.
   * @param count how many more
   * @returns what changed by it
   */
  addEarlier(count: number): Delta {
    this.#earlier += count;
    return { earlier: this.#earlier };
  }

  /**
   * Notes that a session's process has gone without a word.
   * @param session id
   * @returns what changed by it
   */
  end(session: string): Delta {
    const record = this.#sessions.get(session);
    if (!record?.live) return {};
    Object.assign(record, { live: false, running: 0 });
    return { sessions: [record] };
  }

  #session(id: string, started: string): SessionRecord {
    const known = this.#sessions.get(id);
    if (known) return known;
    const fresh: SessionRecord = {
      id,
      client: 'unknown client',
      capabilities: [],
      started,
      live: true,
      calls: 0,
      failed: 0,
      running: 0,
    };
    this.#sessions.set(id, fresh);
    return fresh;
  }

  #message(
    session: string,
    key: string,
    entry: ToolMessage,
    touched: Record<'calls' | 'events' | 'limits', Set<string>>,
  ) {
    const text = showText(entry.text);
    if (entry.kind === 'limits') {
      for (const limit of readLimits(entry)) {
        this.#limits.set(limit.name, limit);
        touched.limits.add(limit.name);
      }
    } else if (EVENTS.has(entry.kind)) {
      const at = Date.parse(entry.time);
      const changed = entry.kind === 'list_read' ? this.#changed.get(session) : undefined;
      if (entry.kind === 'list_read') this.#changed.delete(session);
      if (entry.kind === 'list_changed') this.#changed.set(session, at);
      this.#events.set(key, {
        session,
        id: entry.id,
        at: entry.time,
        kind: entry.kind as EventRecord['kind'],
        text,
        afterMilliseconds: changed === undefined ? undefined : at - changed,
      });
      touched.events.add(key);
    } else if (entry.parent) {
      const callKey = `${session}/${entry.parent}`;
      const call = this.#calls.get(callKey);
      if (!call || call.milliseconds !== undefined) return;
      this.#calls.set(callKey, { ...call, progress: { text, fraction: fractionOf(entry.data) } });
      touched.calls.add(callKey);
    }
  }

  /** @returns how many sessions are not shown, if that has changed */
  #forget(): number | undefined {
    const { maxRecords, maxWorded, maxSessions } = this.#options;
    for (const key of excess(this.#calls, maxRecords)) this.#calls.delete(key);
    for (const key of excess(this.#events, MAX_EVENTS)) this.#events.delete(key);
    for (const key of excess(this.#worded, maxWorded)) {
      this.#worded.delete(key);
      const call = this.#calls.get(key);
      if (call) this.#calls.set(key, { ...call, arguments: '', summary: undefined });
    }
    const old = excess(this.#sessions, maxSessions).filter((id) => !this.#sessions.get(id)?.live);
    for (const id of old) {
      this.#sessions.delete(id);
      this.#changed.delete(id);
    }
    this.#earlier += old.length;
    return old.length > 0 ? this.#earlier : undefined;
  }
}

/** The keys that came first, as many as there are too many. */
function excess(records: { readonly size: number; keys(): Iterable<string> }, most: number): string[] {
  const keys: string[] = [];
  if (records.size <= most) return keys;
  for (const key of records.keys()) {
    keys.push(key);
    if (keys.length >= records.size - most) break;
  }
  return keys;
}

function pick<Item>(records: ReadonlyMap<string, Item>, keys: ReadonlySet<string>): Item[] | undefined {
  const found = [...keys].flatMap((key) => records.get(key) ?? []);
  return found.length > 0 ? found : undefined;
}

const MAX_ARGUMENTS = 200;
const MAX_SUMMARY = 300;

/** Makes the address of a saved file; undefined for one that may not be served. */
type FileUrl = (path: string) => string | undefined;

/**
 * What the first entry of a session tells of it.
 * @param entry of its journal
 */
function describeStart(entry: SessionStart): Partial<SessionRecord> {
  const { client } = entry;
  const name = cleanLine(client?.title ?? client?.name ?? '', 60);
  return {
    ...(name ? { client: name } : {}),
    version: cleanLine(client?.version ?? '', 30) || undefined,
    protocol: entry.protocol && cleanLine(entry.protocol, 20),
    capabilities: (entry.capabilities ?? []).map((name) => cleanLine(name, 40)),
    profile: entry.profile && cleanLine(entry.profile, 40),
    pid: entry.pid,
    started: entry.time,
  };
}

/**
 * A call that runs.
 * @param session id
 * @param entry with which it begins
 */
function beginCall(session: string, entry: FunctionCall): CallRecord {
  return {
    session,
    id: entry.id,
    tool: cleanLine(entry.tool, 64),
    at: entry.time,
    arguments: cleanLine(redact(showArguments(entry.arguments)), MAX_ARGUMENTS),
    dryRun: entry.dryRun || undefined,
  };
}

/**
 * A call that has ended.
 * @param call as it was while it ran
 * @param entry its answer
 * @param fileUrl makes the address of a saved file
 */
function endCall(call: CallRecord, entry: FunctionResponse, fileUrl: FileUrl): CallRecord {
  const { milliseconds, failed, bytes, images } = entry;
  const error = cleanLine(entry.error, 80) || undefined;
  const files = entry.files?.map(({ path, bytes: size, mimeType }) => ({
    url: fileUrl(path),
    name: cleanLine(basename(path), 120),
    bytes: size,
    mimeType,
  }));
  return {
    ...call,
    milliseconds,
    failed,
    error,
    bytes,
    images,
    summary: showText(entry.summary),
    files,
    progress: undefined,
  };
}

/**
 * What a journal tells in words, as the page shows it.
 * @param text of an entry
 */
function showText(text: string): string {
  return cleanLine(redact(text), MAX_SUMMARY);
}

function showArguments(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value) ?? '';
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${typeof inner === 'string' ? inner : JSON.stringify(inner)}`)
    .join(' ');
}

/**
 * How much of a call is done, from 0 to 1; undefined when it does not tell.
 * @param data of its message
 */
function fractionOf(data: ToolMessage['data']): number | undefined {
  const { progress, total } = data ?? {};
  if (typeof progress !== 'number' || typeof total !== 'number' || total <= 0) return undefined;
  return Math.min(1, Math.max(0, progress / total));
}

/**
 * One record for each limit that is told of: a window of the Hub's rate limits, or the account's ZeroGPU time.
 * @param message of kind `limits`
 */
function readLimits({ data = {}, time }: ToolMessage): LimitRecord[] {
  return Object.entries(data).flatMap(([name, window]) => {
    const { remaining, quota, base } = (window ?? {}) as Record<string, unknown>;
    if (typeof remaining !== 'number') return [];
    const of = [quota, base].find((value) => typeof value === 'number') as number | undefined;
    const known = name === 'zeroGpu' ? 'ZeroGPU seconds' : `Hub requests: ${cleanLine(name, 30)}`;
    return [{ name: known, at: time, left: remaining, of }];
  });
}
