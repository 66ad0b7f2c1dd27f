import { randomUUID } from 'node:crypto';
import type { HugwireError } from '../lib/errors.js';
import { sleep } from '../lib/time.js';
import { checkLines, FileLogs, LOG_LIMITS, type LogInfo, type Logs, tooLarge } from './logs.js';

export interface LogKey {
  group: string;
  name: string;
}

/** What the instances of a server share, as far as logs need it. What is read from it is not trusted. */
export interface SharedStore {
  set(key: string, value: unknown, ms: number, options?: { ifAbsent?: boolean }): Promise<boolean>;
  renew(key: string, value: unknown, ms: number): Promise<boolean>;
  del(key: string, value?: unknown): Promise<void>;
  logs: {
    /**
     * Adds lines, all or none.
     * @param options `ms`: how long the log is kept from now on; `length`: adds only when there are so many lines, and else
     *   only when there is any; `most`: bytes of the whole
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
}

export const TURN_LIMITS = {
  /** Milliseconds after which a turn whose instance has not said that it goes on is over. */
  leaseMs: 5_000,
  /** Milliseconds between two looks whether it is. */
  lookMs: 100,
};

/**
 * Logs where they belong: in what the instances of a server share, or on the disk of this machine.
 * @param store what they share; without logs where there is one instance
 * @param options of which kind, such as `conversations`, for how long they are kept after the last line, and the directory
 */
export function openLogs(
  store: (Omit<SharedStore, 'logs'> & Partial<SharedStore>) | undefined,
  { group, keepMs, directory }: { group: string; keepMs: number; directory: string },
): Logs {
  const { logs } = store ?? {};
  return store && logs ? new SharedLogs({ ...store, logs }, group, keepMs) : new FileLogs(directory);
}

/** Logs that every instance of a server can read and add to. */
export class SharedLogs implements Logs {
  readonly #store: SharedStore;
  readonly #group: string;
  readonly #ms: number;

  /**
   * @param store what the instances share
   * @param group such as `conversations`
   * @param ms how long a log is kept after the last line
   */
  constructor(store: SharedStore, group: string, ms: number) {
    this.#store = store;
    this.#group = group;
    this.#ms = ms;
  }

  begin(name: string, line: string): Promise<boolean> {
    return this.add(name, [line], 0);
  }

  async add(name: string, lines: readonly string[], length?: number): Promise<boolean> {
    checkLines(lines);
    const most = LOG_LIMITS.log;
    const added = await this.#store.logs.add(this.#keyOf(name), lines, { ms: this.#ms, length, most });
    if (added === 'full') throw tooLarge('The conversation', most);
    return added === 'added';
  }

  async *read(name: string): AsyncGenerator<string> {
    for (let from = 0; ; ) {
      const lines = await this.#store.logs.read(this.#keyOf(name), from);
      if (lines.length === 0) return;
      yield* lines;
      from += lines.length;
    }
  }

  async list(prefix = ''): Promise<LogInfo[]> {
    return (await this.#store.logs.list(this.#group)).filter(({ name }) => name.startsWith(prefix));
  }

  remove(name: string): Promise<boolean> {
    return this.#store.logs.remove(this.#keyOf(name));
  }

  /** The store forgets by itself. */
  async prune(): Promise<{ count: number; bytes: number }> {
    return { count: 0, bytes: 0 };
  }

  async alone<Result>(name: string, work: () => Promise<Result>, waitMs: number, busy: HugwireError): Promise<Result> {
    const { leaseMs, lookMs } = TURN_LIMITS;
    const key = `turn:${this.#group}:${name}`;
    const holder = randomUUID();
    const until = performance.now() + waitMs;
    while (!(await this.#store.set(key, holder, leaseMs, { ifAbsent: true }))) {
      const left = until - performance.now();
      if (left <= 0) throw busy;
      await sleep(Math.min(lookMs, left));
    }
    // Where the store is away for as long as the lease, another instance may begin: what is added is whole all the same.
    const renewing = setInterval(() => {
      this.#store.renew(key, holder, leaseMs).catch(() => {});
    }, leaseMs / 3).unref();
    try {
      return await work();
    } finally {
      clearInterval(renewing);
      await this.#store.del(key, holder).catch(() => {});
    }
  }

  #keyOf(name: string) {
    return { group: this.#group, name };
  }
}
