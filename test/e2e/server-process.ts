import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tokens } from '../../src/world/hub/data.js';

/** The built program. */
export const BIN = fileURLToPath(new URL('../../bin/hugwire.js', import.meta.url));

// Nothing of the machine that runs the tests may reach the server: no token, no proxy, no cache.
const KEPT = ['PATH', 'SystemRoot', 'TEMP', 'TMP'];

export interface Message {
  jsonrpc: '2.0';
  id?: number | string | null;
  method?: string;
  params?: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  result?: any;
  error?: { code: number; message: string; data?: unknown };
}

/** Where a token may be: its own files, and what Hugging Face's own programs keep. */
const TOKEN_FILES = /(?:^|[\\/])(?:token|stored_tokens)$/;

/** The files below a home that hold a token that the program was given. */
function findTokens(home: string, env: NodeJS.ProcessEnv): string[] {
  const given = Object.entries(env).flatMap(([name, value]) => (/TOKEN/.test(name) && value ? [value] : []));
  const secrets = [
    ...tokens.map(({ token }) => token),
    ...given.filter((value) => value.length > 7 && !isAbsolute(value)),
  ];
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !TOKEN_FILES.test(path))
    .filter((path) => {
      const content = readFileSync(path, 'latin1');
      return secrets.some((token) => content.includes(token));
    });
}

/** A temporary HUGWIRE_HOME, and an environment that knows nothing else; its removal fails when it holds a token. */
export function makeHome(env: NodeJS.ProcessEnv = {}) {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-test-'));
  const kept = Object.fromEntries(KEPT.map((name) => [name, process.env[name]]));
  return {
    home,
    env: { ...kept, HOME: home, HUGWIRE_HOME: home, HF_ENDPOINT: 'http://127.0.0.1:2', ...env },
    remove() {
      const leaks = existsSync(home) ? findTokens(home, env) : [];
      rmSync(home, { recursive: true, force: true });
      if (leaks.length > 0) throw new Error(`The token was written to ${leaks.join(', ')}`);
    },
  };
}

export interface ServerOptions {
  /** The script that is run, where it is not the one of this repository. */
  bin?: string;
  env?: NodeJS.ProcessEnv;
  args?: string[];
  /** What its config file holds at the start. */
  config?: string;
}

/** The built server with a raw pipe to it. */
export class ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Every line of stdout so far. */
  readonly lines: string[] = [];
  readonly #home: ReturnType<typeof makeHome>;
  readonly #messages: Message[] = [];
  readonly #watchers = new Set<() => void>();
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = '';

  constructor({ bin = BIN, env = {}, args = ['serve'], config }: ServerOptions = {}) {
    this.#home = makeHome(env);
    if (config !== undefined) writeFileSync(join(this.#home.home, 'config.json'), config);
    this.child = spawn(process.execPath, [bin, ...args], { env: this.#home.env, cwd: this.#home.home });
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
      this.#wake();
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#messages.push(JSON.parse(line) as Message);
      this.#wake();
    });
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get home(): string {
    return this.#home.home;
  }

  send(...messages: object[]): void {
    for (const message of messages) this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  /** Sends what every legacy client sends first, and waits for the answer. */
  async initialize(protocolVersion = '2025-11-25', capabilities = {}): Promise<Message> {
    const clientInfo = { name: 'test', version: '1' };
    this.send({ id: 'init', method: 'initialize', params: { protocolVersion, capabilities, clientInfo } });
    const answer = await this.answer('init');
    this.send({ method: 'notifications/initialized' });
    return answer;
  }

  /** The answer to a request. */
  answer(id: number | string): Promise<Message> {
    return this.find((message) => message.id === id && !message.method);
  }

  async find(matches: (message: Message) => boolean): Promise<Message> {
    await this.until(() => this.#messages.some(matches));
    return this.#messages.find(matches) as Message;
  }

  /** All messages that match so far. */
  all(matches: (message: Message) => boolean): Message[] {
    return this.#messages.filter(matches);
  }

  /** Resolves when a condition on what was received holds; checked at every line. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Calls a tool and gives its result. */
  async call(id: number | string, name: string, args: object = {}, meta?: object): Promise<Message> {
    this.send({ id, method: 'tools/call', params: { name, arguments: args, ...(meta ? { _meta: meta } : {}) } });
    return this.answer(id);
  }

  /** Ends the server as a client does, whatever state it is in, and removes its home. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.stdin.end();
      this.child.stdout.resume();
      await this.exited;
    }
    this.#home.remove();
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check();
  }
}
