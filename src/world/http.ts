import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Makes a server listen on 127.0.0.1.
 * @param port 0 takes a free one
 * @returns `http://127.0.0.1:PORT`
 * @throws Error when the port is taken
 */
export async function listenOnLoopback(server: Server, port: number): Promise<string> {
  await new Promise<void>((ready, failed) => server.once('error', failed).listen(port, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Closes a server and all of its connections. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeAllConnections();
  await closed;
}

/**
 * Reads a `Range` header of one range of bytes (RFC 9110, section 14). More than one range may be answered with the whole
 * content.
 * @param header its value
 * @param size of the content, bytes
 * @returns the first byte and the one behind the last; undefined stands for the whole
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : 'unsatisfiable';
}
