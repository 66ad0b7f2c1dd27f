import { createHash } from 'node:crypto';
import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';
import { parseJsonObject } from '../../lib/json.js';
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

/** `<mark of the session>/<stream>_<position>`, as `storeEvent` makes it. */
const EVENT_ID = /^([0-9a-f]{12})\/([^\n]{1,200})_(\d{1,20}-\d{1,20})$/;

/**
 * The SDK's store of events over a log.
 * @param session whose streams they are; it cannot be read off the ids of its events
 */
export function eventStore(log: Log, session: string): EventStore {
  const own = createHash('sha256').update(session).digest('hex').slice(0, 12);
  const keyOf = (stream: string) => `sse:${session}:${stream}`;
  const idOf = (stream: string, position: string) => `${own}/${stream}_${position}`;
  const read = (id: string) => {
    const [, mark, stream = '', position = ''] = EVENT_ID.exec(id) ?? [];
    return mark === own ? { stream, position } : undefined;
  };
  return {
    async storeEvent(stream, message) {
      try {
        return idOf(stream, await log.append(keyOf(stream), JSON.stringify(message)));
      } catch {
        // The message goes out all the same. Without an id it cannot be asked for again.
        return '';
      }
    },
    async getStreamIdForEventId(id) {
      return read(id)?.stream;
    },
    async replayEventsAfter(id, { send }) {
      const { stream = '', position = '' } = read(id) ?? {};
      for (const entry of stream ? await log.after(keyOf(stream), position) : []) {
        const message = parseJsonObject(entry.text);
        // The first event of a stream is empty: it only gives an id.
        if (message?.jsonrpc === '2.0') await send(idOf(stream, entry.position), message as JSONRPCMessage);
      }
      return stream;
    },
  };
}
