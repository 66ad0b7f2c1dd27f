import type { ConversationLine, Item, StoredResponse } from './items.js';

export interface ThreadItem {
  item: Item;
  /** Of the line that first had it. */
  seq: number;
  time: number;
  /** Of the turn that it belongs to; missing where it was put in between turns. */
  response?: string;
  /** Whether it came from whoever talks to the assistant. */
  isInput: boolean;
}

/** What the log of a conversation comes to. */
export interface Thread {
  items: ThreadItem[];
  /** By id, in the order of their beginnings. */
  responses: Map<string, StoredResponse>;
  /** Stands for all items up to a seq, where the model is concerned. */
  summary?: { upTo: number; text: string };
  /** What the user agreed to for the rest of the conversation. */
  granted: Set<string>;
  metadata?: Record<string, string>;
}

/**
 * Reads the lines of a conversation as what they come to: the latest of each id counts, at the place of the first.
 * @param lines in order
 * @param until a response: only what led to it, and it itself; whatever else was tried from the same point is left out
 */
export function readThread(lines: readonly ConversationLine[], until?: string): Thread {
  const items = new Map<string, ThreadItem>();
  const thread: Thread = { items: [], responses: new Map(), granted: new Set() };
  /** Also of those that were removed. */
  const previous = new Map<string, string | undefined>();
  for (const line of lines) {
    if (line.type === 'item') {
      const { item, seq, time, response, isInput = false } = line;
      const known = items.get(item.id);
      if (known) known.item = item;
      else items.set(item.id, { item, seq, time, response, isInput });
    }
    if (line.type === 'response') {
      thread.responses.set(line.response.id, line.response);
      previous.set(line.response.id, line.response.previous);
    }
    if (line.type === 'summary') thread.summary = { upTo: line.upTo, text: line.text };
    if (line.type === 'granted') thread.granted.add(line.key);
    if (line.type === 'metadata') thread.metadata = line.metadata;
    if (line.type === 'removed') {
      if (line.item) items.delete(line.item);
      if (line.response) {
        thread.responses.delete(line.response);
        for (const [id, { response }] of items) if (response === line.response) items.delete(id);
      }
    }
  }
  const chain = until === undefined ? undefined : chainTo(until, previous);
  thread.items = [...items.values()].filter(({ response }) => !chain || response === undefined || chain.has(response));
  // A summary of what was tried elsewhere may tell of things that were never said here.
  if (chain && chain.size < thread.responses.size) thread.summary = undefined;
  return thread;
}

function chainTo(until: string, previous: ReadonlyMap<string, string | undefined>): Set<string> {
  const chain = new Set<string>();
  for (let id: string | undefined = until; id !== undefined && !chain.has(id); id = previous.get(id)) chain.add(id);
  return chain;
}
