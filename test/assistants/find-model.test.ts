import { describe, expect, it } from 'vitest';
import { type FindOptions, findModel } from '../../src/assistants/find-model.js';
import type { ModelChoice } from '../../src/assistants/types.js';
import { configSchema } from '../../src/config/schema.js';

const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyz012345';
const ROUTER = 'https://router.huggingface.co';
const OLLAMA = 'http://127.0.0.1:11434';
const LLAMA = 'http://127.0.0.1:8080';
const never = new AbortController().signal;

interface Asked {
  url: string;
  authorization?: string;
  headers: Headers;
}

interface World {
  /** Models by the origin of their server; who is not here does not answer. */
  servers?: Record<string, (string | Record<string, unknown>)[]>;
  assistants?: Record<string, unknown>;
  hub?: Record<string, unknown>;
  env?: NodeJS.ProcessEnv;
  says?: boolean;
}

/** Finds a model in a world of servers that answer whatever they are asked, and has it say one word. */
async function find(choice: ModelChoice, { servers = {}, assistants = {}, hub = {}, env = {}, says }: World = {}) {
  const asked: Asked[] = [];
  const network = (async (url: URL, init: RequestInit) => {
    const headers = new Headers(init.headers);
    asked.push({ url: url.href, authorization: headers.get('authorization') ?? undefined, headers });
    const models = servers[url.origin];
    if (!models) throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
    if (url.pathname.endsWith('/chat/completions')) {
      return Response.json({ choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] });
    }
    return Response.json({ data: models.map((model) => (typeof model === 'string' ? { id: model } : model)) });
  }) as typeof fetch;
  const paths = { config: '/nowhere', cache: '/nowhere', state: '/nowhere' };
  const options: FindOptions = {
    config: configSchema.parse({ assistants, hub, token: { source: 'env', name: 'HF_TOKEN' } }),
    env,
    paths,
    network,
    ...(says === undefined ? {} : { mayUseRouter: async () => says }),
  };
  const { model, credential } = await findModel(choice, options, never);
  for await (const _ of model.stream({ messages: [], tools: [] }, never));
  const completion = asked.find(({ url }) => new URL(url).pathname.endsWith('/chat/completions'));
  return { id: model.id, where: model.where, credential, asked, url: completion?.url, sent: completion?.authorization };
}

const withToken = { env: { HF_TOKEN: TOKEN } };
const router = { servers: { [ROUTER]: ['Qwen/Qwen3-32B', 'other/model'] } };

