import { vi } from 'vitest';
import type { Shell } from './shell.js';

/** The built server over HTTP, on a free port, in a home of its own. */
export interface HttpServer {
  /** Of `/mcp`. */
  url: string;
  /** Of `/sse`, where it is served. */
  sse: string;
  /** The key that was made at the first start; `it` when there was none to make. */
  key: string;
  headers: { Authorization: string };
  home: string;
  /** All of stderr so far. */
  said(): string;
  /** @returns how it ended */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/**
 * Starts it.
 * @param args beside `serve --http --port 0`
 * @param shell with the home; its removal is the caller's
 */
export async function startHttpServer(args: string[], shell: Shell): Promise<HttpServer> {
  const { child, ended } = shell.start('serve', '--http', '--port', '0', ...args);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await vi.waitFor(
    () => {
      if (!said.includes('Stop ') && child.exitCode === null) throw new Error(`The server does not listen: ${said}`);
    },
    { timeout: 30_000 },
  );
  const read = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(said)?.[1] ?? '';
  const key = read('Key');
  return {
    url: read('Address'),
    sse: read('SSE'),
    key,
    headers: { Authorization: `Bearer ${key}` },
    home: shell.home,
    said: () => said,
    stop(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
  };
}
