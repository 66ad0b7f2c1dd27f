import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { component, dependency, goodInfo } from '../doubles/hostile/app.js';
import { type Fields, line, type Misbehaviour, type Run } from '../doubles/hostile/misbehaviour.js';
import { startHostileSpace } from '../doubles/hostile-space.js';
import { type Message, ServerProcess } from './server-process.js';

// One built server takes every answer in turn.

const MEBIBYTE = 2 ** 20;
/** By how much the memory of the server may grow for one answer, at its peak. */
const MAX_GROWTH = 400 * MEBIBYTE;

const LIST = JSON.stringify([{ id: 'a/b', tags: ['x'] }]);
const empties = (bytes: number) => `[${'[],'.repeat(bytes / 3)}[]]`;
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const manyKeys = (count: number) => `{${Array.from({ length: count }, (_, key) => `"k${key}":0`).join()}}`;

/** Pings that are answered while the server is busy with an answer. */
const MIN_PINGS = 3;

/** Bodies of the Hub by the end of their path. */
const BODIES = new Map<string, string>();

function answerHub(path: string, query: URLSearchParams, response: ServerResponse): void {
  const limited = path.endsWith('/rows') ? `${path}?${Number(query.get('length')) > 10 ? 'many' : 'few'}` : path;
  const found = [...BODIES].find(([end]) => limited.endsWith(end))?.[1];
  response.setHeader('content-type', path.startsWith('/api/') ? 'application/json' : 'text/plain');
  response.statusCode = found === undefined ? 404 : 200;
  response.end(found ?? '{"error":"not found"}');
}

const hub = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://hub');
  answerHub(url.pathname, url.searchParams, response);
});
let server: ServerProcess;

const statusOf = (field: string) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]) * 1024;

