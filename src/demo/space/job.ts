import { randomUUID } from 'node:crypto';
import { diffOutputs } from './diff.js';
import type { Endpoint, RunContext } from './endpoint.js';
import { describeFailure, type Failure, runEndpoint, type SessionState } from './run.js';

/** What a caller asked for. */
export interface Order {
  endpoint: Endpoint;
  data: unknown[];
  /** The app's address as the caller knows it. */
  root: string;
  /** Hash of the session; the job's own id unless given. */
  session?: string;
}

/** What a run is surrounded by. */
export interface Surroundings {
  files: RunContext['files'];
  /** State of a session by its hash. */
  stateOf(session: string): SessionState;
  /** Takes a line for every start, cancel and end. */
  note(line: string): void;
}

/** How a job ended. */
export type Outcome =
  | { kind: 'done'; data: unknown[]; seconds: number }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'cancelled' };

/** One run of a function, from the order to its outcome. */
export class Job {
  readonly id = randomUUID().replaceAll('-', '');
  readonly session: string;
  readonly order: Order;
  readonly #surroundings: Surroundings;
  readonly #abort = new AbortController();

  constructor(order: Order, surroundings: Surroundings) {
    this.order = order;
    this.session = order.session ?? this.id;
    this.#surroundings = surroundings;
  }

  /** Stops the run; one that has not begun is over at once. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Notes the end of a job that never ran. */
  noteCancel(): void {
    this.#note('cancelled');
  }

  /**
   * Runs the function.
   * @param post takes what the run tells on its way: progress, log lines and the values of a generator
   */
  async run(post: (msg: string, fields: object) => void): Promise<Outcome> {
    const started = performance.now();
    this.#note('started');
    try {
      const data = await this.#outputs(post);
      this.#note('ended');
      return { kind: 'done', data, seconds: (performance.now() - started) / 1000 };
    } catch (error) {
      if (this.#abort.signal.aborted) {
        this.#note('cancelled');
        return { kind: 'cancelled' };
      }
      const failure = describeFailure(error);
      this.#note(`failed: ${failure.error}`);
      return { kind: 'failed', failure };
    }
  }

  /** The outputs in the end; those of a generator are posted on the way, each as its difference from the one before. */
  async #outputs(post: (msg: string, fields: object) => void): Promise<unknown[]> {
    const { endpoint, data } = this.order;
    const state = this.#surroundings.stateOf(this.session);
    let last: unknown[] | undefined;
    for await (const outputs of runEndpoint(endpoint, data, state, this.#contextFor(post))) {
      this.#abort.signal.throwIfAborted();
      const output = { data: last ? diffOutputs(last, outputs) : outputs, is_generating: true };
      if (endpoint.generator) post('process_generating', { output, success: true, time_limit: null });
      last = outputs;
    }
    this.#abort.signal.throwIfAborted();
    return last ?? [];
  }

  #contextFor(post: (msg: string, fields: object) => void): RunContext {
    return {
      signal: this.#abort.signal,
      files: this.#surroundings.files,
      root: this.order.root,
      progress: (index, length, unit, desc) =>
        post('progress', { progress_data: [{ index, length, unit, progress: null, desc }] }),
      info: (log, title = 'Info') => post('log', { log, level: 'info', duration: 10, visible: true, title }),
    };
  }

  #note(what: string): void {
    this.#surroundings.note(`/${this.order.endpoint.name} ${what} ${this.id}`);
  }
}
