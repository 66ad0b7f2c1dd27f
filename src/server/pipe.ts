import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { type Refusal, readLine } from './message.js';

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
