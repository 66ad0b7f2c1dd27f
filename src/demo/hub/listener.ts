import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { DemoFault, DemoResponse, SeenRequest } from '../types.js';
import type { Faults } from './faults.js';
import { refuse } from './refusals.js';
import { reply } from './reply.js';
import { decode } from './router.js';

export interface Incoming {
  message: IncomingMessage;
  /** Path and query as sent. */
  url: URL;
  body: Buffer;
}

export interface Answered {
  response: DemoResponse;
  /** Headers of every answer; the response's own win. */
  headers: Record<string, string>;
}

export interface Listener {
  url: string;
  seen: SeenRequest[];
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1, writes down what comes, applies the faults that are switched on, and hands the rest on.
 * @param port 0 takes a free one
 * @param handle gives the answer to a request
 * @throws Error when the port is taken
 */
export async function listen(
  port: number,
  faults: Faults,
  handle: (incoming: Incoming) => Promise<Answered>,
): Promise<Listener> {
  const seen: SeenRequest[] = [];
  const closing = new AbortController();
  const server = createServer((message, response) => {
    seen.push({ method: message.method ?? 'GET', url: message.url ?? '/', headers: message.headers });
    serve(message, response).catch((error: unknown) => fail(response, error));
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://hub${message.url}`);
    const body = await readBody(message);
    const fault = faults.take(decode(message.url ?? '/'));
    if (fault?.delayMs) await wait(fault.delayMs, undefined, { signal: closing.signal });
    if (fault?.hang) return;
    if (fault?.drop === 'before') {
      response.destroy();
      return;
    }
    const { response: answer, headers } = faultAnswer(fault) ?? (await handle({ message, url, body }));
    await reply(message, response, answer, headers, fault?.drop === 'middle');
  }

  await new Promise<void>((ready, failed) => server.once('error', failed).listen(port, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => close(server, closing),
  };
}

/** A fault that answers itself stands for a machine in front of the Hub: it carries none of the Hub's headers. */
function faultAnswer(fault: DemoFault | undefined): Answered | undefined {
  return fault?.response && { response: fault.response, headers: {} };
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A fault in the double itself must show as such, not as a hanging request. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status = 500, headers, body } = refuse(500, `Internal error of the demo Hub: ${String(error)}`);
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function close(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeAllConnections();
  await closed;
}
