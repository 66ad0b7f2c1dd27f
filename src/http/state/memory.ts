import { eventStore, KEPT_EVENTS, localBus } from './events.js';
import type { LogKey, State } from './types.js';

interface Entry {
  /** JSON, as in any other store: what is read is a copy. */
  text: string;
  until: number;
}

/** Characters of all values, and bytes of all logs; beyond that the ones that were written longest ago go first. */
export const MEMORY_LIMITS = { maxCharacters: 64 * 2 ** 20 };

/** The state of a server that runs as one process. */
export function createMemoryState(): State {
  const entries = new Map<string, Entry>();
  let characters = 0;
  const drop = (key: string): void => {
    characters -= entries.get(key)?.text.length ?? 0;
    entries.delete(key);
  };
  const read = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry && entry.until <= Date.now()) drop(key);
    return entries.get(key);
  };
  const write = (key: string, text: string, until: number): void => {
    drop(key);
    entries.set(key, { text, until });
    characters += text.length;
    for (const oldest of entries.keys()) {
      if (characters <= MEMORY_LIMITS.maxCharacters || oldest === key) break;
      drop(oldest);
    }
  };
  const sweep = setInterval(() => {
    for (const key of entries.keys()) read(key);
    for (const key of logs.keys()) readLog(key);
  }, 60_000);
  sweep.unref();

  /** Every entry is a value of its own, so that the last one costs as much as the first. */
  const log = {
    async append(key: string, text: string) {
      const position = Number(read(key)?.text ?? 0) + 1;
      const until = Date.now() + KEPT_EVENTS.ms;
      write(key, String(position), until);
      write(`${key}:${position}`, text, until);
      drop(`${key}:${position - KEPT_EVENTS.count}`);
      return `${position}-0`;
    },
    async after(key: string, position: string) {
      const last = Number(read(key)?.text ?? 0);
      const first = Math.max(Number.parseInt(position, 10), last - KEPT_EVENTS.count) + 1;
      const found: { position: string; text: string }[] = [];
      for (let at = first; at <= last; at += 1) {
        const entry = read(`${key}:${at}`);
        if (entry) found.push({ position: `${at}-0`, text: entry.text });
      }
      return found;
    },
  };

  /** The one that was added to last is last. */
  const logs = new Map<string, LogKey & { lines: string[]; bytes: number; changedAt: number; until: number }>();
  let kept = 0;
  const logKey = ({ group, name }: LogKey): string => `${group}:${name}`;
  const dropLog = (key: string): boolean => {
    kept -= logs.get(key)?.bytes ?? 0;
    return logs.delete(key);
  };
  const readLog = (key: string) => {
    const log = logs.get(key);
    if (log && log.until <= Date.now()) dropLog(key);
    return logs.get(key);
  };

  return {
    bus: localBus(),
    async get(key) {
      const entry = read(key);
      return entry && JSON.parse(entry.text);
    },
    async set(key, value, ms, { ifAbsent = false } = {}) {
      if (ifAbsent && read(key)) return false;
      write(key, JSON.stringify(value), Date.now() + ms);
      return true;
    },
    async renew(key, value, ms) {
      const entry = read(key);
      if (entry?.text !== JSON.stringify(value)) return false;
      entry.until = Date.now() + ms;
      return true;
    },
    async del(key, value) {
      if (value === undefined || read(key)?.text === JSON.stringify(value)) drop(key);
    },
    async hit(key, windowMs, more = 1) {
      const entry = read(key);
      const count = Number(entry?.text ?? 0) + more;
      write(key, String(count), entry?.until ?? Date.now() + windowMs);
      return count;
    },
    events: (session) => eventStore(log, session),
    logs: {
      async add(log, lines, { ms, length, most }) {
        const key = logKey(log);
        const before = readLog(key) ?? { lines: [], bytes: 0 };
        if (length === undefined ? before.lines.length === 0 : before.lines.length !== length) return 'other';
        const bytes = before.bytes + lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
        if (bytes > most) return 'full';
        dropLog(key);
        const now = Date.now();
        logs.set(key, { ...log, lines: [...before.lines, ...lines], bytes, changedAt: now, until: now + ms });
        kept += bytes;
        for (const oldest of logs.keys()) {
          if (kept <= MEMORY_LIMITS.maxCharacters || oldest === key) break;
          dropLog(oldest);
        }
        return 'added';
      },
      read: async (log, from) => readLog(logKey(log))?.lines.slice(from) ?? [],
      async list(wanted) {
        const all = [...logs.keys()].flatMap((key) => readLog(key) ?? []).filter(({ group }) => group === wanted);
        return all.reverse().map(({ name, changedAt, bytes }) => ({ name, changedAt, bytes }));
      },
      remove: async (log) => readLog(logKey(log)) !== undefined && dropLog(logKey(log)),
    },
    async close() {
      clearInterval(sweep);
      entries.clear();
      logs.clear();
    },
  };
}