describe('the model of an assistant', () => {
  it('is the one that it names, on the server that it names', async () => {
    const servers = { 'http://127.0.0.1:9000': ['a', 'b'], ...router.servers };
    const found = await find(
      { model: 'b', endpointUrl: 'http://127.0.0.1:9000/v1', apiKey: 'sk-12345678' },
      { servers, ...withToken },
    );
    expect(found).toMatchObject({
      id: 'b',
      url: 'http://127.0.0.1:9000/v1/chat/completions',
      sent: 'Bearer sk-12345678',
    });
    expect(await find({ endpointUrl: 'http://127.0.0.1:9000' }, { servers })).toMatchObject({
      id: 'a',
      sent: undefined,
    });
    expect(await find({ provider: 'auto', model: 'x/y' }, { servers, ...withToken })).toMatchObject({
      id: 'x/y',
      sent: `Bearer ${TOKEN}`,
      credential: { kind: 'token', source: 'env HF_TOKEN' },
    });
  });

  it.each([
    ['http://127.0.0.1:9000', '/v1/chat/completions'],
    ['http://127.0.0.1:9000/', '/v1/chat/completions'],
    ['http://127.0.0.1:9000/v1/', '/v1/chat/completions'],
    ['http://127.0.0.1:9000/v1/chat/completions', '/v1/chat/completions'],
    ['http://127.0.0.1:9000/openai/v1', '/openai/v1/chat/completions'],
    ['http://127.0.0.1:9000/v1?api-version=2', '/v1/chat/completions?api-version=2'],
  ])('is asked below its address as people write it: %s', async (endpointUrl, path) => {
    const found = await find({ model: 'a', endpointUrl }, { servers: { 'http://127.0.0.1:9000': [] } });
    expect(found.url).toBe(`http://127.0.0.1:9000${path}`);
  });

  it("is on the config's server where it names no other", async () => {
    const assistants = { endpointUrl: `${LLAMA}/v1`, model: 'mine' };
    const servers = { [LLAMA]: ['mine', 'theirs'] };
    expect((await find({}, { assistants, servers })).id).toBe('mine');
    expect((await find({ model: 'theirs' }, { assistants, servers })).id).toBe('theirs');
    const wins = { assistants: { ...assistants, provider: 'auto' }, servers, ...withToken };
    expect(await find({}, wins)).toMatchObject({ sent: undefined, where: `${LLAMA}/v1` });
  });

  it('is the first to talk to that runs on this machine, where nobody names one', async () => {
    const servers = { [OLLAMA]: ['nomic-embed-text', 'qwen3:8b', 'llama3'] };
    expect(await find({}, { servers, ...withToken })).toMatchObject({ id: 'qwen3:8b', sent: undefined });
    expect((await find({ model: 'llama3' }, { servers })).id).toBe('llama3');
    expect((await find({}, { servers: { ...servers, [LLAMA]: ['big'] } })).id).toBe('big');
    expect((await find({ model: 'llama3' }, { servers: { ...servers, [LLAMA]: ['big'] } })).where).toContain('Ollama');
    expect((await find({ model: 'x' }, { servers: { [OLLAMA]: ['x:latest'] } })).id).toBe('x:latest');
  });

  it('is the one of the router that the user names, with what they say of it', async () => {
    const world = { ...router, ...withToken, assistants: { provider: 'groq', model: 'x/y', billTo: 'acme' } };
    const found = await find({}, world);
    expect(found).toMatchObject({ id: 'x/y:groq', url: `${ROUTER}/v1/chat/completions`, sent: `Bearer ${TOKEN}` });
    expect(found.asked.at(-1)?.headers.get('x-hf-bill-to')).toBe('acme');
    expect((await find({ model: 'x/y:cheapest' }, { ...router, ...withToken })).id).toBe('x/y:cheapest');
    expect((await find({ provider: 'fastest', model: 'x/y' }, { ...router, ...withToken })).id).toBe('x/y');
    const able = { id: 'new/model', providers: [{ supports_tools: true, status: 'live' }] };
    const others = { servers: { [ROUTER]: ['plain/model', able] }, ...withToken };
    expect((await find({ provider: 'auto' }, others)).id).toBe('new/model');
  });

  it('is a script where that is asked for', async () => {
    expect(await find({ model: 'demo' })).toMatchObject({ id: 'demo', asked: [] });
    expect(await find({}, { assistants: { model: 'demo' } })).toMatchObject({ id: 'demo', asked: [] });
  });
});

