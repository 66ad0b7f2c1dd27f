import { type DemoEndpoint, ENDPOINTS } from './endpoints.js';
import { HttpError, openStream, receiveBody, type SpaceExchange, sendJson } from './exchange.js';
import { type AppContext, DemoJob } from './job.js';
import { outputOf, type Queue, type QueueMessage } from './queue.js';

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** `POST /queue/join`. */
export async function joinQueue(exchange: SpaceExchange, queue: Queue): Promise<void> {
  const body = await readCall(exchange);
  if (typeof body.session_hash !== 'string') {
    sendJson(exchange, { detail: 'Session hash not found.' }, 400);
    return;
  }
  const endpoint = ENDPOINTS[Number(body.fn_index)];
  if (!endpoint) throw new HttpError(500, 'Internal Server Error');
  const { root } = exchange;
  sendJson(exchange, { event_id: queue.join({ endpoint, data: dataOf(body), root, session: body.session_hash }) });
}

/** `GET /queue/data`: all messages of a session; a caller that goes away cancels what is left of it. */
export function streamSession(exchange: SpaceExchange, queue: Queue): void {
  const session = exchange.url.searchParams.get('session_hash') ?? '';
  readSession(exchange, queue, session, (message) => `data: ${JSON.stringify(message)}`);
}

/** `POST /call/{api}`: the first of two steps. */
export async function startCall(exchange: SpaceExchange, queue: Queue): Promise<void> {
  const data = dataOf(await readCall(exchange));
  sendJson(exchange, { event_id: queue.join({ endpoint: endpointOf(exchange), data, root: exchange.root }) });
}

/** `POST /call/v2/{api}`: the same with arguments by name. */
export async function startNamedCall(exchange: SpaceExchange, queue: Queue): Promise<void> {
  const endpoint = endpointOf(exchange);
  const body = await readCall(exchange);
  const unknown = Object.keys(body).some((name) => !(name in endpoint.inputs));
  const data = Object.entries(endpoint.inputs).map(([name, { props, type }]) => {
    const value = type === 'state' ? null : (body[name] ?? props.value);
    if (unknown || value === undefined) throw new HttpError(500, 'Internal Server Error');
    return value;
  });
  sendJson(exchange, { event_id: queue.join({ endpoint, data, root: exchange.root }) });
}

/** `GET /call/{api}/{event}`: the second step; values are whole, and only values and the end are sent. */
export function streamCall(exchange: SpaceExchange, queue: Queue): void {
  let whole: unknown[] = [];
  readSession(exchange, queue, exchange.params[1] ?? '', (message) => {
    const output = message.output as { data?: unknown[] } | undefined;
    switch (message.msg) {
      case 'process_generating':
        whole = applyChanges(whole, output?.data ?? []);
        return event('generating', whole);
      case 'process_completed':
        return message.success ? event('complete', output?.data ?? null) : event('error', output);
      case 'unexpected_error':
        return event('error', message.message);
      case 'heartbeat':
        return event('heartbeat', null);
      default:
        return undefined;
    }
  });
}

/** `POST /run/{api}`: without the queue, the result is the answer. */
export async function runNow(exchange: SpaceExchange, app: AppContext): Promise<void> {
  const { root, response } = exchange;
  const body = await readCall(exchange);
  const session = typeof body.session_hash === 'string' ? body.session_hash : undefined;
  const job = new DemoJob({ endpoint: endpointOf(exchange), data: dataOf(body), root, session }, app);
  response.once('close', () => job.cancel());
  const outcome = await job.run(() => {});
  if (outcome.kind === 'done') sendJson(exchange, outputOf(outcome.data, outcome.seconds));
  else if (outcome.kind === 'failed') sendJson(exchange, outcome.failure, 500);
}

/** `POST /cancel`. */
export async function cancelCall(exchange: SpaceExchange, queue: Queue): Promise<void> {
  const { event_id } = await readCall(exchange);
  queue.cancel(String(event_id));
  sendJson(exchange, { success: true });
}

function readSession(
  exchange: SpaceExchange,
  queue: Queue,
  session: string,
  render: (message: QueueMessage) => string | undefined,
): void {
  const write = openStream(exchange);
  const { response } = exchange;
  const send = (message: QueueMessage) => {
    const block = render(message);
    if (block) write(block);
    if (message.msg === 'close_stream') response.end();
  };
  const heartbeat = setInterval(() => send({ msg: 'heartbeat', event_id: null }), HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    // After a proper end the session may already have joined anew.
    if (!response.writableEnded) queue.abandon(session);
  });
  if (queue.open(session, send)) return;
  send({
    msg: 'unexpected_error',
    event_id: null,
    message: '404: Not Found',
    session_not_found: true,
    success: false,
  });
  response.end();
}

function applyChanges(before: unknown[], data: unknown[]): unknown[] {
  if (before.length === 0) return data;
  return (data as [string, never[], unknown][][]).map((changes, index) =>
    changes.reduce((value, [op, , change]) => (op === 'append' ? `${value}${change}` : change), before[index]),
  );
}

async function readCall({ request }: SpaceExchange): Promise<Record<string, unknown>> {
  const text = (await receiveBody(request, MAX_BODY_BYTES)).toString();
  try {
    const body = JSON.parse(text);
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body;
  } catch {
    // Answered below, like any other body that is no object.
  }
  throw new HttpError(422, 'The body must be a JSON object.');
}

function dataOf(body: Record<string, unknown>): unknown[] {
  if (!Array.isArray(body.data)) throw new HttpError(422, 'Input should be a valid list');
  return body.data;
}

function endpointOf({ params: [name] }: SpaceExchange): DemoEndpoint {
  const endpoint = ENDPOINTS.find((candidate) => candidate.name === name);
  if (!endpoint) throw new HttpError(500, 'Internal Server Error');
  return endpoint;
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}`;
}