beforeAll(async () => {
  hub.listen(0, '127.0.0.1');
  await once(hub, 'listening');
  server = new ServerProcess({
    env: { HF_ENDPOINT: `http://127.0.0.1:${(hub.address() as AddressInfo).port}` },
    config: JSON.stringify({ spaces: { waitSeconds: 120 } }),
  });
  await server.initialize('2025-11-25', { elicitation: {} });
  await server.call('warm', 'hub_search', { query: 'x' });
  createInterface({ input: server.child.stdout }).on('line', (line) => {
    const { id, method, result } = JSON.parse(line) as Message;
    // Apps on this machine are used once the user agrees.
    if (method === 'elicitation/create') server.send({ id, result: { action: 'accept', content: {} } });
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
});

afterAll(async () => {
  await server.dispose();
  hub.closeAllConnections();
  hub.close();
});

/** What waits for an answer, by its id: the list of all messages grows long here. */
const waiting = new Map<unknown, (result: Message['result']) => void>();

function request(id: string, method: string, params?: object): Promise<Message['result']> {
  server.send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

let calls = 0;

/** Calls a tool, with one ping after the other meanwhile; counts those that are answered before the result is. */
async function call(name: string, args: object) {
  calls += 1;
  const id = `call-${calls}`;
  // From here on the kernel notes the peak anew.
  writeFileSync(`/proc/${server.child.pid}/clear_refs`, '5');
  const before = statusOf('VmRSS');
  let over = false;
  const answer = request(id, 'tools/call', { name, arguments: args }).finally(() => {
    over = true;
  });
  let pings = 0;
  for (; !over; pings += 1) await Promise.race([request(`${id}-ping-${pings}`, 'ping'), answer]);
  const { isError = false, content } = await answer;
  expect(statusOf('VmHWM') - before).toBeLessThan(MAX_GROWTH);
  return { text: content[0].text as string, isError, pings };
}

const generating = (eventId: string, data: unknown) =>
  line({ msg: 'process_generating', event_id: eventId, output: { data }, success: true });
const completed = (eventId: string, data: string) =>
  `data: {"msg":"process_completed","event_id":"${eventId}","output":{"data":${data}},"success":true}\n\n`;

/** A run that ends with such values, as JSON, after such messages. */
function run(data: string, steps: (run: Run) => Iterable<string> = () => []): Misbehaviour {
  return {
    async *stream(given) {
      yield line({ msg: 'process_starts', event_id: given.eventId });
      yield* steps(given);
      yield completed(given.eventId, data);
    },
  };
}

/** An app of so many endpoints of 200 inputs each, all of them the same component. */
function shared(endpoints: number, one: Fields): Misbehaviour {
  const inputs = Array.from({ length: 200 }, () => 100);
  return {
    config: (config) => ({
      ...config,
      components: [...(config.components as Fields[]), one],
      dependencies: Array.from({ length: endpoints }, (_, id) => dependency(id, `run${id}`, inputs, [1])),
    }),
    info: () => ({ ...goodInfo(), named_endpoints: {} }),
  };
}

const withProps = (type: string, props: object): Fields => {
  const made = component(100, type, 'Shared', { type: 'string' });
  return { ...made, props: { ...(made.props as object), ...props } };
};

function* appends(eventId: string, count: number, piece: string): Generator<string> {
  yield generating(eventId, ['']);
  for (let step = 0; step < count; step += 1) yield generating(eventId, [[['append', [], piece]]]);
}

const ANSWERS: [string, Misbehaviour, RegExp][] = [
  [
    'a text that grows by 100 MB',
    run('["done"]', ({ eventId }) => appends(eventId, 3_200, 'é'.repeat(16_000))),
    /done/,
  ],
  [
    'a text that grows by a word 50,000 times',
    run('["done"]', ({ eventId }) => appends(eventId, 50_000, 'word ')),
    /done/,
  ],
  [
    'items put before a long list, again and again',
    run('["done"]', function* ({ eventId }) {
      yield generating(eventId, [Array.from({ length: 300_000 }, () => 0)]);
      for (let step = 0; step < 20; step += 1) {
        yield generating(eventId, [Array.from({ length: 20_000 }, () => ['add', [0], 1])]);
      }
    }),
    /done/,
  ],
  ['a text of 30 MB', run(`["${'é\\n'.repeat(10_000_000)}"]`), /the first \d+ of 1\d{7} characters[\s\S]*Whole: /],
  ['a text of 30 MB in one line of escapes', run(`["${'\\u001b[1m'.repeat(3_000_000)}"]`), /Whole: /],
  ['ten million values', run(`[${empties(30_000_000)}]`), /holds more than 500K values.*\.json has all of it/],
  ['a million keys', run(`[${manyKeys(1_000_000)}]`), /holds more than 500K values/],
  ['90,000 keys', run(`[${manyKeys(90_000)}]`), /Whole: .*\.json/],
  ['lists within lists, 10,000 deep', run(`[${deep(10_000)}]`), /^space_broken: .*nested too deeply/],
  ['lists within lists, 10 million deep', run(`[${deep(10_000_000)}]`), /^space_broken: .*nested too deeply/],
  [
    '30,000 files',
    run(`[[${Array(30_000).fill('{"path":"/x","url":null,"meta":{"_type":"gradio.FileData"}}').join()}]]`),
    /29,?936 further files/,
  ],
];

describe.skipIf(process.platform !== 'linux')('answers of a Space', () => {
  it.each(ANSWERS)('%s', async (_name, misbehaviour, text) => {
    const space = await startHostileSpace(misbehaviour);
    try {
      const answer = await call('space_call', { space: space.url, endpoint: '/echo', arguments: { text: 'x' } });
      expect(answer.text).toMatch(text);
      expect(answer.pings).toBeGreaterThan(MIN_PINGS);
    } finally {
      await space.close();
    }
  });

  it.each<[string, Misbehaviour]>([
    ['a default of 7 MB that 200 inputs share', shared(100, withProps('json', { value: 'x'.repeat(7_000_000) }))],
    [
      'a default of a million values that 200 inputs share',
      shared(100, withProps('json', { value: Array(1e5).fill({}) })),
    ],
    [
      '100,000 choices that 20,000 inputs share',
      shared(100, withProps('dropdown', { choices: Array.from({ length: 1e5 }, (_, at) => [`c${at}`, at]) })),
    ],
    [
      'a schema with 100,000 required names',
      shared(
        100,
        component(
          100,
          'json',
          'Shared',
          JSON.parse(
            `{"type":"object","properties":${manyKeys(1e5)},"required":${JSON.stringify(Array.from({ length: 1e5 }, (_, at) => `k${at}`))}}`,
          ),
        ),
      ),
    ],
    [
      'a schema with names of megabytes',
      shared(
        100,
        component(100, 'json', 'Shared', { type: 'object', properties: { ['n'.repeat(7e6)]: { type: 'string' } } }),
      ),
    ],
    [
      'a schema that asks for a billion items',
      shared(1, component(100, 'x', 'S', { type: 'array', items: { type: 'string' }, minItems: 1e9 })),
    ],
    ['7 MB of empty lists', { config: () => `{"dependencies":${empties(7_000_000)}}` }],
    [
      'lists within lists, 3 million deep',
      { config: (config) => JSON.stringify({ ...config, deep: 0 }).replace('"deep":0', `"deep":${deep(3e6)}`) },
    ],
  ])('described by %s', async (_name, misbehaviour) => {
    const space = await startHostileSpace(misbehaviour);
    try {
      const first = await call('space_info', { space: space.url });
      expect(first.text.length).toBeLessThan(200_000);
      if (!first.isError) {
        const whole = await call('space_info', {
          space: space.url,
          endpoint: /\/(?:run0|echo)/.exec(first.text)?.[0],
        });
        expect(whole.text.length).toBeLessThan(1_000_000);
      }
    } finally {
      await space.close();
    }
  });
});

const CARD = 'README.md';
const MARKS = [
  '`',
  '``a',
  '<',
  '<a ',
  '<a>',
  '</a>',
  '<!--',
  '[',
  '[](',
  '![',
  '![a](',
  '|',
  '*',
  '\n',
  '\n\n',
  ' \t',
  '&',
  '&amp;',
  '---\n',
  '>',
  '# ',
  '"',
  '<br',
  "<a '",
  '\u200b',
  '\u001b[',
];

describe.skipIf(process.platform !== 'linux')('answers of the Hub', () => {
  it.each<[string, string, string, object, RegExp]>([
    [
      '16 MB of models',
      '/api/models',
      `[${Array(450_000).fill('{"id":"owner/name","x":[1]}').join()}]`,
      { query: 'x' },
      /too_large|owner\/name/,
    ],
    ['models of one list', '/api/models', empties(15_000_000), { query: 'x' }, /too_large/],
    ['models nested 10,000 deep', '/api/models', deep(10_000), { query: 'x' }, /unavailable|nested/],
    [
      'a model with 4 million tags',
      '/api/models',
      `[{"id":"a/b","tags":[${'"x",'.repeat(3_000_000)}"x"]}]`,
      { query: 'x' },
      /too_large|a\/b/,
    ],
  ])('%s', async (_name, path, body, args, text) => {
    BODIES.clear();
    BODIES.set(path, body);
    const answer = await call('hub_search', { ...args, query: `${calls}` });
    expect(answer.text.slice(0, 2000)).toMatch(text);
    expect(answer.pings).toBeGreaterThan(MIN_PINGS);
  });

  it.each(MARKS)('a card of %j alone', async (mark) => {
    BODIES.clear();
    BODIES.set(CARD, mark.repeat(MEBIBYTE / mark.length));
    const answer = await call('hub_read', { uri: `hf://owner/card${calls}/README.md` });
    expect(answer.text.length).toBeLessThan(100_000);
  });

  it.each([
    ['lists within lists', `a: ${'['.repeat(60_000)}`],
    ['dashes', '- '.repeat(60_000)],
    ['maps within maps', `a: ${'{a: '.repeat(30_000)}`],
    ['deeper and deeper', Array.from({ length: 480 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['anchors', `a: &a [x]\n${'b: *a\n'.repeat(10_000)}`],
    ['one key again and again', 'a: 1\n'.repeat(25_000)],
    ['question marks', '? '.repeat(60_000)],
  ])('front matter of %s', async (_name, yaml) => {
    BODIES.clear();
    BODIES.set(CARD, `---\n${yaml}\n---\nbody`);
    BODIES.set('/api/models/owner', LIST);
    const answer = await call('hub_read', { uri: `https://huggingface.co/owner/front${calls}` });
    expect(answer.text.length).toBeLessThan(100_000);
  });

  it('rows that are too large are asked for again, fewer of them', async () => {
    const rows = (count: number, cell: string) =>
      `{"features":[{"feature_idx":0,"name":"a","type":{"dtype":"string","_type":"Value"}}],"rows":[${Array.from({ length: count }, (_, at) => `{"row_idx":${at},"row":{"a":"${cell}"},"truncated_cells":[]}`).join()}],"num_rows_total":5000}`;
    BODIES.clear();
    BODIES.set('/rows?many', rows(100, 'x'.repeat(200_000)));
    BODIES.set('/rows?few', rows(10, 'x'.repeat(200_000)));
    const answer = await call('dataset_rows', { dataset: 'owner/set', config: 'default', split: 'train', limit: 80 });
    expect(answer.text).toMatch(/80 rows were too large for one answer; limit=10 was not/);
  });

  it.each<[string, string, string]>([
    ['JSON of four million lists', 'a.json', empties(3_900_000)],
    ['JSON nested 10,000 deep', 'b.json', deep(10_000)],
    ['JSON Lines of many keys and many lines', 'c.jsonl', `${manyKeys(12_000)}\n${'{}\n'.repeat(30_000)}`],
    ['JSON Lines nested deep', 'd.jsonl', `${deep(50_000)}\n`.repeat(2)],
    ['CSV of many columns', 'e.csv', `${',a'.repeat(50_000)}\n${',\n'.repeat(50_000)}`],
    ['a list of two million numbers', 'f.json', `[${'1,'.repeat(1_900_000)}1]`],
  ])('%s', async (_name, file, body) => {
    BODIES.clear();
    BODIES.set(file, body);
    const answer = await call('hub_read', { uri: `hf://datasets/owner/set/${file}` });
    expect(answer.text.length).toBeLessThan(100_000);
    expect(answer.text).not.toMatch(/^internal/);
  });
});
