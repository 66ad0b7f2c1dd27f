import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../http.js';
import type { DemoSpace } from '../types.js';
import { cancelCall, joinQueue, runNow, startCall, startNamedCall, streamCall, streamSession } from './calls.js';
import type { DemoComponent } from './components.js';
import { appConfig, appId, appInfo } from './endpoints.js';
import { HttpError, openStream, type SpaceExchange, sendJson } from './exchange.js';
import { FileStore, receiveUpload, sendFile } from './files.js';
import type { AppContext, SessionState } from './job.js';
import { Queue } from './queue.js';

const MAX_STORED_BYTES = 256 * 1024 * 1024;
/** Sessions whose state is kept; the oldest is dropped first. */
const MAX_SESSIONS = 1000;

/**
 * Starts the demo Space: a Gradio app (protocol of version 6) without Gradio, on the loopback interface only.
 * It writes nothing to disk.
 * @param options `port`: 0, the default, takes a free one
 */
export async function startDemoSpace(options: { port?: number } = {}): Promise<DemoSpace> {
  const seen: DemoSpace['seen'] = [];
  const log: string[] = [];
  const state = createState((line) => log.push(line));
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers });
    const root = `http://${request.headers.host ?? '127.0.0.1'}`;
    const exchange: SpaceExchange = { request, response, url: new URL(request.url ?? '/', root), params: [], root };
    try {
      await answer(exchange, state);
    } catch (error) {
      sendFailure(exchange, error);
    }
  });
  const url = await listenOnLoopback(server, options.port ?? 0);
  const close = async () => {
    state.queue.close();
    await closeServer(server);
  };
  return { url, seen, log, close };
}

function createState(note: (line: string) => void): SpaceState {
  const sessions = new Map<string, SessionState>();
  const stateOf = (session: string): SessionState => {
    const known = sessions.get(session) ?? new Map<DemoComponent, unknown>();
    sessions.set(session, known);
    const [oldest] = sessions.keys();
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    return known;
  };
  const app: AppContext = { files: new FileStore(MAX_STORED_BYTES), stateOf, note };
  return { app, queue: new Queue(app) };
}

async function answer(exchange: SpaceExchange, state: SpaceState): Promise<void> {
  const { method } = exchange.request;
  for (const route of ROUTES) {
    const match = route.method === (method === 'HEAD' ? 'GET' : method) && route.path.exec(exchange.url.pathname);
    if (!match) continue;
    exchange.params = match.slice(1).map(decodeURIComponent);
    await route.handle(exchange, state);
    return;
  }
  sendJson(exchange, { detail: 'Not Found' }, 404);
}

function sendFailure(exchange: SpaceExchange, error: unknown): void {
  const { response } = exchange;
  if (response.headersSent) response.destroy();
  else if (error instanceof HttpError && error.status < 500)
    sendJson(exchange, { detail: error.message }, error.status);
  else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
}

/** What exists as long as the app runs. */
interface SpaceState {
  queue: Queue;
  app: AppContext;
}

interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  handle(exchange: SpaceExchange, state: SpaceState): void | Promise<void>;
}

const PAGE =
  'The demo Space of hugwire: a small Gradio app without a page.\n' +
  'Its endpoints are listed at /gradio_api/info; call them with hugwire or any Gradio client.\n';

/** Gradio's routes; the first that matches answers. */
const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/$/,
    handle: ({ response }) => void response.setHeader('content-type', 'text/plain').end(PAGE),
  },
  { method: 'GET', path: /^\/config\/?$/, handle: (exchange) => sendJson(exchange, appConfig(exchange.root)) },
  { method: 'GET', path: /^\/gradio_api\/info\/?$/, handle: (exchange) => sendJson(exchange, appInfo()) },
  { method: 'GET', path: /^\/gradio_api\/app_id$/, handle: (exchange) => sendJson(exchange, appId()) },
  { method: 'GET', path: /^\/gradio_api\/heartbeat\/[^/]+$/, handle: sendHeartbeat },
  {
    method: 'POST',
    path: /^\/gradio_api\/upload$/,
    handle: (exchange, { app }) => receiveUpload(exchange, app.files),
  },
  {
    method: 'GET',
    path: /^\/gradio_api\/file=(.+)$/,
    handle: (exchange, { app }) => sendFile(exchange, app.files),
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
    handle: (exchange, { app }) => runNow(exchange, app),
  },
  { method: 'POST', path: /^\/gradio_api\/cancel$/, handle: (exchange, { queue }) => cancelCall(exchange, queue) },
  { method: 'POST', path: /^\/gradio_api\/reset$/, handle: (exchange) => sendJson(exchange, { success: true }) },
];

/** Says that the app is alive, for as long as the caller listens. */
function sendHeartbeat(exchange: SpaceExchange): void {
  const write = openStream(exchange);
  write('data: ALIVE');
  const beat = setInterval(() => write('data: ALIVE'), 15_000);
  exchange.response.once('close', () => clearInterval(beat));
}
