import { randomBytes } from 'node:crypto';
import type { JSONRPCMessage, Server, Transport } from '@modelcontextprotocol/server';
import { readInitialize } from '../engine/mcp.js';
import { accepted, EVENT_STREAM, fail, SESSION_NOT_FOUND } from './answers.js';
import type { Caller } from './callers.js';
import type { Message } from './legacy.js';
import { authInfoOf, createServer, introduce, type Serving } from './mcp.js';

const KEEP_ALIVE_MS = 15_000;
/** Bytes that wait for a client to read them; one that reads nothing is let go of before its answers fill the memory. */
const MAX_UNREAD = 16 * 2 ** 20;
/** Streams that one instance has open. */
const MAX_OPEN = 1000;

interface Stream {
  caller: Caller;
  transport: SseTransport;
  server: Server;
  /** Told when it is over, once its client has said who it is. */
  ended?(): void;
}

/**
 * HTTP+SSE as revision 2024-11-05 has it: one stream for everything that the server says, and a second address where the
 * client posts. Both must reach the same instance.
 * @see https://modelcontextprotocol.io/specification/2024-11-05/basic/transports
 */
export class SseStreams {
  readonly #serving: Serving;
  readonly #path: string;
  readonly #open = new Map<string, Stream>();
  readonly #unsubscribe: () => void;

  /**
   * @param serving what all requests have in common
   * @param path where clients post, as they see it
   */
  constructor(serving: Serving, path: string) {
    this.#serving = serving;
    this.#path = path;
    this.#unsubscribe = serving.state.bus.subscribe((event) => {
      for (const { server } of this.#open.values()) {
        if (event.kind === 'tools_list_changed') void server.sendToolListChanged().catch(() => {});
        if (event.kind === 'prompts_list_changed') void server.sendPromptListChanged().catch(() => {});
      }
    });
  }

  /** Opens a stream. */
  async open({ signal }: Request, caller: Caller): Promise<Response> {
    if (this.#open.size >= MAX_OPEN) return fail({ status: 503, message: 'Too many streams are open.' });
    const id = randomBytes(24).toString('base64url');
    const transport = new SseTransport(`${this.#path}?sessionId=${id}`);
    const server = createServer(this.#serving, caller, 'connected');
    transport.onclose = () => {
      this.#open.get(id)?.ended?.();
      this.#open.delete(id);
    };
    // The SDK keeps what is set before it connects.
    await server.connect(transport);
    this.#open.set(id, { caller, transport, server });
    signal.addEventListener('abort', () => void server.close(), { once: true });
    return new Response(transport.stream, { headers: EVENT_STREAM });
  }

  /** Takes a message; its answer goes out on the stream. */
  async post(url: URL, { owner, seen }: Caller, message: Message): Promise<Response> {
    const found = this.#open.get(url.searchParams.get('sessionId') ?? '');
    if (found?.caller.owner !== owner) {
      const text = 'There is no such stream. Open another: GET /sse';
      return fail({ status: 404, code: SESSION_NOT_FOUND, id: message.id, message: text });
    }
    const { caller, transport } = found;
    if (message.method === 'initialize' && !found.ended) {
      introduce(caller, readInitialize(message.params, undefined));
      if (caller.seen) found.ended = this.#serving.traffic?.stream(caller.seen, 'sse');
    }
    if (seen) seen.client = caller.seen?.client;
    transport.onmessage?.(message as JSONRPCMessage, { authInfo: authInfoOf(caller) });
    return accepted();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await Promise.all([...this.#open.values()].map(({ server }) => server.close()));
  }
}

/** One stream of events as the SDK's transport. */
class SseTransport implements Transport {
  onclose?: () => void;
  onmessage?: Transport['onmessage'];
  readonly stream: ReadableStream<Uint8Array>;
  #controller?: ReadableStreamDefaultController<Uint8Array>;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #encoder = new TextEncoder();

  /** @param endpoint where the client posts */
  constructor(endpoint: string) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.close(),
      },
      { highWaterMark: MAX_UNREAD, size: ({ byteLength }) => byteLength },
    );
    this.#write(`event: endpoint\ndata: ${endpoint}\n\n`);
    this.#keepAlive = setInterval(() => this.#write(': keepalive\n\n'), KEEP_ALIVE_MS);
    this.#keepAlive.unref?.();
  }

  async start(): Promise<void> {}

  async send(message: JSONRPCMessage): Promise<void> {
    this.#write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  async close(): Promise<void> {
    const controller = this.#controller;
    if (!controller) return;
    this.#controller = undefined;
    clearInterval(this.#keepAlive);
    try {
      controller.close();
    } catch {
      // Its reader has gone first.
    }
    this.onclose?.();
  }

  #write(text: string): void {
    // Never for the size of one answer: that may be being read. An error throws away what waits; an end would keep it.
    if ((this.#controller?.desiredSize ?? 1) <= 0) {
      this.#controller?.error(new Error('The client is not reading.'));
      void this.close();
    }
    this.#controller?.enqueue(this.#encoder.encode(text));
  }
}
