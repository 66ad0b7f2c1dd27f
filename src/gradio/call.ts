import type { Client } from '@gradio/client';
import { HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import { measureOnce } from '../lib/large-json.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import { componentOf } from './components.js';
import { plainText, QUEUE_FULL } from './errors.js';
import { CallGuard } from './guard.js';
import type { App, CallAnswer, CallEvent, ComponentChanges, Endpoint } from './types.js';

export interface CallOptions {
  app: App;
  endpoint: Endpoint;
  /** One value per slot, from `prepareArguments`, files uploaded. */
  data: unknown[];
  /** Cannot leave the app's origin. */
  net: typeof fetch;
  signal: AbortSignal;
  /** The app's state belongs to it; a fresh one unless told. */
  sessionHash?: string;
  /** The id of a call of this session that waits in the app's queue, from `leaveInQueue`: it is that one which is listened to. */
  joined?: string;
  maxSeconds: number;
  onEvent?(event: CallEvent): void;
  sentToken?: boolean;
}

const TOLD = 'The call was cancelled, and the Space was told to stop.';
const UNTOLD =
  'The call was cancelled here, but the Space may carry on: this endpoint has no queue, so it cannot be told to stop.';
/** Waits before the second, third, … attempt to get into a full queue, milliseconds. */
const FULL_QUEUE_WAITS = [2_000, 5_000, 10_000];
const MAX_LOGS = 50;
const PARTIAL_TAIL = 200;

/**
 * Runs one endpoint through the app's queue and waits for its last value.
 * @returns the values that are not hidden state, in order
 * @throws HugwireError: what the function raised, why the Space did not take or finish the call, `timeout` after
 *   `maxSeconds`, `cancelled` with the signal. In every case the Space was told to stop, unless the endpoint has no queue.
 */
export async function callEndpoint(options: CallOptions): Promise<CallAnswer> {
  return untilTaken(options, (signal) => runOnce(options, signal));
}

/**
 * Puts a call into the app's queue and leaves it there. The app runs it and keeps what it has to say until somebody listens
 * (`joined`): once, and from then on the run ends with that listener.
 * @param keep told of the id that the queue gave to the call; when it fails, the call is cancelled at the Space
 * @throws HugwireError as `callEndpoint`; `invalid_arguments` where there is no such queue
 */
export async function leaveInQueue(options: CallOptions, keep: (eventId: string) => Promise<void>): Promise<void> {
  const { app, endpoint, data, net, sentToken, sessionHash = crypto.randomUUID() } = options;
  const guard = new CallGuard({ app, endpoint, net, sessionHash, sentToken });
  if (!endpoint.queue || !PROTOCOLS.has(guard.protocol) || guard.protocol === 'sse') {
    throw new HugwireError(
      'invalid_arguments',
      `${endpoint.name} of ${app.site.id} cannot run detached: it has no queue that keeps a call.`,
      {
        hint: 'Leave detach out.',
      },
    );
  }
  await untilTaken(options, async (signal) => {
    const stop = (): void => guard.fail(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await keep(await guard.enqueue(data));
      signal.throwIfAborted();
      guard.release();
    } finally {
      signal.removeEventListener('abort', stop);
      await guard.leave();
    }
  });
}

/** Makes a call, again where the app's queue was full, until the signal or the time given to it ends it. */
async function untilTaken<T>(options: CallOptions, once: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { app, endpoint, signal, maxSeconds, onEvent } = options;
  const gone = new AbortController();
  const giveUp = (): void => gone.abort(new HugwireError('cancelled', endpoint.queue ? TOLD : UNTOLD));
  const late = setTimeout(() => {
    const message = `${app.site.id} gave no result within ${maxSeconds} s, the limit for one run.`;
    const hint = 'Ask for less work, or raise spaces.maxSeconds in the configuration.';
    gone.abort(new HugwireError('timeout', message, { hint }));
  }, maxSeconds * 1000);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await once(gone.signal);
      } catch (error) {
        const wait = FULL_QUEUE_WAITS[attempt];
        // A full queue took nothing on, so asking again does no harm.
        if (!(error instanceof HugwireError) || error.cause !== QUEUE_FULL || wait === undefined) throw error;
        onEvent?.({ kind: 'waiting', message: 'The queue is full; trying again' });
        await sleep(wait, gone.signal);
      }
    }
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', giveUp);
  }
}

