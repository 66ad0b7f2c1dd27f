import type { EventStore } from '@modelcontextprotocol/server';
import type { LogInfo } from '../../sessions/logs.js';

/** Something that every instance is told: a change of the tool list, a step of a job, a cancel. */
export interface StateEvent {
  kind: string;
  [more: string]: unknown;
}

export interface LogKey {
  group: string;
  name: string;
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
  /** Lists of lines that only grow at their end. */
  logs: {
    /**
     * Adds lines, all or none.
     * @param log its group and its name within it
     * @param options `ms`: how long it is kept from now on; `length`: adds only when there are so many lines, and else only
     *   when there is any; `most`: bytes of the whole
     * @returns `other` when it has another length, `full` when it would be too large
     */
    add(
      log: LogKey,
      lines: readonly string[],
      options: { ms: number; length?: number; most: number },
    ): Promise<'added' | 'other' | 'full'>;
    /** @returns some lines from a place on; none where it ends */
    read(log: LogKey, from: number): Promise<string[]>;
    /** All of a group, the one that was added to last first. */
    list(group: string): Promise<LogInfo[]>;
    /** @returns whether there was one: of several that remove it at once, one alone is told so */
    remove(log: LogKey): Promise<boolean>;
  };
  close(): Promise<void>;
}
