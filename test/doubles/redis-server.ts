import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { freePort } from '../live/ports.js';

/** Whether a real Redis can be started here (Debian's `redis-server`). */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface RedisServer {
  url: string;
  pid: number;
  /** Every key and value, as `redis-cli` would show them. */
  dump(): Promise<string>;
  /** Ends it at once; `start` brings an empty one back at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a real Redis at a free port of this machine, which keeps nothing on disk. */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    pid: 0,
    async start() {
      const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/'];
      child = spawn('redis-server', [...fixed, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
      server.pid = child.pid ?? 0;
      for await (const chunk of child.stdout ?? []) if (String(chunk).includes('Ready to accept')) break;
    },
    async stop() {
      if (!child || child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    async dump() {
      const keys = (await command(port, 'KEYS', '*')).split('\r\n').filter((line) => line.startsWith('hugwire:'));
      const values = keys.flatMap((key) => [
        command(port, 'GET', key),
        command(port, 'XRANGE', key, '-', '+'),
        command(port, 'LRANGE', key, '0', '-1'),
        command(port, 'ZRANGE', key, '0', '-1'),
      ]);
      return [...keys, ...(await Promise.all(values))].join('\n');
    },
  };
  await server.start();
  return server;
}

/** Sends one command over a connection of its own. @returns the answer as it came over the wire */
export async function command(port: number | string, ...words: string[]): Promise<string> {
  const socket = createConnection(Number(port), '127.0.0.1');
  const bulk = (word: string) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
  socket.write(`*${words.length}\r\n${words.map(bulk).join('')}*1\r\n$4\r\nQUIT\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
