import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { attack, damage, damageBytes, mutate, TOKEN, write } from './mutate.js';
import { fuzz, openEngine, randomOf, TIMEOUT_MS } from './run.js';

// The answers of a hostile Hub: those of the small Hub, mutated on their way, through every tool.

// Pauses between tries would be most of the time.
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>();
  const setTimeout: typeof timers.setTimeout = (_, ...rest) => timers.setTimeout(1, ...rest);
  return { ...timers, setTimeout };
});

/** Seeds that failed once. Each has a test of its own beside the code that was mended. */
const REGRESSIONS: number[] = [20779, 21896, 23487, 28760, 31548, 901767];

const SPACE = 'hugwire/demo-space';
const CALLS: [tool: string, args: object][] = [
  ['hub_whoami', {}],
  ['hub_search', { query: 'whisper', kinds: ['model', 'dataset', 'space'] }],
  ['hub_search', { query: 'diffusion', kinds: ['paper', 'collection', 'docs'] }],
  ['hub_search', { kinds: ['model'], sort: 'trending', limit: 3 }],
  ['hub_search', { query: 'speech', kinds: ['space'] }],
  ['hub_search', { query: 'attention', kinds: ['paper'] }],
  ['hub_search', { query: 'trainer', kinds: ['docs'] }],
  ['hub_search', { kinds: ['collection'], author: 'hugwire' }],
  ['hub_search', { kinds: ['model'], task: 'automatic-speech-recognition', library: 'transformers' }],
  ['hub_repo', { ids: ['openai/whisper-large-v3'], include: ['card', 'files', 'usage', 'discussions'] }],
  ['hub_repo', { ids: ['rajpurkar/squad', 'datasets/stanfordnlp/imdb'], include: ['card', 'files', 'usage'] }],
  ['hub_repo', { ids: [`spaces/${SPACE}`, 'black-forest-labs/FLUX.1-dev'], include: ['files', 'usage'] }],
  ['hub_repo', { ids: ['nobody/nothing', 'gpt2'] }],
  ['hub_read', { uris: ['openai/whisper-large-v3'] }],
  ['hub_read', { uris: ['openai/whisper-large-v3/config.json', 'datasets/maya/trail-signs/signs.csv'] }],
  ['hub_read', { uris: ['hf://models/openai/whisper-large-v3/model.safetensors'] }],
  ['hub_read', { uris: ['models/bartowski/Llama-3.2-3B-Instruct-GGUF/'] }],
  ['hub_read', { uris: ['hf://datasets/rajpurkar/squad@refs/convert/parquet/plain_text/train/0000.parquet'] }],
  ['hub_read', { uris: ['datasets/maya/trail-signs/train/3/sign.png', 'datasets/maya/trail-signs/notes/cuckoo.wav'] }],
  ['hub_read', { uris: ['https://huggingface.co/datasets/maya/trail-signs/tree/main'] }],
  ['hub_read', { uris: ['papers/1706.03762', 'https://arxiv.org/abs/2212.04356'] }],
  ['hub_read', { uris: ['docs', 'docs/transformers'] }],
  ['hub_read', { uris: ['docs/transformers/main_classes/trainer'] }],
  ['hub_read', { uris: ['https://huggingface.co/openai/whisper-large-v3/discussions/3'] }],
  ['hub_read', { uris: ['gpt2@main/config.json', 'spaces/black-forest-labs/FLUX.1-schnell'] }],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb' }],
  ['dataset_rows', { dataset: 'openai/gsm8k', config: 'main', split: 'test', limit: 2 }],
  ['dataset_rows', { dataset: 'rajpurkar/squad', query: 'Notre' }],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb', where: '"label" = 1' }],
  ['dataset_rows', { dataset: 'maya/trail-signs' }],
  ['dataset_rows', { dataset: 'ylecun/mnist' }],
  ['space_info', { space: 'black-forest-labs/FLUX.1-schnell' }],
  ['space_info', { space: SPACE }],
  ['space_call', { space: SPACE, endpoint: '/draw', arguments: { prompt: 'dusk' } }],
  ['generate_image', { prompt: 'dusk' }],
  ['space_pin', { space: SPACE }],
];

/** Of the collections that the small Hub has; their addresses hold ids that are made when it starts. */
async function collectionCalls(): Promise<typeof CALLS> {
  const found = (await (await fetch(`${world.url}/api/collections`)).json()) as { slug: string }[];
  return found.slice(0, 2).map(({ slug }) => ['hub_read', { uris: [`collections/${slug}`] }]);
}

