import type { Entry, ToolMessage } from '../sessions/types.js';
import { cleanLine } from '../text/sanitize.js';
import { beginCall, describeStart, endCall, type FileUrl, fractionOf, readLimits, showText } from './records.js';
import type { CallRecord, Delta, EventRecord, LimitRecord, SessionRecord } from './types.js';

const EVENTS = new Set<string>(['list_changed', 'list_read', 'config', 'notice'] satisfies EventRecord['kind'][]);

export interface BoardOptions {
  fileUrl: FileUrl;
  /** Older calls and events are forgotten beyond this many of each. */
  maxRecords?: number;
}

/** What the page shows, folded from the entries of all journals as they come. */
export class Board {
  readonly #options: Required<BoardOptions>;
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #calls = new Map<string, CallRecord>();
  readonly #events = new Map<string, EventRecord>();
  readonly #limits = new Map<string, LimitRecord>();
  /** When each session was last told that its list has changed. */
  readonly #changed = new Map<string, number>();

  /** @param options how saved files are addressed, and how much is kept */
  constructor({ fileUrl, maxRecords = 20_000 }: BoardOptions) {
    this.#options = { fileUrl, maxRecords };
  }

  /** Everything there is now. */
  get all(): Delta {
    return {
      sessions: [...this.#sessions.values()],
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
        touched.calls.add(key);
      } else if (entry.type === 'FunctionResponse') {
        const call = this.#calls.get(`${session}/${entry.parent}`);
        record.running = Math.max(0, record.running - 1);
        if (entry.failed) record.failed += 1;
        if (call) {
          this.#calls.set(`${session}/${entry.parent}`, endCall(call, entry, this.#options.fileUrl));
          touched.calls.add(`${session}/${entry.parent}`);
        }
      } else if (entry.type === 'ToolMessage') this.#message(session, key, entry, touched);
    }
    this.#forget();
    return {
      sessions: [record],
      calls: pick(this.#calls, touched.calls),
      events: pick(this.#events, touched.events),
      limits: pick(this.#limits, touched.limits),
    };
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
        ...(changed === undefined ? {} : { afterMilliseconds: at - changed }),
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

  #forget(): void {
    for (const records of [this.#calls, this.#events]) {
      for (const key of records.keys()) {
        if (records.size <= this.#options.maxRecords) break;
        records.delete(key);
      }
    }
  }
}

function pick<Item>(records: ReadonlyMap<string, Item>, keys: ReadonlySet<string>): Item[] | undefined {
  const found = [...keys].flatMap((key) => records.get(key) ?? []);
  return found.length > 0 ? found : undefined;
}
