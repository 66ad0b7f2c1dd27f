import { HugwireError } from '../errors.js';
import { cleanLine, cleanText } from '../text/sanitize.js';
import { type ClientEvents, submitCall } from './client.js';
import { type Clock, sleep, systemClock } from './clock.js';
import { QUEUE_FULL } from './errors.js';
import { readEvent } from './events.js';
import { CallGuard } from './guard.js';
import type { CallLimits } from './limits.js';
import type { App, CallAnswer, CallEvent, Endpoint } from './types.js';

export interface CallOptions {
  app: App;
  endpoint: Endpoint;
  /** One value per slot, from `prepareArguments`, files uploaded. */
  data: unknown[];
  /** Pinned to the Space's origin (`pinFetch`). */
  net: typeof fetch;
  signal: AbortSignal;
  /** The app's state belongs to it; a fresh one unless told. */
  sessionHash?: string;
  maxSeconds: number;
  onEvent?(event: CallEvent): void;
  sentToken?: boolean;
  clock?: Clock;
  limits?: Partial<CallLimits>;
}

const TOLD = 'The call was cancelled, and the Space told to stop.';
const UNTOLD = 'The call was cancelled. It may go on at the Space, which cannot be told: this endpoint has no queue.';
/** Waits before the second, third, … attempt to get into a full queue, milliseconds. */
const FULL_QUEUE_WAITS = [2_000, 5_000, 10_000];
const MAX_LOGS = 50;
const PARTIAL_TAIL = 200;
/** Levels of nesting in a value; code that walks values, JSON.stringify too, runs out of stack at some thousands. */
const MAX_DEPTH = 500;

/**
 * Runs one endpoint through the app's queue and waits for its last value.
 * @returns the values that are not hidden state, in order
 * @throws HugwireError: what the function raised, why the Space did not take or finish the call, `timeout` after
 *   `maxSeconds`, `cancelled` with the signal. In every case the Space was told to stop, unless the endpoint has no queue.
 */
export async function callEndpoint(options: CallOptions): Promise<CallAnswer> {
  const { app, endpoint, signal, maxSeconds, onEvent, clock = systemClock } = options;
  const gone = new AbortController();
  const giveUp = (): void => gone.abort(new HugwireError('cancelled', endpoint.queue ? TOLD : UNTOLD));
  const callOff = clock.after(maxSeconds * 1000, () => {
    const message = `${app.site.id} gave no result within ${maxSeconds} s, the limit for one run.`;
    const hint = 'Ask for less work, or raise spaces.maxSeconds in the configuration.';
    gone.abort(new HugwireError('timeout', message, { hint }));
  });
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await runOnce(options, gone.signal, clock);
      } catch (error) {
        const wait = FULL_QUEUE_WAITS[attempt];
        // A full queue took nothing on, so asking again does no harm.
        if (!(error instanceof HugwireError) || error.cause !== QUEUE_FULL || wait === undefined) throw error;
        onEvent?.({ kind: 'waiting', message: 'The queue is full; trying again' });
        await sleep(clock, wait, gone.signal);
      }
    }
  } finally {
    callOff();
    signal.removeEventListener('abort', giveUp);
  }
}

async function runOnce(options: CallOptions, signal: AbortSignal, clock: Clock): Promise<CallAnswer> {
  const { app, endpoint, data, net, sentToken, limits } = options;
  const logs: string[] = [];
  let values: unknown[] = [];
  const take = (raw: unknown[]): void => {
    values = endpoint.outputSlots.map((slot, position) => unwrapUpdate(raw[slot] ?? null, values[position]));
  };
  const tell = (event: CallEvent): void => {
    if (event.kind === 'log' && logs.length < MAX_LOGS) logs.push(event.message);
    options.onEvent?.(event);
  };
  const onPartial = (raw: unknown[]): void => {
    take(raw);
    tell({ kind: 'partial', text: tailOfText(values) });
  };
  const sessionHash = options.sessionHash ?? crypto.randomUUID();
  const guard = new CallGuard({ app, endpoint, net, sessionHash, onPartial, sentToken, clock, limits });
  const stop = (): void => guard.fail(signal.reason);
  const startedAt = clock.now();
  try {
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const events = await submitCall(guard, structuredClone(data));
    // One race for the whole stream: a race per event would grow with the number of events.
    await Promise.race([drain(events, take, tell), guard.failed]).finally(() => events.return());
    if (isDeeper(values, MAX_DEPTH)) {
      throw new HugwireError('space_broken', `${app.site.id} answered with values nested too deeply.`);
    }
    return { data: values, logs, seconds: (clock.now() - startedAt) / 1000 };
  } finally {
    signal.removeEventListener('abort', stop);
    await guard.leave();
  }
}

/** Reads the client library's events until the call is over. */
async function drain(
  events: ClientEvents,
  take: (raw: unknown[]) => void,
  tell: (event: CallEvent) => void,
): Promise<void> {
  for await (const event of events) {
    if (event.type === 'data' && Array.isArray(event.data)) take(event.data);
    else if (event.type === 'status' && event.stage === 'complete') return;
    else if (event.type === 'status' && event.stage === 'error') {
      // What the Space or the network did was caught by the guard, with better words than the library's.
      throw new HugwireError('space_broken', `The call failed: ${cleanLine(event.message) || 'no reason given'}.`);
    } else for (const step of readEvent(event)) tell(step);
  }
}

/** The value within Gradio's instruction to change a component; without one the component keeps what it had. */
function unwrapUpdate(value: unknown, before: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('__type__' in value)) return value;
  if (value.__type__ !== 'update') return value;
  return 'value' in value ? value.value : (before ?? null);
}

/** Whether values have more levels than allowed; without recursion, since that is what must be prevented. */
function isDeeper(values: object, levels: number): boolean {
  let level = [values];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > levels) return true;
    const next: object[] = [];
    for (const one of level) {
      for (const inner of Array.isArray(one) ? one : Object.values(one)) {
        if (inner !== null && typeof inner === 'object') next.push(inner);
      }
    }
    level = next;
  }
  return false;
}

function tailOfText(values: unknown[]): string | undefined {
  const text = values.find((value) => typeof value === 'string');
  return text === undefined ? undefined : cleanText(text.slice(-PARTIAL_TAIL * 2)).slice(-PARTIAL_TAIL);
}
