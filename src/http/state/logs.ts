import { randomUUID } from 'node:crypto';
import type { HugwireError } from '../../lib/errors.js';
import { sleep } from '../../lib/time.js';
import { checkLine, LOG_LIMITS, type LogInfo, type Logs, tooLarge } from '../../sessions/logs.js';
import type { State } from './types.js';

export const TURN_LIMITS = {
  /** Milliseconds after which a turn whose instance has not said that it goes on is over. */
  leaseMs: 5_000,
  /** Milliseconds between two looks whether it is. */
  lookMs: 100,
};

/** Logs that every instance of a server can read and add to. */
export class StateLogs implements Logs {
  readonly #state: State;
  readonly #group: string;
  readonly #ms: number;

  /**
   * @param state what the instances share
   * @param group such as `conversations`
   * @param ms how long a log is kept after the last line
   */
  constructor(state: State, group: string, ms: number) {
    this.#state = state;
    this.#group = group;
    this.#ms = ms;
  }

  begin(name: string, line: string): Promise<boolean> {
    return this.add(name, [line], 0);
  }

  async add(name: string, lines: readonly string[], length?: number): Promise<boolean> {
    lines.forEach(checkLine);
    const most = LOG_LIMITS.log;
    const added = await this.#state.logs.add(this.#keyOf(name), lines, { ms: this.#ms, length, most });
    if (added === 'full') throw tooLarge('The conversation', most);
    return added === 'added';
  }

  async *read(name: string): AsyncGenerator<string> {
    for (let from = 0; ; ) {
      const lines = await this.#state.logs.read(this.#keyOf(name), from);
      if (lines.length === 0) return;
      yield* lines;
      from += lines.length;
    }
  }

  async list(prefix = ''): Promise<LogInfo[]> {
    return (await this.#state.logs.list(this.#group)).filter(({ name }) => name.startsWith(prefix));
  }

  remove(name: string): Promise<boolean> {
    return this.#state.logs.remove(this.#keyOf(name));
  }

  /** The state forgets by itself. */
  async prune(): Promise<{ count: number; bytes: number }> {
    return { count: 0, bytes: 0 };
  }

  async alone<Result>(name: string, work: () => Promise<Result>, waitMs: number, busy: HugwireError): Promise<Result> {
    const { leaseMs, lookMs } = TURN_LIMITS;
    const key = `turn:${this.#group}:${name}`;
    const holder = randomUUID();
    const until = performance.now() + waitMs;
    while (!(await this.#state.set(key, holder, leaseMs, { ifAbsent: true }))) {
      const left = until - performance.now();
      if (left <= 0) throw busy;
      await sleep(Math.min(lookMs, left));
    }
    // Where the state is away for as long as the lease, another instance may begin: what is added is whole all the same.
    const renewing = setInterval(() => {
      this.#state.renew(key, holder, leaseMs).catch(() => {});
    }, leaseMs / 3).unref();
    try {
      return await work();
    } finally {
      clearInterval(renewing);
      await this.#state.del(key, holder).catch(() => {});
    }
  }

  #keyOf(name: string) {
    return { group: this.#group, name };
  }
}
