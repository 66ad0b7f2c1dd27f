import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer {
  url: string;
  /** The heads of all requests so far, as they came. */
  requests: string[];
  close(): Promise<void>;
}

/**
 * A server that speaks HTTP only as far as the test does: it can break every rule.
 * @param answer writes to the connection once the head of a request is there; `count` is 1 for the first request
 */
export async function startRawServer(
  answer: (socket: Socket, head: string, count: number) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const head = text;
      text = '';
      requests.push(head);
      answer(socket, head, requests.length);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

/** A whole answer with a length, after which the connection stays open. */
export function httpAnswer(status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ 'Content-Length': String(bytes.length), ...headers }).map(([k, v]) => `${k}: ${v}`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\n${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

export const jsonAnswer = (value: unknown, headers: Record<string, string> = {}) =>
  httpAnswer(200, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
