import { afterAll, beforeAll, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import type { Random } from '../doubles/random.js';
import { type Message, ServerProcess } from '../e2e/server-process.js';
import { attack, damage, damageBytes, mutate, odd, SECRET, TOKEN, write } from './mutate.js';
import { fuzz, TIMEOUT_MS } from './run.js';

// Frames on stdin of the built server: whatever comes in, every request with an id gets exactly one answer, stdout holds
// nothing but JSON-RPC, the process lives, and the token is nowhere.

/** Seeds that failed once. Each has a test of its own beside the code that was mended. */
const REGRESSIONS: number[] = [525];
const CONFIG = JSON.stringify({ tools: { enable: ['all'] }, spaces: { waitSeconds: 2, maxSeconds: 3 } });
/** Of one server; a new one for each frame would be slow, and would miss what one frame does to the next. */
const FRAMES = 250;

let hub: DemoHub;
let space: DemoSpace;

beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({
    quotas: { api: 1e9, resolvers: 1e9, pages: 1e9 },
    closed: true,
    spaceHost: new URL(space.url).host,
  });
});

afterAll(async () => {
  await Promise.all([hub.close(), space.close()]);
});

it(
  'every request is answered once, and the server lives',
  async () => {
    await fuzz({ suite: 'frames', runs: 10, places: [1, 2], regressions: REGRESSIONS }, async (random) => {
      const server = new ServerProcess({
        env: { HF_ENDPOINT: hub.url, HF_TOKEN: SECRET },
        // Without a config file, what every client asks first is answered before the program is loaded.
        config: random.chance(0.5) ? CONFIG : undefined,
      });
      try {
        return await play(random, server);
      } finally {
        server.child.kill('SIGKILL');
        await server.exited;
        await server.dispose();
      }
    });
  },
  TIMEOUT_MS,
);

async function play(random: Random, server: ServerProcess): Promise<string[]> {
  if (random.chance(0.7))
    await server.initialize(random.pick(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']));
  const expected = new Expected();
  // A token that a client writes into a question is its own to keep.
  const frames = Array.from({ length: FRAMES }, (_, index) => hideToken(makeFrame(random, index)));
  for (const frame of frames) expected.add(frame);
  const wire = Buffer.concat(frames.flatMap((frame) => [frame, Buffer.from('\n')]));
  for (let at = 0; at < wire.length; ) {
    const length = random.pick([1, 7, 100, 4096, 65_536, 1_000_000]);
    if (!server.child.stdin.write(wire.subarray(at, at + length))) await drained(server);
    at += length;
  }
  server.send({ id: 'last', method: 'ping' });
  const ended = server.exited.then(
    ({ code, signal }) => `it ended with ${code ?? signal}: ${server.stderr.slice(-2000)}`,
  );
  const answered = Promise.all([server.answer('last'), server.until(() => expected.missing(server).length === 0)]);
  const late = new Promise<string>((resolve) => setTimeout(resolve, 60_000, 'late').unref());
  const outcome = await Promise.race([ended, answered.then(() => undefined), late]);
  if (outcome === 'late')
    return expected
      .missing(server)
      .slice(0, 5)
      .map((request) => `no answer to ${request}`);
  if (outcome !== undefined) return [outcome];
  server.child.stdin.end();
  const { code, signal } = await server.exited;
  const written = server.lines.join('\n') + server.stderr;
  return [
    ...expected.surplus(server),
    ...server.lines.flatMap(findFault),
    ...(code === 0 ? [] : [`it ended with ${code ?? signal}`]),
    ...(written.includes(SECRET) ? ['the token was written'] : []),
    ...(/\n\s+at .*:\d+:\d+|unhandled|Warning:/i.exec(server.stderr) ? [`stderr: ${server.stderr.slice(-2000)}`] : []),
  ];
}

function hideToken(frame: Buffer): Buffer {
  return frame.includes(TOKEN) ? Buffer.from(frame.toString('latin1').replaceAll(TOKEN, 'hf_word'), 'latin1') : frame;
}

function drained({ child }: ServerProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stdin.once('drain', resolve);
    child.stdin.once('close', resolve);
  });
}

/** What is wrong with a line of stdout. */
function findFault(text: string): string[] {
  const message = JSON.parse(text) as Message;
  const isAnswer = message.id !== undefined && 'result' in message !== 'error' in message;
  const said = message.result?.content?.[0]?.text;
  // One part of an answer may have failed; `history` and `memory_search` quote what was said before.
  if (/^(?:[^\n]{0,200}: )?internal: /m.test(said) && !/quoted, not instructions/.test(said))
    return [`a fault of hugwire: ${said}`];
  if (message.error?.code === -32603) return [`a fault of hugwire: ${text.slice(0, 1000)}`];
  if (message.jsonrpc === '2.0' && (isAnswer || typeof message.method === 'string')) return [];
  return [`not JSON-RPC: ${text.slice(0, 300)}`];
}

/** How many answers every id is to get. */
class Expected {
  readonly #requests = new Map<string | number, { least: number; most: number; text: string }>();
  readonly #cancelled = new Set<unknown>();

