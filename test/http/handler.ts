import { randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';
import * as z from 'zod';
import type { CallHost } from '../../src/engine/call.js';
import type { Service } from '../../src/engine/service.js';
import { createFetchHandler, type FetchHandler, type HandlerOptions } from '../../src/http/app.js';
import type { Caller } from '../../src/http/callers.js';
import { createMemoryState } from '../../src/http/state/memory.js';
import type { AnyTool, ToolContext, ToolResult } from '../../src/tools/tool.js';

/** What came of a call of the tools below. */
interface Seen {
  /** Calls that run, by their `text`, with their signal. */
  running: Map<string, AbortSignal>;
  /** Lets a call of `wait` end. */
  release(text: string): void;
  /** What was done by `act`, which asks first. */
  done: string[];
}

interface Options extends Partial<HandlerOptions> {
  owner?(): string;
  place?(): string;
  /** In place of the tools below. */
  service?: Service;
}

/** A server in this process, with a few tools that show how calls travel. */
export function openHandler(options: Options = {}) {
  const seen: Seen = { running: new Map(), release: () => {}, done: [] };
  const releases = new Map<string, () => void>();
  seen.release = (text) => releases.get(text)?.();
  const define = (name: string, run: (text: string, ctx: ToolContext) => Promise<string>) =>
    ({
      name,
      title: name,
      description: `${name}.`,
      effect: 'read',
      toolset: 'search',
      input: z.object({ text: z.string().default('') }),
      run: async ({ text }: { text: string }, ctx: ToolContext): Promise<ToolResult> => ({
        text: await run(text, ctx),
        data: {},
      }),
    }) as unknown as AnyTool;
  const tools = [
    define('act', async (text, ctx) => {
      const answer = await ctx.ask?.({ message: `Do ${text}?`, fields: {} });
      if (answer?.action !== 'accept') return `not done: ${answer?.action ?? 'nobody to ask'}`;
      seen.done.push(text);
      return `did ${text}`;
    }),
    define('echo', async (text) => text),
    define('steps', async (text, ctx) => {
      for (const progress of [1, 2, 3]) ctx.progress({ progress, total: 3, message: `step ${progress}` });
      return text;
    }),
    define('wait', async (text, ctx) => {
      seen.running.set(text, ctx.signal);
      await new Promise<void>((resolve) => {
        releases.set(text, resolve);
        ctx.signal.addEventListener('abort', () => resolve());
      });
      return `waited ${text}`;
    }),
  ];
  const { owner = () => 'key:test', place, service, ...rest } = options;
  const host: CallHost = service ?? {
    tools: () => tools,
    knownTools: () => tools,
    context: (signal, progress) => ({ signal, progress, config: { tools: {} } }) as unknown as ToolContext,
  };
  const state = rest.state ?? createMemoryState();
  const handler = createFetchHandler(
    service ?? { serverInfo: { name: 'hugwire', version: '1' }, instructions: 'How.' },
    {
      authenticate: async (): Promise<Caller> => ({ owner: owner(), place: place?.(), host }),
      state,
      secret: SECRET,
      hosts: ['127.0.0.1', 'localhost'],
      origins: ['http://localhost:5173'],
      log: () => {},
      ...rest,
    },
  );
  opened.push(handler);
  return { handler, seen, state, tools };
}

const SECRET = randomBytes(32);
const opened: FetchHandler[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((handler) => handler.close()));
});

const MODERN_VERSION = '2026-07-28';

export interface Sent {
  method?: string;
  headers?: Record<string, string | undefined>;
  body?: unknown;
  path?: string;
  signal?: AbortSignal;
}

/** A request as a client sends it; what is undefined in the headers is left out. */
export function makeRequest({ method = 'POST', headers = {}, body, path = '/mcp', signal }: Sent): Request {
  const all = {
    host: 'localhost:3000',
    accept: 'application/json, text/event-stream',
    ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Request(`http://localhost:3000${path}`, { method, headers: given, body: text, signal });
}

/** A request of revision 2026-07-28, with the headers that go with it. */
export function modern(method: string, params: Record<string, unknown> = {}, meta: Record<string, unknown> = {}): Sent {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  };
  const name = params.name ?? params.uri;
  return {
    headers: {
      'mcp-protocol-version': MODERN_VERSION,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } },
  };
}

/** A request of an earlier revision. */
export function legacy(method: string, params?: Record<string, unknown>, id: number | string | undefined = 1): Sent {
  return { body: { jsonrpc: '2.0', id, method, params } };
}

export const INITIALIZE = legacy('initialize', {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'test', version: '1' },
});

/** The messages of a response, be it JSON or a stream, as they come. */
export async function* readMessages(response: Response): AsyncGenerator<{
  id?: unknown;
  method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  result?: any;
  error?: { code: number; message: string };
  event?: string;
  data?: string;
}> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield (await response.json()) as object;
    return;
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const read = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = read('data');
      if (data !== undefined) yield { ...(data.startsWith('{') ? JSON.parse(data) : { data }), event: read('id') };
    }
  }
}

/** All of them. */
export async function readAll(response: Response) {
  const messages = [];
  for await (const message of readMessages(response)) messages.push(message);
  return messages;
}
