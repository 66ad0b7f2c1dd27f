import type { EventStore } from '@modelcontextprotocol/server';
import type { SharedStore } from '../../sessions/shared-logs.js';

/** Something that every instance is told: a change of the tool list, a step of a job, a cancel. */
export interface StateEvent {
  kind: string;
  [more: string]: unknown;
}

/**
 * What the instances of one server share. Values are anything that JSON can hold; whoever reads one checks it, since other
 * programs can write to the same store.
 */
export interface State {
  /** Reaches every instance, the one that publishes included; fits the SDK's `ServerEventBus`. */
  bus: {
    publish(event: StateEvent): void;
    /** @returns ends it */
    subscribe(listener: (event: StateEvent) => void): () => void;
  };
  /** @returns undefined when there is nothing, or no JSON */
  get(key: string): Promise<unknown>;
  /**
   * @param ms how long it is kept
   * @returns false when `ifAbsent` is asked for and something is there
   */
  set(key: string, value: unknown, ms: number, options?: { ifAbsent?: boolean }): Promise<boolean>;
  /**
   * Keeps a value for longer, if it is still the one that was set.
   * @returns whether it is
   */
  renew(key: string, value: unknown, ms: number): Promise<boolean>;
  /** @param value deletes only this one */
  del(key: string, value?: unknown): Promise<void>;
  /** Counts hits, one unless told, in a window that opens with its first one. @returns the hits in it so far */
  hit(key: string, windowMs: number, more?: number): Promise<number>;
  /**
   * The events of one session's streams, for `Last-Event-ID`. A stream's id is unique within its session only, so every
   * session has a store of its own.
   */
  events(session: string): EventStore;
  /** Where what must not be lost lies; missing where it belongs on the disk of this machine. */
  logs?: SharedStore['logs'];
  close(): Promise<void>;
}
