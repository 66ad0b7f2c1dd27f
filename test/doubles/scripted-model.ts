import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatMessage } from '../../src/assistants/types.js';

/** A request as the server got it. */
interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: {
    model?: string;
    messages: ChatMessage[];
    tools?: { type: 'function'; function: { name: string; description?: string; parameters?: unknown } }[];
    [key: string]: unknown;
  };
  /** Resolves once the connection is over: `true` when the client left before the answer was whole. */
  aborted: Promise<boolean>;
}

interface ScriptedCall {
  id?: string;
  name: string;
  /** As the model writes them; an object is written as JSON. */
  arguments: string | Record<string, unknown>;
}

/** What the server answers to one request for a completion. */
export type Reply =
  | {
      text?: string;
      reasoning?: string;
      calls?: ScriptedCall[];
      /** Unless told: `tool_calls` where there are calls, else `stop`. */
      finish?: string;
      /** `null`: the server tells none. */
      usage?: Record<string, unknown> | null;
      /** Milliseconds between the words. */
      slow?: number;
    }
  /** The data of each event, as it is; `end` says what follows the last: `[DONE]` unless told. */
  | { events: (string | Record<string, unknown>)[]; end?: 'done' | 'close' | 'cut' | 'hang' }
  | { status: number; body: unknown; headers?: Record<string, string> }
  /** No answer at all. */
  | { hang: true };

type Decide = (request: SeenRequest, index: number) => Reply;

export interface ScriptedModel {
  /** Base address, with /v1. */
  url: string;
  /** Requests for completions. */
  requests: SeenRequest[];
  /** All requests, those for /models too. */
  all: SeenRequest[];
  /** From now on: replies in turn, the last one for good, or what decides. */
  play(...script: Reply[] | [Decide]): void;
  close(): Promise<void>;
}

interface Options {
  /** As `play`. */
  script?: Reply[] | Decide;
  /** What /models lists. */
  models?: Record<string, unknown>[];
  /** Answers /models in place of the list. */
  onModels?: { status: number; body: unknown };
  port?: number;
}

