import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { listTools } from '../engine/call.js';
import { capabilitiesOf } from '../engine/mcp.js';
import type { Prepared } from '../engine/prepared.js';
import type { RunningService } from '../engine/service.js';
import { createMcpServer } from './server.js';
import { END_SIGNALS, type StdioTransport } from './transport.js';

/** After the end of input, calls in flight may finish for this long before they are aborted. */
const GRACE_MS = 500;
/** A client that calls no tool is here to stay after this long. */
const SETTLED_MS = 2000;
/** The process is gone this long after it was told to stop, whatever hangs. */
const BACKSTOP_MS = 900;

/** The parts of the process that serving touches; tests give their own. */
export interface Host {
  on(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  /** Writes a line to stderr. */
  log(line: string): void;
}

/**
 * Serves MCP on a transport until the client goes or a signal comes; then everything in flight is aborted, the
 * answers that are ready are flushed, and the process exits within a second.
 * @param service what is served; closed and ended with the process
 * @param transport that may have answered the first requests from prepared answers
 * @param host the process
 * @param keep takes the answers that can be prepared for the next start
 */
export async function serve(
  service: RunningService,
  transport: StdioTransport,
  host: Host,
  keep: (prepared: Prepared) => void = () => {},
): Promise<void> {
  const calls = new OpenCalls();
  let keepOnce = () => {};
  const server = createMcpServer({
    ...service,
    context(signal, progress) {
      return service.context(calls.begin(signal), progress);
    },
    onCall(call) {
      calls.end(call.signal);
      keepOnce();
      service.onCall?.(call);
    },
  });
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
      await Promise.allSettled([transport.flush(), service.end(reason)]);
      host.exit(0);
    })();
  };
  for (const signal of END_SIGNALS) host.on(signal, () => stop(signal));
  host.on('unhandledRejection', (error: never) => host.log(`unhandled rejection: ${firstLine(error)}`));
  host.on('uncaughtException', (error: never) => host.log(`uncaught exception: ${firstLine(error)}`));

  const { serverInfo, instructions } = service;
  const card = { serverInfo, instructions, capabilities: capabilitiesOf(service) };
  const given = transport.listGiven;
  transport.describe({ ...card, onClient: service.onClient, onList: service.onList });
  await server.connect(transport);
  void transport.ended.then((reason) => stop(reason, reason === 'end of input' ? GRACE_MS : 0));
  const toolsChanged = () => void server.sendToolListChanged().catch(() => {});
  const promptsChanged = () => void (service.prompts && server.sendPromptListChanged().catch(() => {}));
  service.follow((list) => (list === 'tools' ? toolsChanged() : promptsChanged()));

  const tools = listTools(service);
  // The configuration may have changed since the answers were prepared, or the program.
  if (given && !isSame(given, tools)) toolsChanged();
  const older = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== LATEST_PROTOCOL_VERSION);
  keepOnce = () => {
    keepOnce = () => {};
    keep({ card, tools, versions: [LATEST_PROTOCOL_VERSION, ...older] });
  };
  // A client that only looks whether there is a server leaves nothing behind.
  setTimeout(() => keepOnce(), SETTLED_MS).unref();
}

/** Whether two lists are the same once they are JSON. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * The calls in flight, by the signal of their client, so that the end of the process can wait for them or abort them. Each has a
 * controller of its own: a signal that outlives them would keep a reference to every one.
 */
class OpenCalls {
  readonly #open = new Map<AbortSignal, AbortController>();
  #onIdle?: () => void;

  /** @returns the signal of the call itself */
  begin(signal: AbortSignal): AbortSignal {
    const controller = new AbortController();
    this.#open.set(signal, controller);
    return AbortSignal.any([signal, controller.signal]);
  }

  end(signal: AbortSignal): void {
    this.#open.delete(signal);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  abort(): void {
    for (const controller of this.#open.values()) controller.abort();
  }

  /** Resolves when no call runs, or after the given time. */
  async drain(milliseconds: number): Promise<void> {
    // The message that has just been read reaches its handler a few ticks from now.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#open.size === 0 || milliseconds === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function firstLine(error: unknown): string {
  return (
    (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0]?.slice(0, 300) ?? ''
  );
}
