import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import { isObject, parseJsonObject } from '../../lib/json.js';
import type { State, StateEvent } from './types.js';

/** The events that are kept for each stream, and for how long after the last one. */
export const KEPT_EVENTS = { count: 1_000, ms: 600_000 };

/** A bus within this process. A listener that throws keeps nothing from the others. */
export function localBus(): State['bus'] {
  const listeners = new Set<(event: StateEvent) => void>();
  return {
    publish(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch {
          // Its own affair.
        }
      }
    },
    subscribe(listener) {
      // A function of its own, so that the same listener can be there twice.
      const own = (event: StateEvent) => listener(event);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

/** Lists that only grow at their end, each entry at a position such as `17-0`. */
interface Log {
  append(key: string, text: string): Promise<string>;
  after(key: string, position: string): Promise<{ position: string; text: string }[]>;
}

/** `<stream>_<position>`, as `storeEvent` makes it. */
const EVENT_ID = /^([^\n]{1,200})_(\d{1,20}-\d{1,20})$/;

/**
 * The SDK's store of events over a log.
 * @param session whose streams they are
 */
export function eventStore(log: Log, session: string): EventStore {
  const keyOf = (stream: string) => `sse:${session}:${stream}`;
  return {
    async storeEvent(stream, message) {
      try {
        return `${stream}_${await log.append(keyOf(stream), JSON.stringify(message))}`;
      } catch {
        // The message goes out all the same. Without an id it cannot be asked for again.
        return '';
      }
    },
    async getStreamIdForEventId(id) {
      return EVENT_ID.exec(id)?.[1];
    },
    async replayEventsAfter(id, { send }) {
      const [, stream = '', position = ''] = EVENT_ID.exec(id) ?? [];
      for (const entry of stream ? await log.after(keyOf(stream), position) : []) {
        const message = parseJsonObject(entry.text);
        // The first event of a stream is empty: it only gives an id.
        if (isObject(message) && message.jsonrpc === '2.0') {
          await send(`${stream}_${entry.position}`, message as JSONRPCMessage);
        }
      }
      return stream;
    },
  };
}
