import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { MODERN, meta, readClient, readInitialize } from '../engine/mcp.js';
import { INVALID_REQUEST, type Refusal } from '../engine/messages.js';
import type { Prepared, ServerCard } from '../engine/prepared.js';
import { formatBytes } from '../lib/format.js';
import { redact } from '../lib/text.js';
import type { SessionClient } from '../sessions/recorder.js';
import { completeResult, discoverResult, keepRetry, preparedResult, readEnvelope } from './era.js';
import { LineReader, readLine } from './messages.js';
import { isListChange, Subscriptions } from './subscriptions.js';

/** Of one message: as much as the SDK's own transport takes. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** Requests that are worked on at once; what comes beyond is answered with an error, since memory is finite. */
const MAX_OPEN = 1000;
/** A client that stays is served and recorded as any other, whatever it asks. */
const WANTED_AT_LATEST_MS = 1000;
/** What ends a server. */
export const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const SERVER_BUSY = -32000;
const UNSUPPORTED_VERSION = -32022;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

/** Told of what only the transport sees. */
interface Listener extends ServerCard {
  /** Who is on the line: with `initialize`, and with every request of revision 2026-07-28. */
  onClient?(client: SessionClient): void;
  /** The tool list was given before the server was there. */
  onList?(): void;
}

interface StdioOptions {
  stdin: Readable;
  stdout: Writable;
  /** Writes a line to stderr. */
  log(line: string): void;
  /** Answers that were made ready by an earlier start; none: everything waits for the server. */
  prepared?: Prepared;
  /** Told when the server is connected. */
  onStart?(): void;
}

