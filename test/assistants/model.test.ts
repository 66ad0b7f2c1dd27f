import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listModels, type ModelServer, openModel } from '../../src/assistants/model.js';
import type { ModelPiece, ModelRequest } from '../../src/assistants/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { chunk, FAULTS, type Fault, type ScriptedModel, startScriptedModel, USAGE } from '../doubles/scripted-model.js';

let upstream: ScriptedModel;
const open = new AbortController().signal;
const TOOL = { name: 'hub_search', description: 'Search.', parameters: { type: 'object', properties: {} } };
const REQUEST: ModelRequest = { messages: [{ role: 'user', content: 'Hello' }], tools: [TOOL] };

beforeAll(async () => {
  upstream = await startScriptedModel({ models: [{ id: 'scripted' }, { id: 'other' }] });
});
beforeEach(() => {
  upstream.requests.length = 0;
});
afterAll(() => upstream.close());

function serverAt(url: string, change: Partial<ModelServer> = {}): ModelServer {
  const base = new URL(url);
  return { base, where: url, isRouter: false, silenceMs: 5000, network: fetch, userAgent: 'test', ...change };
}

interface Heard {
  pieces: ModelPiece[];
  text: string;
  thoughts: string;
  calls: { id: string; name: string; arguments: string }[];
  end?: ModelPiece & { type: 'end' };
  error?: HugwireError;
}

async function hear(change: Partial<ModelServer> = {}, request = REQUEST, signal = open): Promise<Heard> {
  const model = openModel('scripted', serverAt(upstream.url, change));
  return collect(model.stream(request, signal));
}

async function collect(stream: AsyncIterable<ModelPiece>): Promise<Heard> {
  const pieces: ModelPiece[] = [];
  let error: HugwireError | undefined;
  try {
    for await (const piece of stream) pieces.push(piece);
  } catch (caught) {
    if (!(caught instanceof HugwireError)) throw caught;
    error = caught;
  }
  const join = (type: 'text' | 'reasoning') => pieces.map((one) => (one.type === type ? one.text : '')).join('');
  return {
    pieces,
    text: join('text'),
    thoughts: join('reasoning'),
    calls: pieces.flatMap((one) =>
      one.type === 'call' ? [{ id: one.id, name: one.name, arguments: one.arguments }] : [],
    ),
    end: pieces.find((one) => one.type === 'end'),
    error,
  };
}

const search = (query: string, id: string) => ({ id, name: 'hub_search', arguments: JSON.stringify({ query }) });
const WHISPER = search('whisper', 'call_1');
const WHOAMI = { id: 'call_2', name: 'hub_whoami', arguments: '{}' };