export const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 5,
  total_tokens: 25,
  prompt_tokens_details: { cached_tokens: 8 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

/** A piece of a streamed answer. */
export const chunk = (delta: Record<string, unknown>, finish: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'scripted',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const callChunk = (...calls: Record<string, unknown>[]) => chunk({ tool_calls: calls });
const SEARCH = '{"query":"whisper"}';

/** What servers in the wild do, by name: `play(FAULTS.cut)`, or a user who says `FAULT cut`. */
export const FAULTS = {
  unauthorized: { status: 401, body: { error: 'Invalid username or password.' } },
  forbidden: {
    status: 403,
    body: {
      error:
        'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user ada',
    },
  },
  credits: {
    status: 402,
    body: {
      error:
        'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits.',
    },
  },
  missing: {
    status: 404,
    body: { error: { message: 'The model `scripted` does not exist', code: 'model_not_found' } },
  },
  unsupported: {
    status: 400,
    body: {
      error: {
        message: "The requested model 'scripted' is not supported by any provider you have enabled.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_supported',
      },
    },
  },
  busy: { status: 429, body: { error: { message: 'Too many requests' } }, headers: { 'retry-after': '0' } },
  loading: {
    status: 503,
    body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    headers: { 'retry-after': '0' },
  },
  /** As llama.cpp says it. */
  overflow: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'the request exceeds the available context size, try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9000,
        n_ctx: 8192,
      },
    },
  },
  /** As OpenAI and vLLM say it. */
  'overflow-openai': {
    status: 400,
    body: {
      error: {
        message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
      },
    },
  },
  'no-tools': {
    status: 400,
    body: { error: { message: 'registry.ollama.ai/library/gemma:2b does not support tools', type: 'api_error' } },
  },
  'no-tools-vllm': {
    status: 400,
    body: {
      object: 'error',
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      type: 'BadRequestError',
      code: 400,
    },
  },
  broken: { status: 500, body: 'Internal Server Error' },
  html: {
    status: 200,
    body: '<!doctype html><html><head><title>Sign in</title></head></html>',
    headers: { 'content-type': 'text/html' },
  },
  redirect: { status: 307, body: '', headers: { location: 'http://127.0.0.1:9/elsewhere' } },
  cut: { events: [chunk({ role: 'assistant', content: 'Half of an ' })], end: 'cut' },
  /** Ends in good order, but never said that it was done. */
  unfinished: { events: [chunk({ role: 'assistant', content: 'Half of an ' })], end: 'close' },
  hang: { hang: true },
  'hang-midway': { events: [chunk({ role: 'assistant', content: 'Half of an ' })], end: 'hang' },
  'error-inside': {
    events: [
      chunk({ role: 'assistant', content: 'Half of an ' }),
      { error: { message: 'Upstream is overloaded', type: 'server_error', code: 503 } },
    ],
    end: 'close',
  },
  'not-json': { events: [chunk({ content: 'Hello' }), '{"choices":[{"delta":', chunk({}, 'stop')] },
  empty: { events: [], end: 'close' },
  /** `stream: true` is not known to some. */
  whole: {
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: 'scripted',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'All at once.',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'hub_search', arguments: SEARCH } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: USAGE,
    },
  },
  'bad-arguments': { calls: [{ id: 'call_1', name: 'hub_search', arguments: '{"query": whisper' }] },
  'unknown-tool': { calls: [{ id: 'call_1', name: 'hub_serach', arguments: SEARCH }] },
  'no-index': {
    events: [
      callChunk({ id: 'call_1', type: 'function', function: { name: 'hub_search', arguments: '{"query":' } }),
      callChunk({ function: { arguments: '"whisper"}' } }),
      callChunk({ id: 'call_2', type: 'function', function: { name: 'hub_whoami', arguments: '{}' } }),
      chunk({}, 'tool_calls'),
    ],
  },
  'no-id': {
    events: [
      callChunk({ index: 0, id: '', function: { name: 'hub_search', arguments: SEARCH } }),
      callChunk({ index: 1, function: { name: 'hub_whoami', arguments: '{}' } }),
      chunk({}, 'tool_calls'),
    ],
  },
  'name-repeated': {
    events: [
      callChunk({ index: 0, id: 'call_1', function: { name: 'hub_search', arguments: '' } }),
      callChunk({ index: 0, id: 'call_1', function: { name: 'hub_search', arguments: '{"query":' } }),
      callChunk({ index: 0, id: 'call_1', function: { name: 'hub_search', arguments: '"whisper"}' } }),
      chunk({}, 'tool_calls'),
    ],
  },
  'name-in-pieces': {
    events: [
      callChunk({ index: 0, id: 'call_1', function: { name: 'hub_', arguments: '' } }),
      callChunk({ index: 0, function: { name: 'search', arguments: SEARCH } }),
      chunk({}, 'tool_calls'),
    ],
  },
  'arguments-object': {
    events: [
      callChunk({ index: 0, id: 'call_1', function: { name: 'hub_search', arguments: { query: 'whisper' } } }),
      chunk({}, 'tool_calls'),
    ],
  },
  /** Both in one chunk, then piece by piece in turn. */
  interleaved: {
    events: [
      callChunk(
        { index: 0, id: 'call_1', function: { name: 'hub_search', arguments: '{"query":' } },
        { index: 1, id: 'call_2', function: { name: 'hub_search', arguments: '{"query":' } },
      ),
      callChunk({ index: 1, function: { arguments: '"bert"}' } }),
      callChunk({ index: 0, function: { arguments: '"whisper"}' } }),
      chunk({}, 'tool_calls'),
    ],
  },
  parallel: {
    calls: [
      { id: 'call_1', name: 'hub_search', arguments: { query: 'whisper' } },
      { id: 'call_2', name: 'hub_search', arguments: { query: 'bert' } },
    ],
  },
  /** Says `stop` although it calls a tool. */
  'stop-with-calls': { calls: [{ id: 'call_1', name: 'hub_search', arguments: SEARCH }], finish: 'stop' },
  'content-null': {
    events: [
      chunk({ role: 'assistant', content: null, tool_calls: null }),
      chunk({ content: 'Hi' }),
      chunk({}, 'stop'),
    ],
  },
  'content-parts': {
    events: [chunk({ content: [{ type: 'text', text: 'Hel' }] }), chunk({ content: 'lo' }), chunk({}, 'stop')],
  },
  reasoning: { reasoning: 'Let me think.', text: 'Hello.' },
  /** As OpenRouter and vLLM name it. */
  'reasoning-other': {
    events: [chunk({ role: 'assistant', reasoning: 'Let me think.' }), chunk({ content: 'Hello.' }), chunk({}, 'stop')],
  },
  think: {
    events: ['<thi', 'nk>Let me ', 'think.</th', 'ink>\n\nHel', 'lo.']
      .map((content) => chunk({ content }))
      .concat([chunk({}, 'stop')]),
  },
  length: { text: 'Half of an', finish: 'length' },
  filtered: { text: '', finish: 'content_filter' },
  refusal: { events: [chunk({ role: 'assistant', refusal: 'I cannot help with that.' }), chunk({}, 'stop')] },
  /** Calls a tool whatever happens. */
  endless: { calls: [{ name: 'hub_whoami', arguments: {} }] },
} satisfies Record<string, Reply>;

export type Fault = keyof typeof FAULTS;

/**
 * What the server says unless told otherwise, by the last message: `CALL name {…}` calls a tool that it was told of, `FAULT
 * name` does what `FAULTS` has, `LONG` says 200 words slowly, `LOOPTOOL` calls a tool for ever, `name?` tells whether a name
 * was mentioned; the answer of a tool is repeated, and so is anything else.
 */