/**
 * MCP on a pair of pipes, in all revisions: the SDK (v1) knows only those that begin with `initialize`, so what revision
 * 2026-07-28 adds is added here. What every client asks first is answered from prepared answers until the server is
 * connected, which then gets all else that has come in.
 * @see https://modelcontextprotocol.io/specification/2026-07-28
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Resolves when the server is needed, or the tool list is out: whoever asked for it will call a tool. */
  readonly serverWanted: Promise<void>;
  /** Resolves with the reason when no more can come in, or nobody reads any more. */
  readonly ended: Promise<string>;
  readonly #options: StdioOptions;
  readonly #lines: LineReader;
  readonly #subscriptions = new Subscriptions((message) => this.#write(message));
  /** Requests that the server has not answered yet, with their methods; those of revision 2026-07-28 are marked. */
  readonly #open = new Map<RequestId, { method: string; modern: boolean }>();
  /** What has come in before the server was there. */
  #waiting: JSONRPCMessage[] | undefined = [];
  /** What was answered before the server was there, and how. */
  #answered: { request: JSONRPCRequest; result: Record<string, unknown> }[] = [];
  /** Ids of requests that were answered already, and that the server will answer once more. */
  readonly #silent = new Set<RequestId>();
  #listener?: Listener;
  #wantServer = () => {};
  #end: (reason: string) => void = () => {};
  /** An `initialize` that the server has not answered yet: the answer has the revision that both agree on. */
  #initialize?: JSONRPCRequest;
  /** Whether a client of an earlier revision is on the line: only such a one may be told without having subscribed. */
  #legacy = false;
  /** Resolves when the client has taken in enough for more to be written; unset when it has. */
  #drained?: Promise<void>;

  constructor(options: StdioOptions) {
    this.#options = options;
    this.#lines = new LineReader(MAX_LINE_BYTES, {
      line: (text) => this.read(text),
      tooLong: ({ bytes, id }) =>
        this.#refuse({
          code: INVALID_REQUEST,
          message: `Message too long: ${formatBytes(bytes)}; at most ${formatBytes(MAX_LINE_BYTES)}. Give a large file by its path or address`,
          id,
        }),
    });
    this.serverWanted = new Promise((resolve) => {
      this.#wantServer = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    if (!options.prepared) this.#wantServer();
  }

  /** Begins to read. */
  open(): void {
    const { stdin, stdout } = this.#options;
    const end = () => {
      this.#lines.end();
      this.#end('end of input');
    };
    stdin.on('data', (chunk: Buffer) => this.#lines.push(chunk));
    stdin.once('end', end);
    stdin.once('close', end);
    stdin.once('error', () => this.#end('stdin failed'));
    stdout.on('error', () => this.#end('the client is gone'));
  }

  /**
   * Says whom the transport serves, before the server is connected.
   * @param listener what the server says of itself, and what it wants to be told
   */
  describe(listener: Listener): void {
    this.#listener = listener;
  }

  /** Whether nothing is left for a server to do. */
  get idle(): boolean {
    return this.#waiting?.length === 0;
  }

  /** The tool list as it was given before the server was there; undefined when nobody has asked. */
  get listGiven(): readonly object[] | undefined {
    return this.#answered.some(({ request }) => request.method === 'tools/list')
      ? this.#options.prepared?.tools
      : undefined;
  }

  /** Hands all that has come in over to the server. Called by the SDK once it listens. */
  async start(): Promise<void> {
    const waiting = this.#waiting ?? [];
    const answered = this.#answered;
    this.#waiting = undefined;
    this.#answered = [];
    this.#options.onStart?.();
    for (const { request, result } of answered) {
      const { method, params } = request;
      const envelope = readEnvelope(request);
      if (envelope) this.#listener?.onClient?.(readClient(envelope));
      if (method === 'tools/list') this.#listener?.onList?.();
      if (method !== 'initialize') continue;
      this.#listener?.onClient?.(readInitialize(params, result.protocolVersion));
      // The server gets it all the same, to know what its client can do.
      this.#legacy = true;
      this.#admit(request, false);
    }
    for (const message of waiting) this.#receive(message);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if ('method' in message) {
      const { method } = message;
      if (!isListChange(method)) return this.#write(message);
      await this.#subscriptions.tell(method);
      return this.#legacy ? this.#write(message) : undefined;
    }
    if (message.id === undefined) return this.#write(message);
    if (message.id === this.#initialize?.id) this.#meet(message);
    const request = this.#open.get(message.id);
    this.#open.delete(message.id);
    if (this.#silent.delete(message.id)) return;
    if (!request?.modern || !('result' in message)) return this.#write(message);
    const { serverInfo } = this.#listener as Listener;
    return this.#write({ ...message, result: completeResult(request.method, message.result, serverInfo) });
  }

  /**
   * Answers all requests, those that wait and those to come, with an error: there will be no server.
   * @param message why, and what to do
   */
  abandon(message: string): void {
    this.describe({
      serverInfo: { name: '', version: '' },
      instructions: '',
      capabilities: { tools: { listChanged: false } },
    });
    this.onmessage = (request) => {
      if ('method' in request && 'id' in request) this.#fail(request, INTERNAL_ERROR, message);
    };
    void this.start();
  }

  /** Ends the open subscriptions, then the transport. */
  async close(): Promise<void> {
    await this.#subscriptions.close();
    this.#options.stdin.pause();
    this.onclose?.();
  }

  /** Resolves when all that was written has left, or the client is gone. */
  flush(): Promise<void> {
    const { stdout } = this.#options;
    return new Promise((resolve) => {
      if (stdout.destroyed || !stdout.writable) return resolve();
      stdout.write('', () => resolve());
    });
  }

  /** Takes one line. */
  read(line: string): void {
    const { messages, refusals } = readLine(line);
    for (const refusal of refusals) this.#refuse(refusal);
    for (const message of messages as JSONRPCMessage[]) {
      try {
        this.#take(message);
      } catch (error) {
        // A message that cannot be handled must not take along those that came in with it.
        const id = 'method' in message && 'id' in message ? message.id : undefined;
        if (id !== undefined) this.#open.delete(id);
        this.#refuse({ code: INTERNAL_ERROR, message: `hugwire failed: ${redact(String(error))}`, id });
      }
    }
  }

  #take(message: JSONRPCMessage): void {
    if (!this.#waiting) this.#receive(message);
    else if (!this.#answerEarly(message)) {
      this.#waiting.push(message);
      this.#wantServer();
    }
  }

  /** Answers what was prepared; what only tells of something waits without hurry. */
  #answerEarly(message: JSONRPCMessage): boolean {
    const { prepared } = this.#options;
    if (!prepared || !('method' in message)) return false;
    if (!('id' in message)) {
      // It says no more than that the client has read the answer to `initialize`.
      return message.method === 'notifications/initialized';
    }
    // The answer to the first of two requests with one id would be taken for the other's.
    if (this.#silent.has(message.id)) return false;
    const result = preparedResult(prepared, message);
    if (!result) return false;
    if (message.method === 'initialize') this.#silent.add(message.id);
    // Of a ping nobody needs to hear.
    if (message.method !== 'ping') this.#answered.push({ request: message, result });
    void this.#write({ result, jsonrpc: '2.0', id: message.id });
    // The answer goes out before the server is loaded, which keeps the process busy.
    if (message.method === 'tools/list') setImmediate(this.#wantServer);
    else setTimeout(this.#wantServer, WANTED_AT_LATEST_MS).unref();
    return true;
  }

  #receive(message: JSONRPCMessage): void {
    if (!('method' in message)) return this.onmessage?.(message);
    if (!('id' in message)) {
      if (message.method === 'notifications/cancelled') {
        const id = message.params?.requestId as RequestId;
        // The SDK sends no answer to a cancelled request, so nothing else would forget it.
        this.#open.delete(id);
        this.#silent.delete(id);
        if (this.#subscriptions.end(id)) return;
      }
      return this.onmessage?.(message);
    }
    const envelope = readEnvelope(message);
    if (!envelope) return this.#receiveLegacy(message);
    const version = envelope[meta('protocolVersion')];
    if (version !== MODERN) {
      const data = { supported: [MODERN], requested: version };
      return this.#fail(message, UNSUPPORTED_VERSION, 'Unsupported protocol version', data);
    }
    if (envelope[meta('clientCapabilities')] === undefined) {
      return this.#fail(message, INVALID_PARAMS, `Missing ${meta('clientCapabilities')} in _meta`);
    }
    this.#listener?.onClient?.(readClient(envelope));
    if (message.method === 'server/discover') {
      return void this.#write({ jsonrpc: '2.0', id: message.id, result: discoverResult(cardOf(this.#listener)) });
    }
    if (message.method === 'subscriptions/listen') {
      return this.#subscriptions.open(message, cardOf(this.#listener).capabilities.prompts !== undefined);
    }
    this.#admit(message, true);
  }

  #receiveLegacy(message: JSONRPCRequest): void {
    if (message.method === 'initialize') {
      this.#legacy = true;
      this.#initialize = message;
    }
    this.#admit(message, false);
  }

  #admit(request: JSONRPCRequest, modern: boolean): void {
    const { id, method } = request;
    if (this.#open.size >= MAX_OPEN && method !== 'ping') {
      const message = `Too many requests at once: ${MAX_OPEN} are being answered. Send it again when some of them are.`;
      return this.#fail(request, SERVER_BUSY, message);
    }
    this.#open.set(id, { method, modern });
    this.onmessage?.(modern ? keepRetry(request) : request);
  }

  /** Tells of the client whose `initialize` is being answered. */
  #meet(answer: JSONRPCMessage): void {
    if ('result' in answer) {
      this.#listener?.onClient?.(readInitialize(this.#initialize?.params, answer.result.protocolVersion));
    }
    this.#initialize = undefined;
  }

  #fail({ id }: JSONRPCRequest, code: number, message: string, data?: unknown): void {
    void this.#write({ jsonrpc: '2.0', id, error: { code, message, data } });
  }

  /**
   * Answers what cannot be served with an error, where it has an id that can be read. What has none is only logged: MCP
   * knows no answer without an id, and clients drop the `id: null` of JSON-RPC as a broken message.
   * @param refusal what is wrong with it
   */
  #refuse({ id, ...error }: Refusal): void {
    this.#options.log(`refused a message. ${error.message}`);
    if (id !== undefined) void this.#write({ jsonrpc: '2.0', id, error });
  }

  /** Resolves when more may be written. While the client does not read, nothing is read of it either. */
  #write(message: JSONRPCMessage): Promise<void> {
    const { stdin, stdout } = this.#options;
    const full = !stdout.write(`${JSON.stringify(message)}\n`);
    if (!full) return this.#drained ?? Promise.resolve();
    this.#drained ??= new Promise<void>((resolve) => {
      stdin.pause();
      stdout.once('drain', () => {
        this.#drained = undefined;
        stdin.resume();
        resolve();
      });
    });
    return this.#drained;
  }
}

function cardOf(listener: Listener | undefined): ServerCard {
  const { serverInfo, instructions, capabilities } = listener as Listener;
  return { serverInfo, instructions, capabilities };
}

/**
 * Opens MCP on stdin and stdout of this process. A signal ends the process until the server is connected, which then sees
 * to that itself.
 * @param log writes a line to stderr
 * @param prepared answers for the time before the server is there
 */
export function openStdio(log: (line: string) => void, prepared?: Prepared): StdioTransport {
  const { stdin, stdout } = process;
  const quit = (signal: NodeJS.Signals) => {
    log(`stopping: ${signal}`);
    process.exit(0);
  };
  const onStart = () => {
    for (const signal of END_SIGNALS) process.off(signal, quit);
  };
  for (const signal of END_SIGNALS) process.on(signal, quit);
  const transport = new StdioTransport({ stdin, stdout, log, prepared, onStart });
  transport.open();
  return transport;
}
