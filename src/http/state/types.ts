import type { EventStore } from '@modelcontextprotocol/server';

/** What one instance tells all of them, itself too. */
export type StateEvent =
  /** The tool list is another one. */
  | { kind: 'tools_list_changed' }
  /** A client cancelled a request that any instance may be working on. */
  | { kind: 'cancel'; key: string }
  /** A client has read the tool list, soon after a change. */
  | { kind: 'list_read'; client: string }
  /** Something happened to a job at a Space. */
  | { kind: 'job'; id: string };

/** Carries events to every instance. */
interface Bus {
  publish(event: StateEvent): void;
  /** @returns a function that ends the subscription */
  subscribe(listener: (event: StateEvent) => void): () => void;
}

/** What the instances of a server share. Keys are hugwire's own; values are JSON. */
export interface State {
  bus: Bus;
  get(key: string): Promise<unknown>;
  /**
   * @param ms how long the value is kept
   * @returns whether it was written: with `ifAbsent`, only where there was none
   */
  set(key: string, value: unknown, ms: number, options?: { ifAbsent?: boolean }): Promise<boolean>;
  /** Keeps a value longer, if it is still this one. */
  renew(key: string, value: unknown, ms: number): Promise<boolean>;
  del(key: string): Promise<void>;
  /** Counts in a window that begins with its first hit. */
  hit(key: string, windowMs: number): Promise<number>;
  /** What was sent on streams that can be resumed. */
  events: EventStore;
  close(): Promise<void>;
}
