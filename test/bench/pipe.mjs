import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// A raw pipe to a server on stdio: plain JavaScript, so that the bench runs without a build of its own.

const clientInfo = { name: 'bench', version: '1' };
const GIVE_UP_MS = 15_000;

export const HUGWIRE = [fileURLToPath(new URL('../../bin/hugwire.js', import.meta.url)), 'serve'];

/**
 * The environment of every process of the bench, a bare Node as well as hugwire and its peers: of this machine's, only what
 * a process cannot do without.
 */
export function environment(home, more = {}) {
  return {
    PATH: process.env.PATH,
    SystemRoot: process.env.SystemRoot,
    HOME: home,
    TMPDIR: home,
    HUGWIRE_HOME: home,
    // Of the peers: where files go, and any free port for a dashboard.
    MCP_HF_WORK_DIR: home,
    WEB_APP_PORT: '0',
    ...more,
  };
}

/**
 * Starts a server; the clock runs from before the process is made.
 * @param args of Node: the script and its arguments
 * @param env the whole environment
 */
export function startServer(args, env) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const waiting = new Map();
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = line.startsWith('{') ? JSON.parse(line) : {};
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  let id = 0;
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const request = (method, params) => {
    id += 1;
    send({ id, method, params });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer in ${GIVE_UP_MS / 1000} s`)), GIVE_UP_MS);
      const settle = (finish) => (value) => {
        clearTimeout(timer);
        finish(value);
      };
      waiting.set(
        id,
        settle(({ result, error }) => (error ? reject(new Error(error.message)) : resolve(result))),
      );
      closed.then(settle(() => reject(new Error('the server ended'))));
    });
  };
  return {
    /** The tools, and the milliseconds from the spawn until they were there. */
    async list() {
      const first = request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
      send({ method: 'notifications/initialized' });
      const [, { tools }] = await Promise.all([first, request('tools/list', {})]);
      return { tools, milliseconds: performance.now() - started };
    },
    async call(name, args) {
      const result = await request('tools/call', { name, arguments: args });
      if (result.isError) throw new Error(result.content[0].text);
      return result.content[0].text;
    },
    /** Resident memory in MiB; NaN where the system does not tell. */
    memory() {
      if (process.platform !== 'linux') return Number.NaN;
      return Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]) / 1024;
    },
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Milliseconds until a bare Node has done nothing. */
export function timeBare(env) {
  const started = performance.now();
  const child = spawn(process.execPath, ['-e', '0'], { env, stdio: 'ignore' });
  return new Promise((resolve) => child.once('close', () => resolve(performance.now() - started)));
}