const decide: Decide = ({ body }) => {
  const { messages = [], tools = [] } = body;
  const last = messages.at(-1);
  const text = typeof last?.content === 'string' ? last.content : JSON.stringify(last?.content ?? '');
  const all = JSON.stringify(messages.filter(({ role }) => role !== 'system'));
  if (tools.length > 0 && all.includes('LOOPTOOL')) return FAULTS.endless;
  if (last?.role === 'tool') return { text: `I found this: ${text.slice(0, 60).replace(/\s+/g, ' ')}` };
  const fault = /FAULT ([a-z-]+)/.exec(text)?.[1];
  if (fault && Object.hasOwn(FAULTS, fault)) return FAULTS[fault as Fault];
  const [, name, given] = /CALL (\w+) (\{.*\})/.exec(text) ?? [];
  if (name && given && tools.some((tool) => tool.function.name === name)) {
    return { text: 'Let me look. ', calls: [{ name, arguments: given }] };
  }
  if (text.includes('LONG')) return { text: Array.from({ length: 200 }, (_, at) => `word${at} `).join(''), slow: 20 };
  if (text.includes('name?')) return { text: all.includes('Alice') ? 'Your name is Alice.' : 'I do not know.' };
  return { text: `You said: ${text.slice(0, 200)}` };
};

/**
 * Starts a server that speaks chat completions as the script says, on the loopback interface. Streams unless the request says
 * otherwise.
 */
export async function startScriptedModel({ script, models, onModels, port = 0 }: Options = {}): Promise<ScriptedModel> {
  const requests: SeenRequest[] = [];
  const all: SeenRequest[] = [];
  let played = toDecide(script ?? decide);
  let count = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    try {
      for await (const piece of request) text += piece;
    } catch {
      // Its client is gone.
      return;
    }
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? { messages: [] } : JSON.parse(text),
      aborted: new Promise((resolve) => response.on('close', () => resolve(!response.writableFinished))),
    };
    all.push(seen);
    if (seen.path.endsWith('/models')) {
      const list = {
        object: 'list',
        data: models ?? [{ id: 'scripted', object: 'model', created: 1, owned_by: 'test' }],
      };
      return sendJson(response, onModels ?? { status: 200, body: list });
    }
    if (!seen.path.endsWith('/chat/completions'))
      return sendJson(response, { status: 404, body: { error: 'Not Found' } });
    requests.push(seen);
    const reply = played(seen, count);
    count += 1;
    if ('hang' in reply) return;
    if ('status' in reply) return sendJson(response, reply);
    if (seen.body.stream !== true && !('events' in reply))
      return sendJson(response, { status: 200, body: toWhole(reply) });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const write = (event: unknown) =>
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    const { events, end = 'done' } = 'events' in reply ? reply : { events: toEvents(reply, seen.body) };
    const slow = 'slow' in reply ? reply.slow : undefined;
    for (const event of events) {
      if (response.destroyed) return;
      write(event);
      if (slow) await new Promise((resolve) => setTimeout(resolve, slow));
    }
    // Headers go out with the first byte, and `empty` has none.
    response.flushHeaders();
    if (end === 'done') write('[DONE]');
    if (end === 'cut') return void setImmediate(() => response.destroy());
    if (end !== 'hang') response.end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    all,
    play(...next) {
      played = toDecide(typeof next[0] === 'function' ? next[0] : (next as Reply[]));
      count = 0;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function toDecide(script: Reply[] | Decide): Decide {
  if (typeof script === 'function') return script;
  return (_, index) => script[Math.min(index, script.length - 1)] ?? { text: '' };
}

function sendJson(response: ServerResponse, { status, body, headers }: Extract<Reply, { status: number }>): void {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

type Said = Exclude<Reply, { events: unknown } | { status: number } | { hang: true }>;

const writeArguments = (value: ScriptedCall['arguments']) =>
  typeof value === 'string' ? value : JSON.stringify(value);
let ids = 0;
function idOf({ id }: ScriptedCall): string {
  ids += 1;
  return id ?? `call_s${ids}`;
}

function toEvents(said: Said, body: SeenRequest['body']): Record<string, unknown>[] {
  const { text = '', reasoning, calls = [], finish = calls.length > 0 ? 'tool_calls' : 'stop', usage = USAGE } = said;
  const withUsage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage && usage;
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(reasoning?.match(/\S+\s*/g) ?? []).map((reasoning_content) => chunk({ reasoning_content })),
    ...(text.match(/\S+\s*/g) ?? []).map((content) => chunk({ content })),
    ...calls.flatMap((call, index) => [
      callChunk({ index, id: idOf(call), type: 'function', function: { name: call.name, arguments: '' } }),
      ...(writeArguments(call.arguments).match(/.{1,7}/gs) ?? []).map((piece) =>
        callChunk({ index, function: { arguments: piece } }),
      ),
    ]),
    chunk({}, finish),
    ...(withUsage ? [{ ...chunk({}), choices: [], usage }] : []),
  ];
}

function toWhole({ text, calls, finish, usage = USAGE }: Said): Record<string, unknown> {
  const tool_calls = calls?.map((call) => ({
    id: idOf(call),
    type: 'function',
    function: { name: call.name, arguments: writeArguments(call.arguments) },
  }));
  const message = { role: 'assistant', content: text ?? null, ...(tool_calls && { tool_calls }) };
  const choice = { index: 0, message, finish_reason: finish ?? (calls ? 'tool_calls' : 'stop') };
  return { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'scripted', choices: [choice], usage };
}
