import { eventStore, KEPT_EVENTS, localBus } from './events.js';
import type { State } from './types.js';

interface Entry {
  /** JSON, as in any other store: what is read is a copy. */
  text: string;
  until: number;
}

/** Characters of all values; beyond that the ones that were written longest ago go first. */
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
    async close() {
      clearInterval(sweep);
      entries.clear();
    },
  };
}