async function runOnce(options: CallOptions, signal: AbortSignal): Promise<CallAnswer> {
  const { app, endpoint, data, net, sentToken, joined } = options;
  const logs: string[] = [];
  let values: unknown[] = [];
  const changes: ComponentChanges = new Map();
  const outputs = outputsOf(app, endpoint);
  const take = (raw: unknown[]): void => {
    for (const [slot, component] of outputs.entries()) noteChange(changes, component, raw[slot]);
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
  const guard = new CallGuard({ app, endpoint, net, sessionHash, joined, onPartial, sentToken });
  const stop = (): void => guard.fail(signal.reason);
  const startedAt = Date.now();
  try {
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const events = await submitCall(guard, options, sessionHash, structuredClone(data));
    // One race for the whole stream: a race per event would grow with the number of events.
    await Promise.race([drain(events, tell), guard.failed]).finally(() => events.return());
    const { outputs: answer = { data: [] } } = guard;
    if ('data' in answer) take(answer.data);
    const raw = 'raw' in answer ? answer.raw : undefined;
    const seconds = (Date.now() - startedAt) / 1000;
    return { data: raw === undefined ? values : [], raw, changes, logs, seconds };
  } finally {
    signal.removeEventListener('abort', stop);
    await guard.leave();
  }
}

/** Reads the client library's events until the call is over. */
async function drain(events: ClientEvents, tell: (event: CallEvent) => void): Promise<void> {
  for await (const event of events) {
    if (event.type === 'status' && event.stage === 'complete') return;
    else if (event.type === 'status' && event.stage === 'error') {
      // What the Space or the network did was caught by the guard, with better words than the library's.
      throw new HugwireError('space_broken', `The call failed: ${cleanLine(event.message) || 'no reason given'}.`);
    } else for (const step of readEvent(event)) tell(step);
  }
}

/** The components of all outputs of a function, hidden ones included. */
function outputsOf({ config }: App, { fnIndex }: Endpoint): Record<string, unknown>[] {
  const { outputs } = findDependency(config, fnIndex);
  const components = Array.isArray(config.components) ? config.components.filter(isObject) : [];
  const known = new Map(components.map((one) => [one.id, one]));
  return (Array.isArray(outputs) ? outputs : []).map((id) => known.get(id) ?? {});
}

/** Properties that decide what a component takes. */
const TAKING = ['choices', 'minimum', 'maximum', 'step', 'precision', 'max_choices', 'value'];
/** Values and characters of a change that is worth keeping. */
const MAX_CHANGE = 50_000;
const MAX_CHANGES = 200;

/** Keeps what an answer says of what a component takes; of state that the page keeps, the value. */
function noteChange(changes: ComponentChanges, { id, type }: Record<string, unknown>, value: unknown): void {
  const isUpdate = isObject(value) && value.__type__ === 'update';
  if (!isUpdate && componentOf(String(type)).isState !== 'page') return;
  const told = isUpdate
    ? TAKING.flatMap((name) => (Object.hasOwn(value, name) ? [[name, value[name]]] : []))
    : [['value', value]];
  const { nodes, characters } = measureOnce(value);
  if (told.length > 0 && nodes + characters <= MAX_CHANGE && changes.size < MAX_CHANGES) {
    changes.set(id, { ...changes.get(id), ...Object.fromEntries(told) });
  }
}

/** The value within Gradio's instruction to change a component; without one the component keeps what it had. */
function unwrapUpdate(value: unknown, before: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('__type__' in value)) return value;
  if (value.__type__ !== 'update') return value;
  return 'value' in value ? value.value : (before ?? null);
}

function tailOfText(values: unknown[]): string | undefined {
  const text = values.find((value) => typeof value === 'string');
  return text === undefined ? undefined : cleanText(text.slice(-PARTIAL_TAIL * 2)).slice(-PARTIAL_TAIL);
}

/** The library's events of one call. */
type ClientEvents = ReturnType<Client['submit']>;

/** Event protocols that the library speaks; `ws` was Gradio 3. */
const PROTOCOLS = new Set(['sse', 'sse_v1', 'sse_v2', 'sse_v2.1', 'sse_v3']);

/**
 * Sends a call through a Gradio client of its own: one client serves one call only, since a failed stream leaves it
 * unusable. All of its requests go through the guard, and it never gets a token.
 * @param data one value per slot; the library may write into it
 * @returns the library's events; failures of the app and the network come out of the guard instead
 * @throws HugwireError `space_broken` when the app speaks another protocol
 */
