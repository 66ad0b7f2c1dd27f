import { afterAll, beforeAll, beforeEach, it, vi } from 'vitest';
import { CALL_LIMITS } from '../../src/gradio/guard.js';
import type { Endpoint } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { pinSpace } from '../../src/spaces/pinned.js';
import type { SpaceApp } from '../../src/spaces/types.js';
import { describeTool } from '../../src/tools/describe.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { goodConfig, goodInfo } from '../doubles/hostile/app.js';
import { type Fields, line, type Misbehaviour, type Run } from '../doubles/hostile/misbehaviour.js';
import { type HostileSpace, startHostileSpace } from '../doubles/hostile-space.js';
import { setLimits } from '../doubles/limits.js';
import type { Random } from '../doubles/random.js';
import { readRecorded, VERSIONS } from '../gradio/recorded.js';
import { attack, damage, mutate, odd, SECRET, write } from './mutate.js';
import { type Engine, fuzz, openEngine, randomOf, TIMEOUT_MS, UNCLEAN } from './run.js';

// A hostile app: what real apps say of themselves, and the messages of their runs, mutated; described, pinned and called.

// Pauses before another try would be most of the time.
vi.mock('../../src/lib/time.js', async (original) => {
  const time = await original<typeof import('../../src/lib/time.js')>();
  return { ...time, sleep: (_: number, signal?: AbortSignal) => time.sleep(1, signal) };
});

/** Seeds that failed once. Each has a test of its own beside the code that was mended. */
const REGRESSIONS: number[] = [31847];

const SPACE = 'hugwire/demo-space';

/** What an app says of itself when it behaves. */
interface Described {
  config: Fields;
  info: Fields;
}

let apps: Described[];
let places: Place[];

beforeAll(async () => {
  const demo = await startDemoSpace();
  const read = async (path: string) => (await (await fetch(demo.url + path)).json()) as Fields;
  apps = [
    { config: goodConfig(demo.url), info: goodInfo() },
    { config: await read('/config'), info: await read('/gradio_api/info') },
    ...VERSIONS.flatMap((version) =>
      (['components', 'endpoints'] as const).map((app) => ({
        config: { ...readRecorded(version, app, 'config'), api_prefix: '/gradio_api' },
        info: readRecorded(version, app, 'info'),
      })),
    ),
  ];
  await demo.close();
  places = await Promise.all(Array.from({ length: 8 }, openPlace));
});

beforeEach(() => {
  setLimits(CALL_LIMITS, { joinMs: 1000, idleMs: 1000, cancelMs: 100, uploadMs: 1000, endMs: 50 });
});

afterAll(async () => {
  await Promise.all(places.flatMap(({ space, hub }) => [space.close(), hub.close()]));
});

it(
  'whatever an app says, tools give a clean answer or an error of a kind',
  async () => {
    await fuzz({ suite: 'space', runs: 600, places, regressions: REGRESSIONS }, async (random, place, seed) => {
      place.run = { seed, app: random.pick(apps), rate: random.pick([0.3, 0.6, 1]), streams: 0 };
      place.space.foreign.seen.length = 0;
      const engine = openEngine(place.hub.url, SECRET);
      const faults = await engine.call('space_info', { space: SPACE });
      const app = await openApp(engine);
      if (app instanceof HugwireError) {
        if (app.code === 'internal') faults.push(String(app.cause));
      } else if (app.endpoints.length > 0) {
        faults.push(...(await useEndpoint(random, engine, app, random.pick(app.endpoints))));
      }
      faults.push(...(await engine.close()));
      const led = place.space.foreign.seen.filter(({ headers }) => JSON.stringify(headers).includes(SECRET));
      return [...faults, ...led.map(({ url }) => `the token went to another origin: ${url}`)];
    });
  },
  TIMEOUT_MS,
);

async function openApp({ runtime }: Engine): Promise<SpaceApp | HugwireError> {
  const { spaces, signal } = runtime.context(new AbortController().signal, () => {});
  return spaces.open(SPACE, { signal }).catch((error: unknown) => {
    if (error instanceof HugwireError) return error;
    throw error;
  });
}

