import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request and its answer. */
export interface SpaceExchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** The groups of the route's pattern, decoded. */
  params: string[];
  /** The app's address as the caller knows it. */
  root: string;
}

/** An answer that is not what was asked for. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a whole request body.
 * @param request the request
 * @param maxBytes beyond which it is refused
 * @throws HttpError 413 when it is larger
 */
export async function receiveBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpError(413, `File size exceeded maximum allowed size of ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Answers with JSON.
 * @param body an object, or JSON text as it is
 */
export function sendJson({ response }: SpaceExchange, body: unknown, status = 200): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Begins an event stream.
 * @returns what writes a block of lines into it, as long as somebody listens
 */
export function openStream({ response }: SpaceExchange): (block: string) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  return (block) => {
    if (!response.writableEnded && !response.destroyed) response.write(`${block}\n\n`);
  };
}
