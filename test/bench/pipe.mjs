import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// A raw pipe to a server on stdio: plain JavaScript, so that the bench runs without a build of its own.

const clientInfo = { name: 'bench', version: '1' };
const GIVE_UP_MS = 15_000;

export const HUGWIRE = fileURLToPath(new URL('../../bin/hugwire.js', import.meta.url));

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
 * @param command program and arguments
 * @param env the whole environment; the server works in its HOME
 */
export function startServer([program, ...args], env) {
  const started = performance.now();
  const child = spawn(program, args, { env, cwd: env.HOME, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const waiting = new Map();
  child.on('error', () => {});
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
    pid: child.pid,
    /** The tools, and what it took from the spawn until they were there: milliseconds, and those of CPU. */
    async list() {
      const first = request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
      send({ method: 'notifications/initialized' });
      const [, { tools }] = await Promise.all([first, request('tools/list', {})]);
      const ms = performance.now() - started;
      return { tools, ms, cpu: usageOf(child.pid).cpu };
    },
    async call(name, args) {
      const result = await request('tools/call', { name, arguments: args });
      if (result.isError) throw new Error(result.content[0].text);
      return result.content[0].text;
    },
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await closed;
      clearTimeout(timer);
    },
  };
}

const readProcess = (pid, file) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const threadsOf = (pid) => readdirSync(`/proc/${pid}/task`);

/** Stops a process and all that it has started; gives their ids. */
function freeze(pid) {
  process.kill(pid, 'SIGSTOP');
  for (let tries = 0; tries < 10_000 && !/\) [TZ] /.test(readProcess(pid, 'stat')); tries += 1);
  const children = threadsOf(pid).flatMap((thread) => readProcess(pid, `task/${thread}/children`).match(/\d+/g) ?? []);
  return [pid, ...children.flatMap((child) => freeze(Number(child)))];
}

/**
 * What a process and all that it has started have used: milliseconds of CPU so far, and MiB of resident memory. NaN where the
 * system does not tell. They stand still meanwhile, since the kernel brings its books up to date only then.
 */
export function usageOf(pid) {
  if (process.platform !== 'linux') return { cpu: Number.NaN, memory: Number.NaN };
  const pids = freeze(pid);
  const cpu = pids.flatMap((one) =>
    threadsOf(one).map((thread) => Number(readProcess(one, `task/${thread}/schedstat`).split(' ')[0]) / 1e6),
  );
  const memory = pids.map((one) => Number(readProcess(one, 'status').match(/VmRSS:\s+(\d+)/)?.[1] ?? 0) / 1024);
  for (const one of pids.reverse()) process.kill(one, 'SIGCONT');
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return { cpu: sum(cpu), memory: sum(memory) };
}

/** What a bare Node takes to do nothing, from its spawn to its end. The shell tells its CPU, to a millisecond. */
export async function timeBare(node, env) {
  const started = performance.now();
  const child = spawn(node, ['-e', '0'], { env, stdio: 'ignore' });
  await new Promise((resolve) => child.once('close', resolve));
  const ms = performance.now() - started;
  if (process.platform === 'win32') return { ms, cpu: Number.NaN };
  const { stderr } = await promisify(execFile)('bash', ['-c', 'TIMEFORMAT="%3U %3S"; time "$0" -e 0', node], { env });
  const [user, system] = stderr.trim().split(' ').map(Number);
  return { ms, cpu: (user + system) * 1000 };
}