/** Everything that can be done with an endpoint. */
async function useEndpoint(random: Random, engine: Engine, app: SpaceApp, endpoint: Endpoint): Promise<string[]> {
  const args = argumentsFor(random, endpoint);
  const call = { space: SPACE, endpoint: endpoint.name, arguments: args };
  const pin = { space: SPACE, endpoint: endpoint.name, tool: 'pinned', enabled: true, token: 'auto' as const };
  const { tools, warnings } = pinnedTools([pin], { entries: [pinSpace(app, endpoint, 'pinned')], altered: [] });
  const [tool] = tools;
  if (!tool) return [`it cannot be pinned: ${warnings}`];
  return [
    ...findListingFaults(describeTool(tool)),
    ...(await engine.call('space_info', { space: SPACE, endpoint: endpoint.name })),
    ...(await engine.call('space_call', call)),
    ...(await engine.call(tool, args)),
    ...(await engine.call('space_pin', { space: SPACE, endpoint: endpoint.name, reason: attack(random) })),
  ];
}

/** What is wrong with a tool as clients get it. */
function findListingFaults(listing: object): string[] {
  const text = JSON.stringify(listing);
  const faults: string[] = [];
  if (text.length > 64 * 1024) faults.push(`a listing of ${text.length} characters`);
  const visit = (value: unknown, depth: number): void => {
    if (depth > 40) faults.push('a listing that is nested too deeply');
    if (typeof value === 'string' && UNCLEAN.test(value)) faults.push(`what nobody sees: ${JSON.stringify(value)}`);
    if (value === null || typeof value !== 'object' || faults.length > 0) return;
    const { properties } = value as { properties?: object };
    for (const name of Object.keys(properties ?? {})) {
      if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) faults.push(`a property called ${JSON.stringify(name)}`);
    }
    for (const inner of Object.values(value)) visit(inner, depth + 1);
  };
  visit(listing, 0);
  return faults;
}

function argumentsFor(random: Random, { parameters }: Endpoint): Fields {
  const given = parameters
    .filter(({ required }) => required || random.chance(0.3))
    .map(({ name, schema }) => [name, random.chance(0.15) ? odd(random) : sample(random, schema)]);
  return Object.fromEntries(given);
}

function sample(random: Random, schema: Fields): unknown {
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return random.pick(schema.enum);
  if (schema.default !== undefined) return schema.default;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return random.pick(['hello', `data:text/plain;base64,${Buffer.from('hello').toString('base64')}`, '[1]']);
  }
}

interface Place {
  space: HostileSpace;
  hub: DemoHub;
  run: { seed: number; app: Described; rate: number; streams: number };
}

async function openPlace(): Promise<Place> {
  const place = {} as Place;
  const chance = (name: string) => randomOf(place.run.seed, name);
  const tell = (name: keyof Described, root: string): string => {
    const random = chance(name);
    const { app, rate } = place.run;
    const good = { ...app[name], ...(name === 'config' ? { root } : {}) };
    if (!random.chance(rate)) return JSON.stringify(good);
    const text = write(random, random.chance(0.5) ? mutate(random, good) : mutateOne(random, name, good));
    return random.chance(0.1) ? damage(random, text) : text;
  };
  const behaviour: Misbehaviour = {
    config: (_, { url }) => tell('config', url),
    info: (_, { url }) => tell('info', url),
    stream(run) {
      place.run.streams += 1;
      const random = chance(`stream ${place.run.streams}`);
      return random.chance(place.run.rate) ? badStream(random, run) : goodStream(random, run).map(line);
    },
    answer: {
      file({ response }) {
        const random = chance('file');
        const type = random.pick(['image/png', 'text/html', 'image/svg+xml', 'application/x-sh', attack(random)]);
        const name = encodeURIComponent(Buffer.from(attack(random)).toString());
        response.writeHead(200, {
          'content-type': type.replace(/[^\x20-\x7e]/g, '').slice(0, 200),
          'content-disposition': `attachment; filename*=UTF-8''${name.slice(0, 2000)}; filename="../../x.exe"`,
        });
        response.end(random.pick(['', 'text', PNG, PNG.subarray(0, 40), Buffer.alloc(1_200_000)]));
      },
    },
  };
  place.space = await startHostileSpace(behaviour);
  place.hub = await startDemoHub({
    quotas: { api: 1e9, resolvers: 1e9, pages: 1e9 },
    closed: true,
    spaceHost: new URL(place.space.url).host,
  });
  return place;
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Changes one endpoint or component alone: most of what an app says of itself is the layout of its page. */
function mutateOne(random: Random, name: keyof Described, good: Fields): Fields {
  const key = name === 'config' ? random.pick(['components', 'dependencies']) : 'named_endpoints';
  const parts = Object.entries((good[key] ?? {}) as Fields);
  if (parts.length === 0) return good;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const part = random.pick(parts);
    part[1] = mutate(random, part[1]);
  }
  return { ...good, [key]: Array.isArray(good[key]) ? parts.map(([, part]) => part) : Object.fromEntries(parts) };
}