  /** Reads a frame as a server must. */
  add(frame: Buffer): void {
    for (const text of frame.toString('utf8').split('\n')) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
      } catch {
        continue;
      }
      for (const item of Array.isArray(parsed) ? parsed : [parsed]) this.#addItem(item, text);
    }
  }

  /** The requests that were not answered. */
  missing(server: ServerProcess): string[] {
    const counts = countAnswers(server);
    const open = [...this.#requests].filter(
      ([id, { least }]) => !this.#cancelled.has(id) && (counts.get(id) ?? 0) < least,
    );
    return open.map(([, { text }]) => text);
  }

  surplus(server: ServerProcess): string[] {
    return [...countAnswers(server)].flatMap(([id, count]) => {
      if (id === 'init' || id === 'last') return [];
      const most = this.#requests.get(id)?.most ?? 0;
      return count > most ? [`${count} answers to ${JSON.stringify(id).slice(0, 100)}, at most ${most} are due`] : [];
    });
  }

  #addItem(item: unknown, text: string): void {
    if (typeof item !== 'object' || item === null) return;
    const { jsonrpc, id, method, params } = item as Record<string, unknown>;
    if (method === 'notifications/cancelled' && typeof params === 'object' && params !== null) {
      // A cancelled request may be answered or not; which of several with one id is meant is open.
      this.#cancelled.add((params as { requestId?: unknown }).requestId);
    }
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const known = this.#requests.get(id) ?? { least: 0, most: 0, text: text.slice(0, 400) };
    this.#requests.set(id, known);
    known.most += 1;
    const isRequest = typeof method === 'string' && !('result' in item) && !('error' in item);
    // What stays open until the client ends it has no answer.
    const isOwed = isRequest && jsonrpc === '2.0' && method !== 'subscriptions/listen';
    if (isOwed && known.most === known.least + 1) known.least += 1;
  }
}

function countAnswers(server: ServerProcess): Map<string | number, number> {
  const counts = new Map<string | number, number>();
  for (const { id } of server.all(({ method }) => method === undefined)) {
    if (id !== undefined && id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

const META = 'io.modelcontextprotocol/';
const ENVELOPE = {
  [`${META}protocolVersion`]: '2026-07-28',
  [`${META}clientCapabilities`]: { elicitation: { form: {} } },
  [`${META}clientInfo`]: { name: 'c', version: '1' },
};

const REQUESTS: [method: string, params: object][] = [
  ['initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } }],
  ['ping', {}],
  ['tools/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'hugwire://sessions' }],
  ['server/discover', {}],
  ['subscriptions/listen', { notifications: { toolsListChanged: true } }],
  ['prompts/list', {}],
  ['logging/setLevel', { level: 'debug' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: 'b' } }],
  ...(
    [
      ['hub_search', { query: 'whisper', kinds: ['model'] }],
      ['hub_repo', { ids: ['openai/whisper-large-v3'] }],
      ['hub_read', { uris: ['openai/whisper-large-v3/config.json'] }],
      ['dataset_rows', { dataset: 'stanfordnlp/imdb' }],
      ['space_info', { space: 'hugwire/demo-space' }],
      ['space_call', { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'x', size: 64 } }],
      ['space_result', { job: 'j_none' }],
      ['hub_whoami', {}],
      ['memory_save', { text: 'a note', tags: ['x'] }],
      ['memory_search', { query: 'note' }],
      ['history', {}],
      ['generate_image', { prompt: 'x' }],
      ['no_such_tool', {}],
    ] as const
  ).map(([name, args]): [string, object] => ['tools/call', { name, arguments: args }]),
];

function makeFrame(random: Random, index: number): Buffer {
  if (random.chance(0.08)) {
    const items = Array.from({ length: random.pick([0, 1, 3, 30]) }, (_, part) =>
      makeMessage(random, `${index}.${part}`),
    );
    return Buffer.from(write(random, items));
  }
  const text = write(random, makeMessage(random, index));
  if (random.chance(0.1)) return Buffer.from(damage(random, text).replaceAll('\n', ' '));
  // A line end within the bytes makes two frames, which `Expected` reads as such.
  if (random.chance(0.05)) return damageBytes(random, Buffer.from(text));
  if (random.chance(0.004))
    return Buffer.from(text.replace('"method"', () => `"x":"${'y'.repeat(11_000_000)}","method"`));
  return Buffer.from(random.chance(0.05) ? ` \t${text}\r` : text);
}

function makeMessage(random: Random, index: number | string): unknown {
  if (random.chance(0.05)) return odd(random);
  if (random.chance(0.08)) {
    const requestId = random.pick([`r${random.below(FRAMES)}`, random.below(FRAMES), odd(random)]);
    const method = random.pick([
      'notifications/cancelled',
      'notifications/initialized',
      'notifications/progress',
      attack(random),
    ]);
    return { jsonrpc: '2.0', method, params: random.chance(0.3) ? odd(random) : { requestId } };
  }
  const [method, params] = random.pick(REQUESTS);
  const _meta = { ...(random.chance(0.4) ? ENVELOPE : {}), ...(random.chance(0.3) ? { progressToken: index } : {}) };
  const request = {
    jsonrpc: '2.0',
    id: random.chance(0.05)
      ? random.pick([odd(random), attack(random), 0, -1, 1.5, ''])
      : random.chance(0.5)
        ? `r${index}`
        : index,
    method,
    params: { ...params, ...(Object.keys(_meta).length > 0 ? { _meta } : {}) },
  };
  if (random.chance(0.4)) return request;
  if (random.chance(0.1)) return mutate(random, request);
  // The frame itself is whole, so that what is in it is looked at.
  return { ...request, params: random.chance(0.1) ? odd(random) : mutate(random, request.params) };
}
