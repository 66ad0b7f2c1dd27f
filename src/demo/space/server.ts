import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DemoSpace } from '../types.js';
import type { Component } from './component.js';
import { type Exchange, HttpError, sendJson } from './exchange.js';
import { FileStore } from './files.js';
import type { Surroundings } from './job.js';
import { Queue } from './queue.js';
import { ROUTES, type SpaceState } from './routes.js';
import type { SessionState } from './run.js';

const MAX_STORED_BYTES = 256 * 1024 * 1024;
/** Sessions whose state is kept; the one begun longest ago goes first. */
const MAX_SESSIONS = 1000;

/**
 * Starts the demo Space: a Gradio app (protocol of version 6) without Gradio, on the loopback interface only.
 * Nothing of it is on the disk.
 * @param options `port`: 0, the default, takes a free one
 */
export async function startDemoSpace(options: { port?: number } = {}): Promise<DemoSpace> {
  const seen: DemoSpace['seen'] = [];
  const log: string[] = [];
  const state = createState((line) => log.push(line));
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method ?? 'GET', url: request.url ?? '/', headers: request.headers });
    const root = `http://${request.headers.host ?? '127.0.0.1'}`;
    const exchange: Exchange = { request, response, url: new URL(request.url ?? '/', root), params: [], root };
    try {
      await answer(exchange, state);
    } catch (error) {
      sendFailure(exchange, error);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    state.queue.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, seen, log, close };
}

function createState(note: (line: string) => void): SpaceState {
  const sessions = new Map<string, SessionState>();
  const stateOf = (session: string): SessionState => {
    const known = sessions.get(session) ?? new Map<Component, unknown>();
    sessions.set(session, known);
    const [oldest] = sessions.keys();
    if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    return known;
  };
  const surroundings: Surroundings = { files: new FileStore(MAX_STORED_BYTES), stateOf, note };
  return { surroundings, queue: new Queue(surroundings) };
}

async function answer(exchange: Exchange, state: SpaceState): Promise<void> {
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

function sendFailure(exchange: Exchange, error: unknown): void {
  const { response } = exchange;
  if (response.headersSent) response.destroy();
  else if (error instanceof HttpError && error.status < 500)
    sendJson(exchange, { detail: error.message }, error.status);
  else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
}
