import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type pc from 'picocolors';
import { startProgram } from '../lib/children.js';

interface TourOptions {
  /** How to start the server. */
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** A local file that the server's config allows to be sent. */
  file: string;
  print(text: string): void;
  /** Colours of what is printed. */
  style: ReturnType<typeof pc.createColors>;
  /** Stops the demo Hub and Space. */
  cutNetwork(): Promise<void>;
}

/**
 * Runs the real server as a child and prints a whole conversation with it.
 * @param options how to start the server, and where to print
 * @returns false when a step did not end as expected
 */
export async function runTour(options: TourOptions): Promise<boolean> {
  const { command, args, env, file, print, style } = options;
  const client = new PipeClient(command, args, env);
  const memory: Memory = { file };
  let good = true;
  try {
    await client.open();
    const { tools } = (await client.request('tools/list', {})) as { tools: { name: string }[] };
    print(`${style.bold(`${tools.length} tools`)}  ${tools.map(({ name }) => name).join('  ')}\n`);
    for (const step of STEPS) {
      if (step.offline) {
        await options.cutNetwork();
        print(`${style.yellow('Now the network is gone.')}\n`);
      }
      good = (await runStep(step, client, memory, options)) && good;
    }
  } finally {
    await client.close();
  }
  return good;
}

async function runStep(step: Step, client: PipeClient, memory: Memory, { print, style }: TourOptions) {
  const args = step.args(memory);
  print(`${style.bold('You')}   ${step.asks}`);
  print(style.dim(`  →   ${step.tool} ${JSON.stringify(args)}`));
  const result = await client.request('tools/call', { name: step.tool, arguments: args }, (message) =>
    print(style.dim(`  …   ${message}`)),
  );
  const text = textOf(result, style);
  memory.job = text.match(/\bj_[\w-]+/)?.[0] ?? memory.job;
  print(`${indent(text, style, step.lines)}\n`);
  return (result.isError === true) === (step.fails === true);
}

function textOf({ content }: Record<string, unknown>, style: TourOptions['style']): string {
  const blocks = content as { type: string; text?: string }[];
  return blocks.map(({ type, text }) => text ?? style.dim(`[${type}]`)).join('\n');
}

function indent(text: string, style: TourOptions['style'], lines = Number.POSITIVE_INFINITY): string {
  const all = text.split('\n');
  const shown = all.slice(0, lines);
  if (all.length > shown.length) shown.push(style.dim(`… ${all.length - shown.length} more lines`));
  return shown.map((line) => `      ${line}`.trimEnd()).join('\n');
}

/** What earlier steps of the tour left for later ones. */
interface Memory {
  /** Id of the last job that was handed off. */
  job?: string;
  /** A local file that may be sent to a Space. */
  file: string;
}

/** One thing that a person asks, and the call that an assistant makes of it. */
interface Step {
  asks: string;
  tool: string;
  args(memory: Memory): Record<string, unknown>;
  /** Lines of the answer to show; all by default. */
  lines?: number;
  /** The answer should be an error. */
  fails?: boolean;
  /** The network goes away before this step. */
  offline?: boolean;
}

const SPACE = 'hugwire/demo-space';

/** The tour: find, read, run, and go on without a network. */
const STEPS: readonly Step[] = [
  {
    asks: 'Which models do people use to transcribe speech, and which apps?',
    tool: 'hub_search',
    args: () => ({ query: 'speech to text', kinds: ['model', 'space'], limit: 3 }),
  },
  {
    asks: 'Tell me about Whisper.',
    tool: 'hub_repo',
    args: () => ({ ids: ['openai/whisper-large-v3'] }),
  },
  {
    asks: 'Show me a maths problem of the kind that models are tested on.',
    tool: 'dataset_rows',
    args: () => ({ dataset: 'openai/gsm8k', config: 'main', split: 'test', limit: 1 }),
  },
  {
    asks: 'What can that demo Space do?',
    tool: 'space_info',
    args: () => ({ space: SPACE }),
    lines: 14,
  },
  {
    asks: 'Draw me a mountain landscape.',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/draw', arguments: { prompt: 'mountains in the morning', seed: 7 } }),
  },
  {
    asks: 'Run something slow, but do not make me wait for it.',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/slow', arguments: { steps: 8, step_seconds: 0.25 }, wait_seconds: 0.8 }),
  },
  {
    asks: 'Is it ready?',
    tool: 'space_result',
    args: ({ job }) => ({ job }),
  },
  {
    asks: 'Send it this file of mine.',
    tool: 'space_call',
    args: ({ file }) => ({ space: SPACE, endpoint: '/describe_file', arguments: { file } }),
  },
  {
    asks: 'And when a Space fails?',
    tool: 'space_call',
    args: () => ({ space: SPACE, endpoint: '/fail' }),
    fails: true,
  },
  {
    asks: 'Tell me about a model that I never looked at.',
    tool: 'hub_repo',
    args: () => ({ ids: ['google/gemma-2-9b'] }),
    fails: true,
    offline: true,
  },
  {
    asks: 'And what I asked first?',
    tool: 'hub_search',
    args: () => ({ query: 'speech to text', kinds: ['model', 'space'], limit: 3 }),
    lines: 6,
  },
];

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

/** A minimal MCP client, so that the tour shows what really goes over the pipe. */
class PipeClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /**
   * @param command the program to start
   * @param args its arguments
   * @param env its environment
   */
  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = startProgram(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
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
