import { cancelCall, joinQueue, runNow, startCall, startNamedCall, streamCall, streamSession } from './calls.js';
import { describeAppId, describeConfig, describeInfo } from './describe.js';
import { type Exchange, openStream, sendJson } from './exchange.js';
import type { Surroundings } from './job.js';
import type { Queue } from './queue.js';
import { receiveUpload, sendFile } from './transfer.js';

/** What lives as long as the app. */
export interface SpaceState {
  queue: Queue;
  surroundings: Surroundings;
}

interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  handle(exchange: Exchange, state: SpaceState): void | Promise<void>;
}

const PAGE =
  'The demo Space of hugwire: a small Gradio app without a page.\n' +
  'Its endpoints are listed at /gradio_api/info; call them with hugwire or any Gradio client.\n';

/** Gradio's routes; the first that matches answers. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/$/,
    handle: ({ response }) => void response.setHeader('content-type', 'text/plain').end(PAGE),
  },
  { method: 'GET', path: /^\/config\/?$/, handle: (exchange) => sendJson(exchange, describeConfig(exchange.root)) },
  { method: 'GET', path: /^\/gradio_api\/info\/?$/, handle: (exchange) => sendJson(exchange, describeInfo()) },
  { method: 'GET', path: /^\/gradio_api\/app_id$/, handle: (exchange) => sendJson(exchange, describeAppId()) },
  { method: 'GET', path: /^\/gradio_api\/heartbeat\/[^/]+$/, handle: sendHeartbeat },
  {
    method: 'POST',
    path: /^\/gradio_api\/upload$/,
    handle: (exchange, { surroundings }) => receiveUpload(exchange, surroundings.files),
  },
  {
    method: 'GET',
    path: /^\/gradio_api\/file=(.+)$/,
    handle: (exchange, { surroundings }) => sendFile(exchange, surroundings.files),
  },
  { method: 'POST', path: /^\/gradio_api\/queue\/join$/, handle: (exchange, { queue }) => joinQueue(exchange, queue) },
  {
    method: 'GET',
    path: /^\/gradio_api\/queue\/data$/,
    handle: (exchange, { queue }) => streamSession(exchange, queue),
  },
  {
    method: 'POST',
    path: /^\/gradio_api\/call\/v2\/([^/]+)$/,
    handle: (exchange, { queue }) => startNamedCall(exchange, queue),
  },
  {
    method: 'POST',
    path: /^\/gradio_api\/call\/([^/]+)$/,
    handle: (exchange, { queue }) => startCall(exchange, queue),
  },
  {
    method: 'GET',
    path: /^\/gradio_api\/call\/([^/]+)\/([^/]+)$/,
    handle: (exchange, { queue }) => streamCall(exchange, queue),
  },
  {
    method: 'POST',
    path: /^\/gradio_api\/(?:run|api)\/([^/]+)$/,
    handle: (exchange, { surroundings }) => runNow(exchange, surroundings),
  },
  { method: 'POST', path: /^\/gradio_api\/cancel$/, handle: (exchange, { queue }) => cancelCall(exchange, queue) },
  { method: 'POST', path: /^\/gradio_api\/reset$/, handle: (exchange) => sendJson(exchange, { success: true }) },
];

/** Says that the app lives, for as long as the caller listens. */
function sendHeartbeat(exchange: Exchange): void {
  const write = openStream(exchange);
  write('data: ALIVE');
  const beat = setInterval(() => write('data: ALIVE'), 15_000);
  exchange.response.once('close', () => clearInterval(beat));
}