/** Values that components give. */
function goodOutputs(random: Random, { url, foreignUrl, outputs }: Run): unknown[] {
  const path = random.pick(['/tmp/gradio/0a/x.png', '/tmp/gradio/0a/report.html', '/tmp/x.scf']);
  const file = {
    path,
    url: `${url}/gradio_api/file=${path}`,
    orig_name: 'x.png',
    size: 68,
    mime_type: 'image/png',
    meta: { _type: 'gradio.FileData' },
  };
  const values = [
    'a text',
    7,
    file,
    [file, file],
    [{ image: file, caption: 'c' }],
    { ...file, url: `${foreignUrl}/x.png` },
    { path: null, url: 'data:image/svg+xml,%3Csvg/%3E' },
    {
      headers: ['a', 'b'],
      data: [
        [1, 'x'],
        [2, 'y'],
      ],
      metadata: null,
    },
    { label: 'cat', confidences: [{ label: 'cat', confidence: 0.9 }] },
    [['hi', 'there']],
    [
      { role: 'user', content: 'hi', metadata: null },
      { role: 'assistant', content: { file } },
    ],
    { __type__: 'update', value: 'x', choices: [['a', 'b']] },
    { type: 'plotly', plot: '{"data":[]}' },
    { video: file, subtitles: null },
    '<img src="data:image/png;base64,iVBORw0KGgo=">',
    { any: { json: [1, null, true] } },
  ];
  return [...outputs, ...Array.from({ length: 4 }, () => random.pick(values))].slice(random.below(2));
}

function goodStream(random: Random, run: Run): Fields[] {
  const event_id = run.eventId;
  const data = goodOutputs(random, run);
  const step = { index: 1, length: 5, unit: 'steps', progress: null, desc: 'Denoising' };
  const generating = (output: unknown) => ({ msg: 'process_generating', event_id, output, success: true });
  return [
    { msg: 'estimation', event_id, rank: 0, queue_size: 1, rank_eta: 2.5 },
    { msg: 'process_starts', event_id, eta: 1 },
    { msg: 'log', event_id, log: 'a line', level: 'info', title: 'Info', visible: true },
    { msg: 'progress', event_id, progress_data: [step] },
    generating({ data, is_generating: true }),
    generating({ data: data.map(() => [['append', [], ' more']]), is_generating: true }),
    generating({
      data: data.map(() => [
        ['replace', [], 'x'],
        ['add', ['a'], 1],
        ['delete', [0], null],
      ]),
      is_generating: true,
    }),
    { msg: 'heartbeat' },
    random.chance(0.8)
      ? { msg: 'process_completed', event_id, output: { data, is_generating: false, duration: 1.5 }, success: true }
      : {
          msg: 'process_completed',
          event_id,
          output: { error: 'it broke', title: 'Error', visible: true },
          success: false,
        },
    { msg: 'close_stream', event_id: null },
  ];
}

function badStream(random: Random, run: Run): string[] {
  const rate = random.pick([0.1, 0.3, 1]);
  return goodStream(random, run).flatMap((message) => {
    if (!random.chance(rate)) return [line(message)];
    if (random.chance(0.1)) return [];
    const block = line(write(random, mutate(random, message)));
    return random.chance(0.1) ? [damage(random, block)] : Array(random.pick([1, 1, 1, 2, 20])).fill(block);
  });
}