async function submitCall(
  guard: CallGuard,
  { app, endpoint }: CallOptions,
  sessionHash: string,
  data: unknown[],
): Promise<ClientEvents> {
  const { base, id } = app.site;
  if (!PROTOCOLS.has(guard.protocol)) {
    const isOld = guard.protocol === 'ws';
    const what = isOld ? 'Gradio 3, which has another protocol' : 'a protocol that hugwire does not know';
    throw new HugwireError('space_broken', `${id} speaks ${what}.`, { hint: 'Look for another Space.' });
  }
  const { Client } = await import('@gradio/client');
  class GuardedClient extends Client {
    override async fetch(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
      const url = new URL(input instanceof Request ? input.url : input);
      // Both are known already, so that connecting costs no request.
      if (url.href === `${base}/config`) return Response.json(configFor(app, endpoint, guard.protocol));
      if (url.href === `${base}${app.apiPrefix}/info`) return Response.json(infoFor(endpoint));
      return guard.fetch(url, init);
    }

    override stream(url: URL): EventSource {
      // The library aborts this field when the app closes the stream; the guard has its own way to end it.
      this.abort_controller = new AbortController();
      return guard.stream(url);
    }
  }
  const client = await GuardedClient.connect(base, {
    events: ['data', 'status', 'log'],
    with_null_state: true,
    record_history: false,
    session_hash: sessionHash,
  });
  return client.submit(endpoint.name, data);
}

/**
 * The app's `/config`, reduced to the called function and its components, with its root pinned. What the library does
 * not know it cannot act on: a foreign root, heartbeat streams, run history.
 */
function configFor(
  { site, apiPrefix, version, config }: App,
  { name, fnIndex, queue, slots }: Endpoint,
  protocol: string,
) {
  const called = findDependency(config, fnIndex);
  const inputs = slots.map((_, slot) => (Array.isArray(called.inputs) ? called.inputs[slot] : slot));
  const outputs = Array.isArray(called.outputs) ? called.outputs : [];
  const components = Array.isArray(config.components) ? config.components.filter(isObject) : [];
  return {
    version,
    protocol,
    root: site.base,
    api_prefix: apiPrefix,
    app_id: config.app_id,
    connect_heartbeat: false,
    components: components.filter(({ id }) => inputs.includes(id)).map(({ id, type }) => ({ id, type, props: {} })),
    dependencies: [{ id: fnIndex, api_name: name.slice(1), inputs, outputs, queue, connection: 'sse', targets: [] }],
  };
}

function findDependency({ dependencies }: App['config'], fnIndex: number): Record<string, unknown> {
  const list = Array.isArray(dependencies) ? dependencies.filter(isObject) : [];
  return list.find(({ id }, index) => (id ?? index) === fnIndex) ?? {};
}

/** The values are complete and checked: of `/info`, the library needs to know that the endpoint is there. */
function infoFor({ name }: Endpoint) {
  return { named_endpoints: { [name]: { parameters: [], returns: [] } }, unnamed_endpoints: {} };
}

const MAX_STEPS = 10;

/**
 * What an event of the client library tells about a running call. Everything in it came from the Space: numbers that are
 * none are dropped, text is cleaned and cut.
 * @param event a `status` or `log` event of `@gradio/client`
 */
function readEvent(event: object): CallEvent[] {
  const { type, stage, original_msg, position, size, eta, progress_data, level, log, title, visible } = event as Record<
    string,
    unknown
  >;
  if (type === 'log') {
    const heading = plainText(title, 80);
    const message = plainText(log, 500);
    if (visible === false || message === '') return [];
    const isPlain = heading === '' || /^(?:info|warning|success|error)$/i.test(heading);
    return [{ kind: 'log', level: cleanLine(level, 20), message: isPlain ? message : `${heading}: ${message}` }];
  }
  if (type !== 'status' || stage !== 'pending') return [];
  if (original_msg === 'process_starts') return [{ kind: 'started', etaSeconds: amount(eta) }];
  if (Array.isArray(progress_data)) return readSteps(progress_data.slice(0, MAX_STEPS));
  const ahead = amount(position);
  if (ahead === undefined) return [];
  return [{ kind: 'queued', position: ahead, size: amount(size) ?? ahead + 1, etaSeconds: amount(eta) }];
}

/** Nested bars, outermost first, as one: how far the outer one is, and what the inner one says. */
function readSteps(steps: unknown[]): CallEvent[] {
  const read = steps.flatMap(readStep);
  const inner = read.at(-1);
  if (!inner) return [];
  const fraction = read.find((step) => step.fraction !== undefined)?.fraction;
  return [{ ...inner, fraction, description: inner.description || read[0]?.description }];
}

function readStep(step: unknown): Extract<CallEvent, { kind: 'step' }>[] {
  if (step === null || typeof step !== 'object') return [];
  const { index, length, unit, progress, desc } = step as Record<string, unknown>;
  const [done, total, share] = [amount(index), amount(length), amount(progress)];
  const fraction = share ?? (done !== undefined && total ? done / total : undefined);
  const read: Extract<CallEvent, { kind: 'step' }> = { kind: 'step', index: done, length: total };
  if (fraction !== undefined) read.fraction = Math.min(1, fraction);
  if (typeof unit === 'string') read.unit = cleanLine(unit, 20);
  if (typeof desc === 'string') read.description = cleanLine(desc, 120);
  return [read];
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