describe('an answer', () => {
  it('comes as it is said, ends once, and tells its tokens', async () => {
    upstream.play({ reasoning: 'Let me think. ', text: 'Hello there.', calls: [WHISPER] });
    const { text, thoughts, calls, end, pieces } = await hear();
    expect({ text, thoughts, calls }).toEqual({ text: 'Hello there.', thoughts: 'Let me think. ', calls: [WHISPER] });
    expect(end).toEqual({ type: 'end', finish: 'stop', usage: { input: 20, cached: 8, output: 5, reasoning: 2 } });
    expect(pieces.at(-1)).toBe(end);
    expect(pieces.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
  });

  it('is asked for in the words of chat completions, and with nothing that was not given', async () => {
    upstream.play({ text: 'Hi' });
    await hear();
    expect(upstream.requests[0]?.body).toEqual({
      model: 'scripted',
      messages: REQUEST.messages,
      stream: true,
      stream_options: { include_usage: true },
      tools: [{ type: 'function', function: TOOL }],
    });
    expect(upstream.requests[0]?.headers.authorization).toBeUndefined();
    const parameters = { $schema: 'x', type: 'object' };
    await hear(
      {},
      {
        messages: [],
        tools: [{ name: 'a', parameters, strict: null }],
        toolChoice: { name: 'a' },
        parallelToolCalls: false,
        maxOutputTokens: 9,
        temperature: 0,
        topP: 0.5,
        responseFormat: { type: 'json_object' },
        reasoningEffort: 'low',
      },
    );
    expect(upstream.requests[1]?.body).toMatchObject({
      tools: [{ type: 'function', function: { name: 'a', parameters: { type: 'object', properties: {} } } }],
      tool_choice: { type: 'function', function: { name: 'a' } },
      parallel_tool_calls: false,
      max_tokens: 9,
      temperature: 0,
      top_p: 0.5,
      response_format: { type: 'json_object' },
      reasoning_effort: 'low',
    });
    expect(JSON.stringify(upstream.requests[1]?.body)).not.toContain('$schema');
    await hear({}, { messages: [], tools: [], toolChoice: 'required' });
    expect(upstream.requests[2]?.body).not.toHaveProperty('tool_choice');
  });

  it.each<[Fault, { text?: string; thoughts?: string; calls?: object[]; finish?: string }]>([
    ['whole', { text: 'All at once.', calls: [WHISPER] }],
    ['bad-arguments', { calls: [{ id: 'call_1', name: 'hub_search', arguments: '{"query": whisper' }] }],
    ['no-index', { calls: [WHISPER, WHOAMI] }],
    [
      'no-id',
      {
        calls: [
          { ...WHISPER, id: expect.stringMatching(/^call_\w{32}$/) },
          { ...WHOAMI, id: expect.stringMatching(/^call_\w{32}$/) },
        ],
      },
    ],
    ['name-repeated', { calls: [WHISPER] }],
    ['name-in-pieces', { calls: [WHISPER] }],
    ['arguments-object', { calls: [WHISPER] }],
    ['interleaved', { calls: [WHISPER, search('bert', 'call_2')] }],
    ['parallel', { calls: [WHISPER, search('bert', 'call_2')] }],
    ['stop-with-calls', { calls: [WHISPER] }],
    ['content-null', { text: 'Hi' }],
    ['content-parts', { text: 'Hello' }],
    ['reasoning', { thoughts: 'Let me think.', text: 'Hello.' }],
    ['reasoning-other', { thoughts: 'Let me think.', text: 'Hello.' }],
    ['think', { thoughts: 'Let me think.', text: 'Hello.' }],
    ['length', { text: 'Half of an', finish: 'length' }],
    ['filtered', { finish: 'content_filter' }],
    ['refusal', { text: 'I cannot help with that.' }],
  ])('is understood as some servers write it: %s', async (fault, expected) => {
    upstream.play(FAULTS[fault]);
    const { text, thoughts, calls, end, error } = await hear();
    expect(error).toBeUndefined();
    expect({ text, thoughts, calls, finish: end?.finish }).toEqual({
      text: '',
      thoughts: '',
      calls: [],
      finish: 'stop',
      ...expected,
    });
  });

  const piece = (call: Record<string, unknown>) => chunk({ tool_calls: [call] });
  const part = (index: number | undefined, id: string | undefined, name?: string, args?: string) =>
    piece({ index, id, function: { name, arguments: args } });
  it.each<[string, Record<string, unknown>[], object[]]>([
    [
      'every call counted as the first',
      [part(0, 'call_1', 'hub_search', WHISPER.arguments), part(0, 'call_2', 'hub_whoami', '{}')],
      [WHISPER, WHOAMI],
    ],
    [
      'another id with every piece',
      [
        part(0, 'x1', 'hub_search', ''),
        part(0, 'x2', undefined, '{"query":'),
        part(0, 'x3', 'hub_search', '"whisper"}'),
      ],
      [{ ...WHISPER, id: 'x1' }],
    ],
    [
      'neither index nor id',
      [part(undefined, undefined, 'hub_search', WHISPER.arguments), part(undefined, undefined, 'hub_whoami', '{}')],
      [
        { ...WHISPER, id: expect.any(String) },
        { ...WHOAMI, id: expect.any(String) },
      ],
    ],
    [
      'all of it once more at the end',
      [part(0, 'call_1', 'hub_search', WHISPER.arguments), part(0, 'call_1', 'hub_search', WHISPER.arguments)],
      [WHISPER],
    ],
    [
      'the same id twice',
      [part(0, 'a', 'one', '{}'), part(1, 'a', 'two', '{}')],
      [
        { id: 'a', name: 'one', arguments: '{}' },
        { id: expect.not.stringMatching(/^a$/), name: 'two', arguments: '{}' },
      ],
    ],
    ['nothing but an index', [piece({ index: 0 }), piece({ index: 0, function: null })], []],
    ['no list', [chunk({ tool_calls: 'hub_search' }), chunk({ tool_calls: [null, 1] })], []],
  ])('tells calls apart: %s', async (_, events, expected) => {
    upstream.play({ events: [...events, chunk({}, 'tool_calls')] });
    expect((await hear()).calls).toEqual(expected);
  });

  it.each([
    ['<think>a</think>b', 'a', 'b'],
    ['\n<thinking>\na\n</thinking>\n\nb <think>c', '\na\n', 'b <think>c'],
    ['[THINK]a[/THINK]b', 'a', 'b'],
    ['<think>a < b </thin k> c', 'a < b </thin k> c', ''],
    ['<thin air', '', '<thin air'],
    ['  <', '', '  <'],
    ['Say <think> to think', '', 'Say <think> to think'],
  ])('keeps thoughts apart, wherever a piece ends: %j', async (content, thoughts, text) => {
    for (const size of [1, 3, 100]) {
      const pieces = content.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      upstream.play({ events: [...pieces.map((one) => chunk({ content: one })), chunk({}, 'stop')] });
      expect(await hear()).toMatchObject({ thoughts, text });
    }
  });

  it('is done once it is said to be, whatever becomes of the connection', async () => {
    upstream.play({ events: [chunk({ content: 'Done.' }), chunk({}, 'stop')], end: 'cut' });
    expect(await hear()).toMatchObject({ text: 'Done.', end: { finish: 'stop', usage: undefined }, error: undefined });
    upstream.play({
      events: [
        { ...chunk({ content: 'A' }), usage: USAGE },
        { ...chunk({}, 'stop'), usage: null },
      ],
      end: 'close',
    });
    expect((await hear()).end?.usage).toMatchObject({ input: 20 });
  });
});

describe('a failure', () => {
  it.each<[Fault, string, RegExp, RegExp]>([
    ['unauthorized', 'unauthorized', /wants a token or key, and none was sent/, /assistants\.apiKey/],
    ['forbidden', 'unauthorized', /wants a token or key/, /assistants\.apiKey/],
    ['credits', 'quota_exceeded', /credits at .* are used up/, /on this machine, which costs nothing/],
    [
      'missing',
      'not_found',
      /There is no model scripted/,
      /There is other: `hugwire config set assistants\.model other`/,
    ],
    ['unsupported', 'not_found', /No provider that is enabled .* has the model scripted/, /other/],
    ['overflow', 'too_large', /does not fit into the window of scripted \(8,192 tokens\)/, /larger window/],
    ['overflow-openai', 'too_large', /\(8,192 tokens\)/, /larger window/],
    ['no-tools', 'invalid_arguments', /cannot call tools/, /Choose a model that does/],
    ['no-tools-vllm', 'invalid_arguments', /cannot call tools/, /--enable-auto-tool-choice/],
    ['broken', 'unavailable', /failed \(500\): “Internal Server Error”/, /Try again/],
    ['html', 'unavailable', /web page/, /ends in \/v1/],
    ['redirect', 'blocked', /redirected the request/, /endpointUrl/],
    ['empty', 'unavailable', /broke off before it was whole/, /Ask again/],
  ])('says what happened and what to do: %s', async (fault, code, message, hint) => {
    upstream.play(FAULTS[fault]);
    const { error, pieces } = await hear();
    expect(pieces).toEqual([]);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<[Fault, string]>([
    ['cut', 'unavailable'],
    ['unfinished', 'unavailable'],
    ['error-inside', 'unavailable'],
    ['not-json', 'unavailable'],
  ])('in the midst of an answer keeps what was said, and is not tried again: %s', async (fault, code) => {
    upstream.play(FAULTS[fault]);
    const { error, text, end } = await hear();
    expect(text).toMatch(/^H(?:alf of an|ello)/);
    expect({ code: error?.code, end }).toEqual({ code, end: undefined });
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<Fault>(['busy', 'loading'])('that passes is waited for: %s', async (fault) => {
    upstream.play(FAULTS[fault], FAULTS[fault], { text: 'Ready.' });
    expect(await hear()).toMatchObject({ text: 'Ready.', error: undefined });
    expect(upstream.requests).toHaveLength(3);
  });

  it('that does not pass ends after a few tries', async () => {
    upstream.play(FAULTS.busy);
    expect((await hear()).error).toMatchObject({ code: 'rate_limited' });
    expect(upstream.requests).toHaveLength(3);
  });

  it('that lasts longer than anyone waits is told at once', async () => {
    upstream.play({ ...FAULTS.busy, headers: { 'retry-after': '3600' } });
    expect((await hear()).error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3600 });
    expect(upstream.requests).toHaveLength(1);
  });

  it('inside a stream that has not begun is as any other', async () => {
    upstream.play({ events: [{ error: { message: 'busy', code: 503 } }], end: 'close' }, { text: 'Now.' });
    expect(await hear()).toMatchObject({ text: 'Now.' });
    upstream.play({ events: [{ error: 'out of memory' }], end: 'close' });
    expect((await hear()).error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('“out of memory”'),
    });
  });

  it('of silence says how long to wait can be set', async () => {
    for (const fault of ['hang', 'hang-midway'] as const) {
      upstream.play(FAULTS[fault]);
      const { error } = await hear({ silenceMs: 60 });
      expect(error).toMatchObject({ code: 'timeout', hint: expect.stringContaining('assistants.timeoutSeconds') });
    }
    expect(upstream.requests).toHaveLength(2);
  });

  it('of a server that is not there says to start it', async () => {
    const gone = await startScriptedModel();
    await gone.close();
    const model = openModel('scripted', serverAt(gone.url));
    const { error } = await collect(model.stream(REQUEST, open));
    expect(error).toMatchObject({
      code: 'offline',
      message: expect.stringContaining('Nothing answers at'),
      hint: expect.stringContaining('Ollama'),
    });
  });

  it('of a parameter that the server does not know leaves it out from then on', async () => {
    const refuse = (name: string) => ({
      status: 400,
      body: { error: { message: `Unsupported parameter: '${name}' is not supported with this model.` } },
    });
    upstream.play(refuse('max_tokens'), refuse('temperature'), refuse('stream_options'), { text: 'Now.' });
    const model = openModel('scripted', serverAt(upstream.url));
    const request = { messages: [], tools: [], maxOutputTokens: 5, temperature: 1 };
    expect((await collect(model.stream(request, open))).text).toBe('Now.');
    await collect(model.stream(request, open));
    expect(upstream.requests).toHaveLength(5);
    expect(upstream.requests[4]?.body).toEqual({
      model: 'scripted',
      messages: [],
      stream: true,
      max_completion_tokens: 5,
    });
    upstream.play(refuse('temperature'));
    expect((await collect(model.stream(request, open))).error?.code).toBe('invalid_arguments');
  });
});

describe('stopping', () => {
  it.each<[string, () => void]>([
    ['before an answer', () => upstream.play(FAULTS.hang)],
    ['in the midst of one', () => upstream.play(FAULTS['hang-midway'])],
    ['while it waits for a busy server', () => upstream.play({ ...FAULTS.busy, headers: { 'retry-after': '20' } })],
  ])('ends the request at once: %s', async (_, play) => {
    play();
    const stop = new AbortController();
    const heard = hear({}, REQUEST, stop.signal);
    await expect.poll(() => upstream.requests.length).toBe(1);
    stop.abort();
    expect((await heard).error?.code).toBe('cancelled');
    if (_ !== 'while it waits for a busy server') expect(await upstream.requests[0]?.aborted).toBe(true);
  });

  it('reading ends the request, too', async () => {
    upstream.play(FAULTS['hang-midway']);
    for await (const piece of openModel('scripted', serverAt(upstream.url)).stream(REQUEST, open)) {
      expect(piece.type).toBe('text');
      break;
    }
    expect(await upstream.requests[0]?.aborted).toBe(true);
  });

  it('before it begins sends nothing', async () => {
    expect((await hear({}, REQUEST, AbortSignal.abort())).error?.code).toBe('cancelled');
    expect(upstream.requests).toEqual([]);
  });
});

describe('a key', () => {
  const KEY = 'sk-secret-0123456789';

  it('goes along, and is in no error, whatever the server repeats', async () => {
    upstream.play({ status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } });
    const { error } = await hear({ key: async () => ({ value: KEY, source: 'env MY_KEY' }) });
    expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(error).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('rejected the key from env MY_KEY'),
    });
    expect(JSON.stringify([error?.message, error?.hint])).not.toContain(KEY);
  });

  it('that was turned down is looked up once more', async () => {
    upstream.play(FAULTS.unauthorized, { text: 'In.' });
    const key = async (rejected?: string) => ({ value: rejected ? 'sk-new-one-111' : KEY, source: 'command' });
    expect((await hear({ key })).text).toBe('In.');
    expect(upstream.requests[1]?.headers.authorization).toBe('Bearer sk-new-one-111');
  });

  it.each<[Fault, string, RegExp]>([
    ['unauthorized', 'unauthorized', /Make calls to Inference Providers/],
    ['forbidden', 'unauthorized', /Make calls to Inference Providers/],
    ['credits', 'quota_exceeded', /settings\/billing/],
  ])('of the router is explained as such: %s', async (fault, code, hint) => {
    upstream.play(FAULTS[fault]);
    const key = async () => ({ value: 'hf_abcdefghijklmnopqrstuvwxyz012345', source: 'env HF_TOKEN' });
    const { error } = await hear({ key, isRouter: true, where: 'the Hugging Face router' });
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
    if (code === 'unauthorized') expect(error?.message).toContain('token from env HF_TOKEN');
  });
});