let world: DemoHub;
let calls: typeof CALLS;
let hubs: HostileHub[];
/** Whoever is led here must not have the token with them. */
const led: string[] = [];
const foreign = createServer((request, response) => {
  if (JSON.stringify(request.headers).includes(TOKEN)) led.push(`${request.method} ${request.url}`);
  response.end('{}');
});

beforeAll(async () => {
  const quotas = { api: 1e9, resolvers: 1e9, pages: 1e9 };
  // No app answers there, and nothing leads out of this machine.
  world = await startDemoHub({ quotas, closed: true, spaceHost: '127.0.0.1:1' });
  await listen(foreign);
  calls = [...CALLS, ...(await collectionCalls())];
  hubs = await Promise.all(Array.from({ length: 12 }, () => startHostileHub()));
});

afterAll(async () => {
  await Promise.all([world.close(), ...[foreign, ...hubs.map(({ server }) => server)].map(stop)]);
});

it(
  'whatever the Hub answers, tools give a clean answer or an error of a kind',
  async () => {
    await fuzz({ suite: 'hub', runs: 1200, places: hubs, regressions: REGRESSIONS }, async (random, hub, seed) => {
      const [tool, args] = random.pick(calls);
      hub.run = { seed, rate: random.pick([0.3, 0.6, 1]), counts: new Map() };
      const engine = openEngine(hub.url, TOKEN);
      const faults = await engine.call(tool, args);
      // Again, from what was kept of it.
      if (random.chance(0.2)) faults.push(...(await engine.call(tool, args)));
      faults.push(...(await engine.close()));
      return [...faults, ...led.splice(0).map((to) => `the token went to another origin: ${to}`)];
    });
  },
  TIMEOUT_MS,
);

it(
  'each answer, in each form that it should not have',
  async () => {
    const faults: string[] = [];
    const limit = pLimit(hubs.length);
    const free = [...hubs];
    const play = (call: (typeof CALLS)[number], fixed?: Attack['fixed']) =>
      limit(async () => {
        const hub = free.pop() as HostileHub;
        hub.run = { seed: 0, rate: 0, counts: new Map(), fixed };
        const engine = openEngine(hub.url, TOKEN);
        const found = [...(await engine.call(...call)), ...(await engine.close())];
        faults.push(...found.map((fault) => `${JSON.stringify(fixed)} ${fault}`));
        free.push(hub);
        return [...hub.run.counts.keys()];
      });
    const all = calls.map(async (call) => {
      const urls = await play(call);
      await Promise.all(urls.flatMap((url) => FORMS.map((body) => play(call, { url, body }))));
    });
    await Promise.all(all);
    expect(faults).toEqual([]);
  },
  TIMEOUT_MS,
);

/** None of them is what any path answers. */
const FORMS = ['null', '[]', '{}', '[null]', '"text"', '7', '<html>Sign in</html>', ''];

interface HostileHub {
  url: string;
  server: ReturnType<typeof createServer>;
  run: Attack;
}

interface Attack {
  seed: number;
  /** How many of the answers are changed. */
  rate: number;
  /** How often each path was asked for. */
  counts: Map<string, number>;
  /** Instead of chance: a path, and the body of its answers. */
  fixed?: { url: string; body: string };
}

async function startHostileHub(): Promise<HostileHub> {
  const server = createServer((request, response) => {
    answer(hub, request, response).catch(() => response.destroy());
  });
  const hub: HostileHub = { url: await listen(server), server, run: { seed: 0, rate: 0, counts: new Map() } };
  return hub;
}

/** What was answered well before, anywhere: a mix-up is an attack as well. */
const good: string[] = [];

