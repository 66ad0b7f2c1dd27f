import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import type { State, StateEvent } from './types.js';

/** Messages of one stream that can be sent again. */
const MAX_EVENTS = 1000;
/** Streams whose messages are kept; the one that was written to least lately gives way. */
const MAX_STREAMS = 1000;

/** The state of a single instance: it lives as long as the process. */
export function createMemoryState(): State {
  const listeners = new Set<(event: StateEvent) => void>();
  const values = new Map<string, { text: string; until: number }>();
  const find = (key: string) => {
    const found = values.get(key);
    if (found && found.until > Date.now()) return found;
    values.delete(key);
    return undefined;
  };
  const sweep = setInterval(() => {
    for (const key of values.keys()) find(key);
  }, 60_000);
  sweep.unref?.();
  return {
    bus: {
      publish(event) {
        for (const listener of listeners) listener(event);
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    get: async (key) => {
      const found = find(key);
      return found && JSON.parse(found.text);
    },
    async set(key, value, ms, { ifAbsent = false } = {}) {
      if (ifAbsent && find(key)) return false;
      values.set(key, { text: JSON.stringify(value), until: Date.now() + ms });
      return true;
    },
    async renew(key, value, ms) {
      const found = find(key);
      if (found?.text !== JSON.stringify(value)) return false;
      found.until = Date.now() + ms;
      return true;
    },
    async del(key) {
      values.delete(key);
    },
    async hit(key, windowMs) {
      const found = find(key);
      const count = Number(found?.text ?? 0) + 1;
      values.set(key, { text: String(count), until: found?.until ?? Date.now() + windowMs });
      return count;
    },
    events: createMemoryEvents(),
    async close() {
      clearInterval(sweep);
      listeners.clear();
    },
  };
}

/** Ids are `<stream>_<number>`. */
function createMemoryEvents(): EventStore {
  const streams = new Map<string, { first: number; messages: JSONRPCMessage[] }>();
  const split = (id: string) => {
    const at = id.lastIndexOf('_');
    return { stream: id.slice(0, Math.max(0, at)), number: Number(id.slice(at + 1)) };
  };
  return {
    async storeEvent(name, message) {
      const stream = streams.get(name) ?? { first: 1, messages: [] };
      streams.delete(name);
      streams.set(name, stream);
      stream.messages.push(message);
      if (stream.messages.length > MAX_EVENTS) {
        stream.messages.shift();
        stream.first += 1;
      }
      if (streams.size > MAX_STREAMS) streams.delete(streams.keys().next().value as string);
      return `${name}_${stream.first + stream.messages.length - 1}`;
    },
    getStreamIdForEventId: async (id) => split(id).stream || undefined,
    async replayEventsAfter(id, { send }) {
      const { stream: name, number } = split(id);
      const stream = streams.get(name);
      for (const [at, message] of [...(stream?.messages ?? [])].entries()) {
        const own = (stream?.first ?? 1) + at;
        if (own > number) await send(`${name}_${own}`, message);
      }
      return name;
    },
  };
}