describe('what a server tells of its models', () => {
  const list = async (models: Record<string, unknown>[]) => {
    const server = await startScriptedModel({ models });
    try {
      return await listModels(serverAt(server.url), open);
    } finally {
      await server.close();
    }
  };

  it('is read as the router, vLLM and others say it', async () => {
    const providers = [
      { provider: 'a', status: 'live', context_length: 40_960, supports_tools: true },
      { provider: 'b', status: 'live', context_length: 16_384, supports_tools: true },
      { provider: 'c', status: 'live', context_length: 4096, supports_tools: false },
      { provider: 'd', status: 'staging', context_length: 1, supports_tools: true },
    ];
    const found = await list([
      { id: 'Qwen/Qwen3-32B', providers, architecture: { input_modalities: ['text', 'image'] } },
      { id: 'vllm', owned_by: 'vllm', max_model_len: 4096 },
      { id: 'tiny', providers: [{ provider: 'a', supports_tools: false }] },
      { id: 7 },
      { name: 'nameless' },
    ]);
    expect(found).toEqual([
      { id: 'Qwen/Qwen3-32B', contextLength: 16_384, callsTools: true, readsImages: true },
      { id: 'vllm', program: 'vllm', contextLength: 4096 },
      { id: 'tiny', callsTools: false },
    ]);
  });

  it('is never missed: a server that says nothing leaves all open', async () => {
    const server = await startScriptedModel({ onModels: { status: 500, body: 'no' } });
    try {
      expect(await openModel('scripted', serverAt(server.url)).info(open)).toEqual({});
    } finally {
      await server.close();
    }
    expect(await openModel('scripted', serverAt(server.url)).info(open)).toEqual({});
    expect(await openModel('scripted', serverAt(upstream.url)).info(AbortSignal.abort())).toEqual({});
  });

  it('names a model with tools where the chosen one has none', async () => {
    const providers = [{ provider: 'a', status: 'live', supports_tools: true, context_length: 8192 }];
    const server = await startScriptedModel({
      script: [FAULTS['no-tools']],
      models: [{ id: 'able', providers }, { id: 'unable' }],
    });
    try {
      const { error } = await collect(openModel('scripted', serverAt(server.url)).stream(REQUEST, open));
      expect(error?.hint).toContain('`-m able`');
    } finally {
      await server.close();
    }
  });
});
