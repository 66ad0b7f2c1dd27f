import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

interface Answer {
  id?: number;
  method?: string;
  params?: { message?: string; progress?: number; total?: number };
  result?: Record<string, unknown>;
  error?: { message: string };
}

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
  onProgress?(message: string): void;
}

/** An MCP client of the fewest lines, so that the tour shows what really goes over the pipe. */
export class PipeClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /**
   * @param command the program to start
   * @param args its arguments
   * @param env its environment
   */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(JSON.parse(line) as Answer));
    }
    this.#child.once('close', () => this.#fail(new Error('The server has stopped.')));
    this.#child.once('error', (error) => this.#fail(error));
  }

  /** Introduces itself, as every client of the older revisions does first. */
  async open(): Promise<void> {
    const clientInfo = { name: 'hugwire-demo', version: '1' };
    await this.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    this.#write({ method: 'notifications/initialized' });
  }

  /**
   * Sends a request and waits for its answer.
   * @param method such as `tools/call`
   * @param params of the request
   * @param onProgress takes the messages of progress notifications
   * @throws Error with the server's words when it answers with an error
   */
  request(method: string, params: object, onProgress?: (message: string) => void): Promise<Record<string, unknown>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const asked = onProgress ? { ...params, _meta: { progressToken: id } } : params;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#write({ id, method, params: asked });
    });
  }

  /** Ends the server's input and waits until it has gone. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin?.end();
    await closed;
  }

  #write(message: object): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #receive({ id, method, params, result, error }: Answer): void {
    if (method === 'notifications/progress') {
      const { progressToken } = params as { progressToken?: number };
      if (params?.message) this.#waiting.get(progressToken ?? -1)?.onProgress?.(params.message);
      return;
    }
    const waiting = this.#waiting.get(id ?? -1);
    if (id === undefined || !waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result ?? {});
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