describe('the token of the Hub', () => {
  it('goes to the router when the user says yes, and not otherwise', async () => {
    expect(await find({}, { ...router, ...withToken, says: true })).toMatchObject({ sent: `Bearer ${TOKEN}` });
    for (const says of [false, undefined]) {
      await expect(find({}, { ...router, ...withToken, says })).rejects.toMatchObject({
        code: 'not_found',
        hint: expect.stringContaining(
          'with the token from env HF_TOKEN: `hugwire config set assistants.provider auto`',
        ),
      });
    }
  });

  it('is asked for where there is none', async () => {
    await expect(find({ provider: 'auto' }, router)).rejects.toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining('inference.serverless.write'),
    });
    await expect(find({}, { ...router, says: true })).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each<[string, ModelChoice, Record<string, unknown>, NodeJS.ProcessEnv]>([
    [
      'as the key of an assistant',
      { endpointUrl: 'https://models.example/v1', apiKey: TOKEN },
      {},
      { HF_TOKEN: TOKEN },
    ],
    ['another one of the Hub', { endpointUrl: 'https://models.example/v1', apiKey: 'hf_other1234567890' }, {}, {}],
    [
      'by its variable',
      {},
      { endpointUrl: 'https://models.example/v1', apiKey: { source: 'env', name: 'HF_TOKEN' } },
      { HF_TOKEN: TOKEN },
    ],
    [
      'to an endpoint that somebody else may have rented',
      { endpointUrl: 'https://x.endpoints.huggingface.cloud/v1', apiKey: TOKEN },
      {},
      { HF_TOKEN: TOKEN },
    ],
  ])('never goes to another server: %s', async (_, choice, assistants, env) => {
    const servers = { 'https://models.example': ['a'], 'https://x.endpoints.huggingface.cloud': ['a'] };
    await expect(find(choice, { assistants, env, servers })).rejects.toMatchObject({ code: 'blocked' });
  });

  it("is the key of an endpoint of one's own, where the config says so", async () => {
    const endpointUrl = 'https://x.endpoints.huggingface.cloud/v1';
    const assistants = { endpointUrl, apiKey: { source: 'env', name: 'HF_TOKEN' } };
    const servers = { 'https://x.endpoints.huggingface.cloud': ['a'] };
    expect(await find({}, { assistants, servers, ...withToken })).toMatchObject({ sent: `Bearer ${TOKEN}` });
  });

  it("does not go where the config's key goes, nor that key elsewhere", async () => {
    const assistants = { endpointUrl: 'https://models.example/v1', apiKey: { source: 'env', name: 'MY_KEY' } };
    const world = { assistants, env: { MY_KEY: 'sk-mine-12345', HF_TOKEN: TOKEN } };
    const servers = { 'https://models.example': ['a'], 'https://other.example': ['a'], ...router.servers };
    expect((await find({}, { ...world, servers })).sent).toBe('Bearer sk-mine-12345');
    expect((await find({ endpointUrl: 'https://other.example/v1' }, { ...world, servers })).sent).toBeUndefined();
    expect((await find({ provider: 'auto', model: 'x/y' }, { ...world, servers })).sent).toBe(`Bearer ${TOKEN}`);
  });
});

describe('where no model can be found', () => {
  it('says how to come by one', async () => {
    await expect(find({})).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('llama.cpp (8080), Ollama (11434), LM Studio (1234), vLLM (8000)'),
      hint: expect.stringContaining('hugwire chat --demo'),
    });
    await expect(find({ model: 'absent' }, { servers: { [OLLAMA]: ['llama3'] } })).rejects.toMatchObject({
      message: 'No server of models on this machine has absent.',
      hint: expect.stringContaining('`-m llama3`'),
    });
    await expect(find({ endpointUrl: `${LLAMA}/v1` }, { servers: { [LLAMA]: [] } })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(find({ endpointUrl: `${LLAMA}/v1` })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('offline, asks nobody but this machine', async () => {
    const offline = { hub: { offline: true }, ...withToken };
    const servers = { [LLAMA]: ['a'], ...router.servers, 'https://models.example': ['a'] };
    expect((await find({}, { ...offline, servers })).id).toBe('a');
    for (const choice of [{ provider: 'auto' }, { endpointUrl: 'https://models.example/v1' }]) {
      await expect(find(choice, { ...offline, servers })).rejects.toMatchObject({ code: 'offline' });
    }
    await expect(find({}, { ...offline, says: true })).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.not.stringContaining('provider auto'),
    });
  });

  it.each([
    ['ftp://127.0.0.1/v1', 'invalid_arguments'],
    ['http://user:password@127.0.0.1/v1', 'invalid_arguments'],
    ['nonsense', 'invalid_arguments'],
    ['http://169.254.169.254/v1', 'blocked'],
    ['http://[fd00:ec2::254]/v1', 'blocked'],
  ])('refuses an address that is none: %s', async (endpointUrl, code) => {
    const error = await find({ endpointUrl, model: 'a' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('password@');
  });
});
