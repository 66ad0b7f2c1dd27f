import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HugwireError } from '../lib/errors.js';
import { isEventStream } from './answers.js';
import { bodyLimit, type FetchHandler } from './app.js';

/** Above what proxies keep their connections open for, so that none sends a request into one that closes. */
const KEEP_ALIVE_MS = 65_000;

/** A server that listens. */
export interface Listener {
  /** Such as `http://127.0.0.1:3000`. */
  url: string;
  /** Takes no more connections; resolves when the handler has every request that came in. */
  stop(): Promise<void>;
  /** The same; resolves when every connection has ended. */
  close(): Promise<void>;
}

/**
 * Puts the handler on a port.
 * @param handler what answers
 * @param host name or address to listen at
 * @param port 0 takes a free one
 * @param option that names the port on the command line
 * @throws HugwireError `unavailable` when the port is taken
 */
export async function listen(
  handler: Pick<FetchHandler, 'fetch'>,
  host: string,
  port: number,
  option = '--port',
): Promise<Listener> {
  let arriving = 0;
  let onArrived = () => {};
  const server = createServer((request, response) => {
    arriving += 1;
    const arrived = () => {
      arriving -= 1;
      if (arriving === 0) onArrived();
    };
    void answer(handler, request, response, arrived).catch(() => response.destroy());
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new HugwireError('unavailable', `Cannot listen on ${host}, port ${port}: ${cause.code}.`, {
          hint: `Choose another port: hugwire serve --http ${option} 0 takes a free one.`,
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const stop = async () => {
    server.close();
    server.closeIdleConnections();
    // One may be on its way that a proxy has just sent.
    do {
      if (arriving > 0) {
        await new Promise<void>((resolve) => {
          onArrived = resolve;
        });
      }
      await new Promise(setImmediate);
    } while (arriving > 0);
  };
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    stop,
    async close() {
      await stop();
      await closed;
    },
  };
}

async function answer(
  handler: Pick<FetchHandler, 'fetch'>,
  request: IncomingMessage,
  response: ServerResponse,
  arrived: () => void,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const limit = bodyLimit(request.url ?? '');
  const body = await readBody(request, limit).finally(arrived);
  // A path and nothing else: an address with a host in it would be another one than that of the Host header.
  const target = request.url ?? '';
  const isPath = /^\/(?![/\\])/.test(target) && URL.canParse(target, 'http://localhost');
  if (!isPath || request.method === 'TRACE') return void response.writeHead(400).end();
  const headers = new Headers();
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    // What is said twice is joined, so that nobody reads the first and somebody else the second.
    headers.append(request.rawHeaders[at] as string, request.rawHeaders[at + 1] as string);
  }
  const parsedBody = body instanceof Buffer ? parse(body) : undefined;
  if (body === 'too large') headers.set('content-length', String(limit + 1));
  // The platform's own class refuses to have one with these methods, which say nothing with it.
  const isBodiless = request.method === 'GET' || request.method === 'HEAD';
  const sent = body instanceof Buffer && parsedBody === undefined && !isBodiless ? new Uint8Array(body) : undefined;
  const asked = new Request(`http://localhost${target}`, {
    method: request.method,
    headers,
    signal: gone.signal,
    body: sent,
  });
  const answered = await handler.fetch(asked, { parsedBody, address: request.socket.remoteAddress });
  await write(answered, response);
}

/** What a client may go on sending that is told no: it reads the answer when it has sent all. */
const MAX_DROPPED_BYTES = 64 * 1024 * 1024;

/** Reads the body of a request. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | 'too large' | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else if (bytes > MAX_DROPPED_BYTES) resolve();
      else chunks.length = 0;
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client is gone.')));
  });
  if (bytes > limit) return 'too large';
  return bytes === 0 ? undefined : Buffer.concat(chunks);
}

/** @returns undefined for what is not JSON: the handler says so */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function write(answered: Response, response: ServerResponse): Promise<void> {
  const headers = [...answered.headers].flat();
  if (answered.body === null) return void response.writeHead(answered.status, headers).end();
  if (!isEventStream(answered)) {
    // As text it leaves in one piece with the headers.
    const body = await answered.text();
    response.writeHead(answered.status, [...headers, 'Content-Length', String(Buffer.byteLength(body))]).end(body);
    return;
  }
  response.writeHead(answered.status, headers);
  // Before there is anything to say: a client that listens wants to know that it is heard.
  response.flushHeaders();
  const reader = (answered.body as ReadableStream<Uint8Array>).getReader();
  let wake = () => {};
  const cancel = () => {
    wake();
    void reader.cancel().catch(() => {});
  };
  response.on('drain', () => wake());
  response.once('close', cancel);
  // Who left before there was anything to write is told of by no event any more.
  if (response.destroyed) cancel();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || response.destroyed) break;
    const isTaken = response.write(value);
    if (!isTaken) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  response.off('close', cancel);
  response.end();
}
