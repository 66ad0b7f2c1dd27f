import { isObject } from '../lib/json.js';
import { cleanLine, redact } from '../lib/text.js';
import type { SessionInfo } from '../sessions/directory.js';
import type { Entry, FunctionCall, FunctionResponse, SessionStart, ToolMessage } from '../sessions/entries.js';
import { showArguments, showFile } from './journals.js';
import type { CallRecord, Delta, EventRecord, LimitRecord, SessionRecord } from './types.js';

const EVENTS = new Set<string>(['list_changed', 'list_read', 'config', 'notice'] satisfies EventRecord['kind'][]);

interface StateOptions {
  fileUrl: FileUrl;
  /** Older calls are forgotten beyond this many. */
  maxRecords?: number;
  /** The words of older calls are forgotten: what was asked and answered is then in the journal alone. */
  maxWorded?: number;
  /** Older sessions are only counted, unless they are live. */
  maxSessions?: number;
}

const MAX_EVENTS = 1000;

/** What the page shows, built from the entries of all journals as they come; the oldest are dropped, so that it stays small. */
export class DashboardState {
  readonly #options: Required<StateOptions>;
  readonly #sessions = new Map<string, SessionRecord>();
  #earlier = 0;
  readonly #calls = new Map<string, CallRecord>();
  /** Keys of the calls whose words are kept. */
  readonly #worded = new Set<string>();
  readonly #events = new Map<string, EventRecord>();
  readonly #limits = new Map<string, LimitRecord>();
  /** When each session was last told that its tool list had changed. */
  readonly #changed = new Map<string, number>();
  /** The jobs of the calls that are kept, by id. */
  readonly #jobs = new Map<string, StartedJob>();
  /** Ids of the jobs that calls which are running ask about, by the key of the call. */
  readonly #asked = new Map<string, string>();

