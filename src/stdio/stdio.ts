import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { RunningService } from '../engine/service.js';
import { formatBytes } from '../lib/format.js';
import { EraTransport } from './era.js';
import { INVALID_REQUEST, LineFilter, type LongLine, type Refusal, readLine } from './messages.js';
import { createMcpServer } from './server.js';

/** Of one message: as much as the SDK's own transport takes. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** After the end of input, calls in flight may finish for this long before they are aborted. */
const GRACE_MS = 500;
/** The process is gone this long after it was told to stop, whatever hangs. */
const BACKSTOP_MS = 900;

/** The parts of the process that serving touches; tests give their own. */
export interface Host {
  stdin: Readable;
  stdout: Writable;
  on(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  /** Writes a line to stderr. */
  log(line: string): void;
}

/**
 * Serves MCP on stdin and stdout until the client goes or a signal comes; then everything in flight is aborted, the
 * answers that are ready are flushed, and the process exits within a second.
 * @param service what is served; closed and ended with the process
 * @param host the process
 */
export async function serve(service: RunningService, host: Host): Promise<void> {
  const calls = new CallCounter();
  const server = createMcpServer({
    ...service,
    context(signal, progress) {
      calls.begin();
      return service.context(AbortSignal.any([signal, calls.stopped]), progress);
    },
    onCall(call) {
      calls.end();
      service.onCall?.(call);
    },
  });
  const lines = new LineFilter(MAX_LINE_BYTES, (line) => pipe.refuse(tooLong(line)));
  const pipe = new PipeTransport(lines, host.stdout, ({ message }) => host.log(`refused a message. ${message}`));
  const transport = new EraTransport(pipe, service);
  server.onerror = (error) => host.log(`ignored: ${firstLine(error)}`);

  let stopping = false;
  const stop = (reason: string, graceMs = 0) => {
    if (stopping) return;
    stopping = true;
    host.log(`stopping: ${reason}`);
    setTimeout(() => host.exit(0), BACKSTOP_MS).unref();
    void (async () => {
      await calls.drain(graceMs);
      calls.abort();
      await Promise.allSettled([service.close(), calls.drain(100)]);
      await server.close().catch(() => {});
      await Promise.allSettled([flush(host.stdout), service.end(reason)]);
      host.exit(0);
    })();
  };

  lines.once('end', () => stop('end of input', GRACE_MS));
  host.stdin.once('close', () => lines.end());
  host.stdin.once('error', () => stop('stdin failed'));
  host.stdout.on('error', () => stop('the client is gone'));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) host.on(signal, () => stop(signal));
  host.on('unhandledRejection', (error: never) => host.log(`unhandled rejection: ${firstLine(error)}`));
  host.on('uncaughtException', (error: never) => host.log(`uncaught exception: ${firstLine(error)}`));

  await server.connect(transport);
  host.stdin.pipe(lines);
  service.follow(() => void server.sendToolListChanged().catch(() => {}));
}

function tooLong({ bytes, id }: LongLine): Refusal {
  const message = `Message too long: ${formatBytes(bytes)}; at most ${formatBytes(MAX_LINE_BYTES)}`;
  return { code: INVALID_REQUEST, message, id };
}

/** Counts the calls in flight, so that the end of the process can wait for them or abort them. */
class CallCounter {
  readonly #controller = new AbortController();
  #running = 0;
  #onIdle?: () => void;

  get stopped(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    this.#running += 1;
  }

  end(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#onIdle?.();
  }

  abort(): void {
    this.#controller.abort();
  }

  /** Resolves when no call runs, or after the given time. */
  async drain(milliseconds: number): Promise<void> {
    // The message that has just been read reaches its handler a few ticks from now.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#running === 0 || milliseconds === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Resolves when all that was written has left, or the client is gone. */
function flush(stdout: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stdout.destroyed || !stdout.writable) return resolve();
    stdout.write('', () => resolve());
  });
}

function firstLine(error: unknown): string {
  return (
    (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0]?.slice(0, 300) ?? ''
  );
}

/** The transport over stdin and stdout. Unlike the SDK's own it answers requests that are wrong in form. */
export class PipeTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #lines: Readable;
  readonly #stdout: Writable;
  readonly #onRefusal: (refusal: Refusal) => void;
  readonly #onData = (chunk: Buffer) => {
    for (const line of chunk.toString('utf8').split('\n')) if (line.trim() !== '') this.#receive(line);
  };

  /**
   * @param lines gives whole lines, any number at a time
   * @param stdout takes the answers
   * @param onRefusal told of everything that could not be served; for the log
   */
  constructor(lines: Readable, stdout: Writable, onRefusal: (refusal: Refusal) => void) {
    this.#lines = lines;
    this.#stdout = stdout;
    this.#onRefusal = onRefusal;
  }

  async start(): Promise<void> {
    this.#lines.on('data', this.#onData);
  }

  /** Resolves when the client has taken in enough for more to be written. */
  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stdout.write(`${JSON.stringify(message)}\n`)) resolve();
      else this.#stdout.once('drain', resolve);
    });
  }

  async close(): Promise<void> {
    this.#lines.off('data', this.#onData);
    this.onclose?.();
  }

  /**
   * Answers what cannot be served with an error, where it has an id that can be read. What has none is only logged: MCP
   * knows no answer without an id, and clients drop the `id: null` of JSON-RPC as a broken message.
   * @param refusal what is wrong with it
   */
  refuse({ id, ...error }: Refusal): void {
    this.#onRefusal({ id, ...error });
    if (id !== undefined) void this.send({ jsonrpc: '2.0', id, error });
  }

  #receive(line: string): void {
    const { messages, refusals } = readLine(line);
    for (const refusal of refusals) this.refuse(refusal);
    for (const message of messages) this.onmessage?.(message as JSONRPCMessage);
  }
}