async function answer(hub: HostileHub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { seed, rate, counts, fixed } = hub.run;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = request.url ?? '/';
  const { host: _, connection: __, 'content-length': ___, 'accept-encoding': ____, ...headers } = request.headers;
  const real = await fetch(world.url + url, {
    method: request.method,
    headers: headers as Record<string, string>,
    redirect: 'manual',
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
  const here = (text: string) => text.replaceAll(world.url, hub.url);
  const told = Object.fromEntries([...real.headers].map(([name, value]) => [name, here(value)]));
  delete told['content-length'];
  delete told.connection;
  delete told['keep-alive'];
  let bytes: Buffer = Buffer.from(await real.arrayBuffer());
  let status = real.status;
  // Requests come in no certain order: each has a source of chance of its own.
  const count = (counts.get(url) ?? 0) + 1;
  counts.set(url, count);
  const random = randomOf(seed, `${request.method} ${url} ${count}`);
  const isJson = told['content-type']?.includes('json') === true;
  if (isJson) bytes = Buffer.from(here(bytes.toString()));
  if (fixed?.url === url) bytes = Buffer.from(fixed.body);
  if (!random.chance(rate)) return send();

  const kinds = [
    ...Array(6).fill(() => {
      bytes = Buffer.from(
        isJson ? write(random, mutate(random, parse(bytes))) : damage(random, bytes.toString('latin1')),
        isJson ? 'utf8' : 'latin1',
      );
    }),
    () => {
      bytes = Buffer.from(damage(random, bytes.toString()));
    },
    () => {
      bytes = damageBytes(random, bytes);
    },
    () => {
      bytes = Buffer.from(random.pick(SAMPLES));
    },
    () => {
      status = random.pick([
        201, 204, 206, 301, 304, 400, 401, 402, 403, 404, 408, 409, 410, 416, 418, 422, 429, 451, 500, 501, 502, 503,
        504, 520, 599,
      ]);
      if (random.chance(0.5))
        bytes = Buffer.from(write(random, { error: mutate(random, 'Not found'), cause: attack(random) }));
    },
    () => {
      status = random.pick([301, 302, 303, 307, 308]);
      told.location = random.pick([...targets(hub), attack(random).replace(/[^\x20-\x7e]/g, '')]);
    },
    () => {
      for (let left = 1 + random.below(3); left > 0; left -= 1) {
        const name = random.pick(HEADERS);
        const value = random.pick([
          attack(random),
          told[name] ?? '',
          '-1',
          '1e99',
          '0',
          String(random.below(1e6)),
          'a/b; c="d"',
          `<${hub.url}/api/models?cursor=x>; rel="next"`,
          `Invalid ${TOKEN}`,
        ]);
        told[name] = value.replace(/[^\x20-\x7e]/g, '').slice(0, 8000);
      }
    },
    () => {
      told['content-encoding'] = random.pick(['gzip', 'br', 'deflate', 'zstd', 'x-nonsense', 'gzip, gzip']);
      if (random.chance(0.3)) bytes = gzipSync(bytes).subarray(0, random.below(200));
    },
    () => {
      told['content-length'] = String(random.pick([0, 1, bytes.length + 1, 2 ** 40]));
    },
  ];
  random.pick(kinds)();
  if (random.chance(0.03)) return void response.destroy();
  send();

  function send(): void {
    if (isJson && status === 200 && good.length < 200 && bytes.length < 50_000) good.push(bytes.toString());
    if (status === 204 || status === 304) bytes = Buffer.alloc(0);
    response.writeHead(status, told);
    if (random.chance(0.03 * rate)) response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    else response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

/** Answers of other requests than those that are asked. */
const SAMPLES = [
  '{}',
  '[]',
  'null',
  '0',
  '""',
  '[[]]',
  '[null]',
  '{"error":"x"}',
  '[{"id":"a/b"}]',
  '{"id":"a/b","sha":"x","siblings":[{"rfilename":"../x"}]}',
  '{"rows":[{"row":{}}],"features":[]}',
  '{"splits":[{"config":"c","split":"s"}]}',
  `[${'{"id":"owner/name"},'.repeat(5000)}{}]`,
  '<html><title>Sign in</title></html>',
  '---\nlicense: mit\n---\n# T\n',
];

const HEADERS = [
  'content-type',
  'content-range',
  'etag',
  'link',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'x-error-code',
  'x-error-message',
  'x-hf-warning',
  'x-linked-etag',
  'x-linked-size',
  'x-repo-commit',
  'x-request-id',
  'x-total-count',
  'cache-control',
  'age',
  'date',
  'set-cookie',
  'content-disposition',
];

const targets = ({ url }: HostileHub) => [
  '/',
  '/api/models',
  '//',
  '?',
  `${url}/api/models`,
  `${url.replace('http://', 'http://user:pass@')}/api/models`,
  `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/api/models`,
  `http://localhost:${(foreign.address() as AddressInfo).port}/`,
  'http://127.0.0.1:1/',
  'http://0.0.0.0:1/',
  'https://127.0.0.1:1/',
  'http://[::1]:1/',
  'http://',
  'ftp://127.0.0.1/',
  'http://127.0.0.1:99999/',
];

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return {};
  }
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