  /** @param options how saved files are addressed, and how much is kept */
  constructor({ fileUrl, maxRecords = 10_000, maxWorded = 2000, maxSessions = 10_000 }: StateOptions) {
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
   * @param entries in order; unknown ones are left out
   * @returns what changed by them
   */
  add(session: string, entries: readonly Entry[]): Delta {
    const touched: Touched = { sessions: new Set([session]), calls: new Set(), events: new Set(), limits: new Set() };
    const record = this.#session(session, entries[0]?.time ?? new Date(0).toISOString());
    for (const entry of entries) {
      const key = `${session}/${entry.id}`;
      record.last = entry.time;
      if (entry.type === 'SessionStart') Object.assign(record, describeStart(entry));
      else if (entry.type === 'HumanMessage') record.about ??= cleanLine(redact(entry.text), MAX_ABOUT);
      else if (entry.type === 'SessionEnd') {
        Object.assign(record, { ended: entry.time, reason: cleanLine(entry.reason, 80), live: false, running: 0 });
      } else if (entry.type === 'FunctionCall') {
        record.calls += 1;
        record.running += 1;
        const call = beginCall(session, entry);
        record.about ??= cleanLine(`${call.tool} ${call.arguments}`, MAX_ABOUT);
        this.#calls.set(key, call);
        this.#worded.add(key);
        touched.calls.add(key);
        const job = isObject(entry.arguments) ? entry.arguments.job : undefined;
        if (typeof job === 'string' && this.#jobs.has(job)) this.#asked.set(key, job);
      } else if (entry.type === 'FunctionResponse') {
        this.#respond(record, entry, touched);
      } else if (entry.type === 'ToolMessage') this.#message(session, key, entry, touched);
    }
    const earlier = this.#forget();
    return {
      sessions: pick(this.#sessions, touched.sessions),
      earlier,
      calls: pick(this.#calls, touched.calls),
      events: pick(this.#events, touched.events),
      limits: pick(this.#limits, touched.limits),
    };
  }

  /**
   * Adds a session whose calls are not read.
   * @param info what its list tells of it
   * @returns what changed by it
   */
  describe(info: SessionInfo): Delta {
    const record = this.#session(info.id, info.startedAt.toISOString());
    const { reason, calls, failed, lastAt } = info;
    const last = lastAt.toISOString();
    const end = { live: false, reason: reason && cleanLine(reason, 80), ...(reason ? { ended: last } : {}) };
    Object.assign(record, describeClient(info), { last, calls, failed, ...end });
    return { sessions: [record], earlier: this.#forget() };
  }

  /**
   * Notes that a session's process ended without writing so.
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
      last: started,
      live: true,
      calls: 0,
      failed: 0,
      running: 0,
    };
    this.#sessions.set(id, fresh);
    return fresh;
  }

  /** A call that started a job ends with the job, not with its answer; whoever asks for the job's result does not fail with it. */
  #respond(record: SessionRecord, entry: FunctionResponse, touched: Touched) {
    const key = `${record.id}/${entry.parent}`;
    const call = this.#calls.get(key);
    const id = entry.job?.id ?? this.#asked.get(key);
    const job = id === undefined ? undefined : this.#jobs.get(id);
    const starts = call !== undefined && !job && entry.job?.state === 'running';
    this.#asked.delete(key);
    if (job && entry.job) this.#endJob(entry.job.id, entry.job.state, entry, touched);
    const failed = entry.failed && job?.state !== 'failed';
    if (!starts) record.running = Math.max(0, record.running - 1);
    if (failed) record.failed += 1;
    if (!call) return;
    const answered = { ...endCall(call, entry, this.#options.fileUrl), failed };
    if (starts && id) this.#jobs.set(id, { call: key, state: 'running' });
    this.#calls.set(key, starts ? { ...answered, job: id, milliseconds: undefined, failed: undefined } : answered);
    this.#worded.add(key);
    touched.calls.add(key);
  }

  #endJob(id: string, state: unknown, { time, error }: { time: string; error?: unknown }, touched: Touched) {
    const job = this.#jobs.get(id);
    const call = this.#calls.get(job?.call ?? '');
    if (!job || !call || job.state !== 'running' || state === 'running') return;
    job.state = state === 'done' ? 'done' : 'failed';
    const failed = job.state === 'failed';
    const why = failed ? cleanLine(error ?? state, 80) : undefined;
    const milliseconds = Math.max(0, Date.parse(time) - Date.parse(call.at));
    this.#calls.set(job.call, { ...call, milliseconds, failed, error: why, progress: undefined });
    touched.calls.add(job.call);
    touched.sessions.add(call.session);
    const record = this.#sessions.get(call.session);
    if (!record) return;
    record.running = Math.max(0, record.running - 1);
    if (failed) record.failed += 1;
  }

  #message(session: string, key: string, entry: ToolMessage, touched: Touched) {
    const text = showText(entry.text);
    const { job, state, error } = entry.data ?? {};
    if (entry.kind === 'job') this.#endJob(String(job), state, { time: entry.time, error }, touched);
    else if (entry.kind === 'limits') {
      for (const limit of readLimits(entry)) {
        this.#limits.set(limit.name, limit);
        touched.limits.add(limit.name);
      }
    } else if (EVENTS.has(entry.kind)) {
      const at = Date.parse(entry.time);
      const changed = entry.kind === 'list_read' ? this.#changed.get(session) : undefined;
      // Every client reads the list; only after a change does it say something.
      if (entry.kind === 'list_read' && changed === undefined) return;
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
    for (const key of excess(this.#calls, maxRecords)) {
      this.#jobs.delete(this.#calls.get(key)?.job ?? '');
      this.#asked.delete(key);
      this.#calls.delete(key);
    }
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

/** Keys of what has changed. */
type Touched = Record<'sessions' | 'calls' | 'events' | 'limits', Set<string>>;

interface StartedJob {
  /** Key of the call that started it. */
  call: string;
  state: 'running' | 'done' | 'failed';
}

const MAX_ABOUT = 120;
const MAX_SUMMARY = 300;

/** Makes the address of a saved file; undefined for one that may not be served. */
type FileUrl = (path: string) => string | undefined;

/**
 * What the first entry of a session tells about it.
 * @param entry of its journal
 */
function describeStart(entry: SessionStart): Partial<SessionRecord> {
  return { ...describeClient(entry), pid: entry.pid, started: entry.time };
}

function describeClient(of: Pick<SessionStart, 'client' | 'protocol' | 'capabilities' | 'profile'>) {
  const name = cleanLine(of.client?.title ?? of.client?.name ?? '', 60);
  return {
    ...(name ? { client: name } : {}),
    version: cleanLine(of.client?.version ?? '', 30) || undefined,
    protocol: of.protocol && cleanLine(of.protocol, 20),
    capabilities: (of.capabilities ?? []).map((capability) => cleanLine(capability, 40)),
    profile: of.profile && cleanLine(of.profile, 40),
  };
}

/**
 * A call that is running.
 * @param session id
 * @param entry its beginning
 */
function beginCall(session: string, entry: FunctionCall): CallRecord {
  return {
    session,
    id: entry.id,
    tool: cleanLine(entry.tool, 64),
    at: entry.time,
    arguments: showArguments(entry.arguments),
    dryRun: entry.dryRun || undefined,
  };
}

/**
 * A call that has ended.
 * @param call as it was while it was running
 * @param entry its answer
 * @param fileUrl makes the address of a saved file
 */
function endCall(call: CallRecord, entry: FunctionResponse, fileUrl: FileUrl): CallRecord {
  const { milliseconds, failed, bytes, images } = entry;
  const error = cleanLine(entry.error, 80) || undefined;
  const files = entry.files?.map((file) => showFile(file, fileUrl));
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
 * Words of a journal, as the page shows them.
 * @param text of an entry
 */
function showText(text: string): string {
  return cleanLine(redact(text), MAX_SUMMARY);
}

/**
 * How much of a call is done, from 0 to 1; undefined when it does not say.
 * @param data of its message
 */
function fractionOf(data: ToolMessage['data']): number | undefined {
  const { progress, total } = data ?? {};
  if (typeof progress !== 'number' || typeof total !== 'number' || total <= 0) return undefined;
  return Math.min(1, Math.max(0, progress / total));
}

/**
 * One record for each limit in a message: a window of the Hub's rate limits, or the account's ZeroGPU time.
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
