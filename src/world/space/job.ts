import { randomUUID } from 'node:crypto';
import { AppError, type DemoComponent, UnreadableValue } from './components.js';
import type { DemoEndpoint, RunContext } from './endpoints.js';

/** What a caller asked for. */
export interface JobRequest {
  endpoint: DemoEndpoint;
  data: unknown[];
  /** The app's address as the caller knows it. */
  root: string;
  /** Hash of the session; the job's own id unless given. */
  session?: string;
}

/** What all runs of the app share. */
export interface AppContext {
  files: RunContext['files'];
  /** State of a session by its hash. */
  stateOf(session: string): SessionState;
  /** Takes a line for every start, cancel and end. */
  note(line: string): void;
}

/** How a job ended. */
export type JobOutcome =
  | { kind: 'done'; data: unknown[]; seconds: number }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'cancelled' };

/** One run of a function, from the request to its outcome. */
export class DemoJob {
  readonly id = randomUUID().replaceAll('-', '');
  readonly session: string;
  readonly request: JobRequest;
  readonly #app: AppContext;
  readonly #abort = new AbortController();

  constructor(request: JobRequest, app: AppContext) {
    this.request = request;
    this.session = request.session ?? this.id;
    this.#app = app;
  }

  /** Stops the run; one that has not started ends at once. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Notes the end of a job that never ran. */
  noteCancel(): void {
    this.#note('cancelled');
  }

  /**
   * Runs the function.
   * @param post takes what happens during the run: progress, log lines and the values of a generator
   */
  async run(post: (msg: string, fields: object) => void): Promise<JobOutcome> {
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
    const { endpoint, data } = this.request;
    const state = this.#app.stateOf(this.session);
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
      files: this.#app.files,
      root: this.request.root,
      progress: (index, length, unit, desc) =>
        post('progress', { progress_data: [{ index, length, unit, progress: null, desc }] }),
      info: (log, title = 'Info') => post('log', { log, level: 'info', duration: 10, visible: true, title }),
    };
  }

  #note(what: string): void {
    this.#app.note(`/${this.request.endpoint.name} ${what} ${this.id}`);
  }
}

/** Values of `state` components, one map for each session. */
export type SessionState = Map<DemoComponent, unknown>;

/**
 * Runs a function of the app as Gradio does: reads the inputs, fills in the session's state, keeps the new state.
 * @param endpoint what to run
 * @param data one value for each input, null for state
 * @param state of the caller's session; changed
 * @param context passed to the function
 * @returns the outputs, whole, once or (from a generator) several times; null stands for state
 * @throws AppError for a refusal in the app's words, Error for anything else
 */
async function* runEndpoint(
  endpoint: DemoEndpoint,
  data: unknown[],
  state: SessionState,
  context: RunContext,
): AsyncGenerator<unknown[]> {
  const values = readInputs(endpoint, data, state, context);
  const result = await endpoint.run(values, context);
  if (Array.isArray(result)) yield keepState(endpoint, result, state);
  else for await (const outputs of result) yield keepState(endpoint, outputs, state);
}

/** How a failed run is reported to the caller; title and duration only for an `AppError`. */
interface Failure {
  error: string;
  visible: true;
  title?: string;
  duration?: number;
}

/**
 * Describes a failed run.
 * @param error what the run threw
 */
function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof AppError)) return { error: message, visible: true };
  return { error: message, duration: 10, visible: true, title: error.title };
}

function readInputs(endpoint: DemoEndpoint, data: unknown[], state: SessionState, context: RunContext) {
  const inputs = Object.entries(endpoint.inputs);
  if (data.length < inputs.length) {
    throw new Error(
      `An event handler (${endpoint.name}) didn't receive enough input values ` +
        `(needed: ${inputs.length}, got: ${data.length}).`,
    );
  }
  const values: Record<string, unknown> = {};
  for (const [index, [name, component]] of inputs.entries()) {
    if (component.type === 'state') values[name] = state.get(component) ?? component.props.value;
    else values[name] = readInput(endpoint, index, component, data[index], context);
  }
  return values;
}

function readInput(
  endpoint: DemoEndpoint,
  index: number,
  component: DemoComponent,
  value: unknown,
  context: RunContext,
) {
  try {
    return component.read(value, context);
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    throw new Error(
      `Could not preprocess input component at index ${index} (a \`${component.type}\` component) of the event handler ` +
        `(named "${endpoint.name}"). ${error.message}, but the value passed was: ${JSON.stringify(error.value)}.`,
    );
  }
}

function keepState(endpoint: DemoEndpoint, outputs: unknown[], state: SessionState): unknown[] {
  return endpoint.outputs.map((component, index) => {
    if (component.type !== 'state') return outputs[index] ?? null;
    state.set(component, outputs[index]);
    return null;
  });
}

type Change = [operation: 'append' | 'replace', path: never[], value: unknown];

/**
 * What changed from one value of a generator to the next, in the form of protocol `sse_v3`: text that only grew is
 * sent as its new end, anything else whole.
 * @param before the last value handed out
 * @param after the value now
 */
function diffOutputs(before: unknown[], after: unknown[]): Change[][] {
  return after.map((value, index) => diffValue(before[index], value));
}

function diffValue(before: unknown, after: unknown): Change[] {
  if (before === after) return [];
  if (typeof before === 'string' && typeof after === 'string' && after.startsWith(before)) {
    return [['append', [], after.slice(before.length)]];
  }
  return [['replace', [], after]];
}
