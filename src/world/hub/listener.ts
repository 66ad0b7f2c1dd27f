import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { closeServer, listenOnLoopback } from '../http.js';
import type { DemoFault, DemoResponse, SeenRequest } from '../types.js';
import type { Faults } from './limits.js';
import { refuse } from './refusals.js';

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
 * Listens on 127.0.0.1, records every request, applies the faults that are switched on, and passes the rest on.
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
    const { method = 'GET', url = '/', headers } = message;
    const entry: SeenRequest = { method, url, headers };
    seen.push(entry);
    serve(message, response, entry).catch((error: unknown) => fail(response, error));
  });

  async function serve(message: IncomingMessage, response: ServerResponse, entry: SeenRequest): Promise<void> {
    const url = new URL(`http://hub${message.url}`);
    const body = await buffer(message);
    if (body.length <= MAX_KEPT) entry.body = body.toString();
    const fault = faults.take(decodePath(entry.url), entry.method);
    if (fault?.delayMs) await wait(fault.delayMs, undefined, { signal: closing.signal });
    if (fault?.late) await handle({ message, url, body });
    if (fault?.hang) return;
    if (fault?.drop === 'before') {
      response.destroy();
      return;
    }
    const { response: answer, headers } = faultAnswer(fault) ?? (await handle({ message, url, body }));
    await reply(message, response, answer, headers, fault?.drop === 'middle');
  }

  return {
    url: await listenOnLoopback(server, port),
    seen,
    close: () => {
      closing.abort();
      return closeServer(server);
    },
  };
}

/** Bytes of a body that are kept for tests. */
const MAX_KEPT = 1_000_000;

/** A fault with a response stands for a machine in front of the Hub: it sends none of the Hub's headers. */
function faultAnswer(fault: DemoFault | undefined): Answered | undefined {
  return fault?.response && { response: fault.response, headers: {} };
}

/** A bug in the small Hub itself must show as such, not as a hanging request. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status = 500, headers, body } = refuse(500, `Internal error of the demo Hub: ${String(error)}`);
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** Decodes percent escapes; malformed text stays as it is. */
export function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface Prepared {
  status: number;
  headers: Record<string, string>;
  body: Buffer | Readable;
}

/**
 * Sends an answer: JSON gets a weak ETag and 304 when the caller has it already; HEAD gets the headers alone.
 * @param common headers of every answer; the answer's own win
 * @param cut break the connection half-way through the body
 */
async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: DemoResponse,
  common: Record<string, string>,
  cut = false,
): Promise<void> {
  const { status, headers, body } = notModified(request, prepare(answer));
  response.setHeaders(new Map(Object.entries({ ...common, ...headers }))).writeHead(status);
  if (request.method === 'HEAD' || status === 304) {
    if (body instanceof Readable) body.destroy();
    response.end();
  } else if (cut) {
    await sendHalf(response, body);
  } else if (body instanceof Readable) {
    // A caller that has read enough hangs up: that is not an error.
    response.flushHeaders();
    await pipeline(body, response).catch(() => undefined);
  } else {
    response.end(body);
  }
}

/** Turns the body into what goes over the wire, with the headers that describe it. */
function prepare({ status = 200, headers = {}, body }: DemoResponse): Prepared {
  const described = (type: string, bytes: Buffer, more: Record<string, string> = {}): Prepared => {
    const own = { 'Content-Type': type, 'Content-Length': String(bytes.length), ...more };
    return { status, headers: mergeHeaders(own, headers), body: bytes };
  };
  if (body === undefined)
    return { status, headers: mergeHeaders({ 'Content-Length': '0' }, headers), body: Buffer.alloc(0) };
  if (body instanceof Readable) return { status, headers, body };
  if (typeof body === 'string') return described('text/plain; charset=utf-8', Buffer.from(body));
  if (body instanceof Uint8Array) return described('application/octet-stream', Buffer.from(body));
  const bytes = Buffer.from(JSON.stringify(body));
  return described('application/json; charset=utf-8', bytes, { ETag: weakTag(bytes) });
}

/** Header names differ in case only from one author to the next: the later one wins, whatever its case. */
function mergeHeaders(own: Record<string, string>, given: Record<string, string>): Record<string, string> {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const kept = Object.entries(own).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...given };
}

function weakTag(bytes: Buffer): string {
  return `W/"${bytes.length.toString(16)}-${createHash('sha1').update(bytes).digest('base64').slice(0, 27)}"`;
}

function notModified(request: IncomingMessage, prepared: Prepared): Prepared {
  const tag = Object.entries(prepared.headers).find(([name]) => name.toLowerCase() === 'etag')?.[1];
  const known = request.headers['if-none-match'];
  if (!tag || !known || prepared.status !== 200 || !['GET', 'HEAD'].includes(request.method ?? '')) return prepared;
  if (!known.split(',').some((candidate) => opaque(candidate) === opaque(tag) || candidate.trim() === '*'))
    return prepared;
  const { 'Content-Length': _length, 'Content-Type': _type, ...headers } = prepared.headers;
  return { status: 304, headers, body: Buffer.alloc(0) };
}

/** Weak comparison (RFC 9110, 8.8.3.2): the mark of weakness does not count. */
const opaque = (tag: string) => tag.trim().replace(/^W\//, '');

async function sendHalf(response: ServerResponse, body: Buffer | Readable): Promise<void> {
  const bytes = body instanceof Readable ? await firstChunk(body) : body;
  const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
  await new Promise<void>((sent) => response.write(half, () => sent()));
  response.destroy();
}

async function firstChunk(body: Readable): Promise<Buffer> {
  for await (const chunk of body) return Buffer.from(chunk);
  return Buffer.alloc(0);
}
