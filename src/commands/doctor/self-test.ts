import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startProgram } from '../../lib/children.js';
import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { isObject, parseJsonObject } from '../../lib/json.js';
import { cleanLine, redact } from '../../lib/text.js';
import { estimateTokens } from '../../lib/tokens.js';
import { type CheckContext, type Finding, findingsOf } from './check.js';

/** A client gives up at about this time. */
const START_MS = 10_000;
const END_MS = 2000;
const SLOW_MS = 2000;

/** What the server did when started as a client starts it. */
interface SelfTest {
  /** From the start of the process to the list of tools. */
  milliseconds?: number;
  tools?: number;
  /** Estimated cost of the list for the assistant. */
  tokens?: number;
  /** Lines on stdout that are not protocol. */
  stray: string[];
  /** The end of what it logged. */
  log: string;
  /** It ended when its input did. */
  ended: boolean;
  /** Why there is no list. */
  failure?: string;
}

/** Starts the server as a client does, and asks it for its tools. */
export async function checkSelf(context: CheckContext): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('self-test', 'Self-test');
  if (context.loaded instanceof HugwireError) return skipped('not run: the server does not start with this config');
  if (context.said instanceof HugwireError) return skipped('not run: the server does not start with these variables');
  const { server, env, signal } = context;
  const { milliseconds = 0, tools = 0, tokens = 0, stray, log, ended, failure } = await testServer(server, env, signal);
  const last = log === '' ? undefined : `Its log ends with: ${log}`;
  if (failure) return problem(failure, last);
  if (stray.length > 0) {
    return problem(
      `${plural(stray.length, 'line')} on stdout that clients cannot read: ${stray[0]}`,
      'Find what prints them, such as NODE_OPTIONS in the environment or a wrapper around hugwire.',
    );
  }
  const detail = `${plural(tools, 'tool')} in ${Math.round(milliseconds)} ms, about ${tokens} tokens`;
  if (!ended) return warning(`${detail}; but the server did not stop when its client left`, last);
  if (tools === 0)
    return warning(`${detail}: every tool is off`, 'See tools.enable and tools.disable in `hugwire config show`.');
  if (milliseconds > SLOW_MS)
    return warning(`${detail}: slow`, 'Some clients wait only a few seconds. Is this machine very busy?');
  return ok(detail);
}

/**
 * Starts a server, introduces itself, asks for the tools, and ends it.
 * @param server the command
 * @param env its environment
 * @param signal aborted when the time is up
 */
export async function testServer(
  { command, args }: CheckContext['server'],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<SelfTest> {
  const begun = performance.now();
  const child = startProgram(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  const result: SelfTest = { stray: [], log: '', ended: false };
  // From the beginning: a program that cannot be started closes at once.
  const closed = once(child, 'close').catch(() => {});
  child.stdin?.on('error', () => {});
  child.stderr?.on('data', (chunk: Buffer) => {
    result.log = cleanLine(redact(`${result.log} ${chunk}`).slice(-600), 300);
  });
  const limit = AbortSignal.any([AbortSignal.timeout(START_MS), ...(signal ? [signal] : [])]);
  try {
    const list = await converse(child, result.stray, limit);
    result.milliseconds = performance.now() - begun;
    result.tools = list.length;
    result.tokens = costOf(list);
  } catch (error) {
    result.failure = limit.aborted ? 'the server did not list its tools in time' : (error as Error).message;
  }
  child.stdin?.end();
  result.ended = await endsWithin(child, closed, END_MS);
  if (!result.ended) child.kill('SIGKILL');
  await closed;
  return result;
}

/** Estimated cost of a list of tools, of which a model reads name, description and schema. */
function costOf(tools: readonly unknown[]): number {
  const read = tools.filter(isObject).map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  return estimateTokens(JSON.stringify(read));
}

/** Sends the first messages of a client of the older revisions, and waits for the tools. */
function converse(child: ChildProcess, stray: string[], signal: AbortSignal): Promise<unknown[]> {
  const send = (message: object) => child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')));
    child.once('error', (error) => reject(new Error(`the server cannot be started: ${error.message}`)));
    child.once('close', (code) =>
      reject(new Error(`the server stopped by itself (${code === null ? 'killed' : `exit code ${code}`})`)),
    );
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = parseJsonObject(line);
      if (message?.jsonrpc !== '2.0') stray.push(cleanLine(redact(line), 100) || 'an empty line');
      else if (isObject(message.error)) reject(new Error(`the server answers: ${cleanLine(message.error.message)}`));
      else if (message.id === 1) {
        send({ method: 'notifications/initialized' });
        send({ id: 2, method: 'tools/list', params: {} });
      } else if (message.id === 2) {
        const list = isObject(message.result) ? message.result.tools : undefined;
        resolve(Array.isArray(list) ? list : []);
      }
    });
    const clientInfo = { name: 'hugwire-doctor', version: '1' };
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
  });
}

async function endsWithin(child: ChildProcess, closed: Promise<unknown>, milliseconds: number): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return true;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = await Promise.race([closed.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}
