import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';

// Texts of one motif, again and again, are what patterns are slowest at. Wherever a client may put one, the server stays
// there for others meanwhile, and ends when it is told to.

const MOTIFS = [
  ...['a', ' ', '\n', '0', '-', '/', '.', '"', "'", '<', '[', '(', '&', '@', ':', '%', '\\', '`', '|', '\u200b', 'é'],
  ...[
    'hf_a',
    '-hf_',
    'eyJaaaaaaaa-',
    'eyJaaaaaaaa.',
    'Bearer ',
    'http://a',
    'a://',
    'a:a@',
    '?token=',
    'data:,',
    '%41',
  ],
  ...[
    '<a ',
    '<!--',
    '[](',
    '![',
    '<br',
    "'' ",
    '"" ',
    'a and ',
    'not ',
    'a = 1 or ',
    '--- ',
    '../',
    'a/',
    '{"a":',
    '[[',
    '\u001b[',
  ],
];
const SPACE = 'hugwire/demo-space';

/** One call for every argument that takes a text. */
const callsWith = (text: string): [tool: string, args: object][] => [
  ['memory_save', { text }],
  ['memory_save', { text: 'a note', tags: [text] }],
  ['memory_search', { query: text }],
  ['hub_search', { query: text, kinds: ['model', 'space', 'docs'] }],
  ['hub_repo', { ids: [text] }],
  ['hub_read', { uris: [text, `hf://${text}`] }],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb', config: 'plain_text', split: 'train', where: text }],
  ['dataset_rows', { dataset: 'stanfordnlp/imdb', config: 'plain_text', split: 'train', order_by: text }],
  ['space_info', { space: text }],
  ['space_call', { space: SPACE, endpoint: '/fail', arguments: { message: text } }],
  ['space_call', { space: SPACE, endpoint: '/describe', arguments: { image: text } }],
  ['space_call', { space: SPACE, endpoint: text, arguments: { [text]: text } }],
  ['space_result', { job: text }],
  ['history', { query: text }],
  [text, {}],
];

let hub: DemoHub;
let space: DemoSpace;

beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host, quotas: { api: 1e9, resolvers: 1e9, pages: 1e9 } });
});

afterAll(async () => {
  await Promise.all([hub.close(), space.close()]);
});

async function start(): Promise<ServerProcess> {
  const server = new ServerProcess({
    env: { HF_ENDPOINT: hub.url },
    config: JSON.stringify({ tools: { enable: ['all'] }, spaces: { waitSeconds: 5, maxSeconds: 5 } }),
  });
  await server.initialize();
  await server.call('warm', 'hub_search', { query: 'x' });
  return server;
}

/** CPU time that a process has taken, in ticks. */
function ticksOf({ child }: ServerProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** Makes all calls with texts of a length; counts the pings that are answered before each of them is. */
async function play(server: ServerProcess, length: number): Promise<{ ticks: number; pings: number; calls: number }> {
  const before = ticksOf(server);
  let pings = 0;
  let calls = 0;
  for (const motif of MOTIFS) {
    const text = motif.repeat(Math.ceil(length / motif.length));
    const open = callsWith(text).map(([tool, args], at) => server.call(`${length}-${calls + at}`, tool, args));
    calls += open.length;
    let over = false;
    const all = Promise.all(open).finally(() => {
      over = true;
    });
    for (; !over; pings += 1) {
      server.send({ id: `ping-${length}-${pings}`, method: 'ping' });
      await Promise.race([server.answer(`ping-${length}-${pings}`), all]);
    }
    for (const { result, error } of await all) {
      expect(result?.content?.[0]?.text ?? error?.message).toMatch(/^(?!internal: )./s);
    }
  }
  return { ticks: ticksOf(server) - before, pings, calls };
}

describe.skipIf(process.platform !== 'linux')('texts of one motif', () => {
  it('keep nobody waiting, and take no longer than their length', { timeout: 300_000 }, async () => {
    const server = await start();
    try {
      await play(server, 256);
      const small = await play(server, 4_096);
      const large = await play(server, 65_536);
      expect(large.pings).toBeGreaterThan(MOTIFS.length * 3);
      expect(large.ticks).toBeLessThan(32 * small.ticks);
    } finally {
      await server.dispose();
    }
  });

  it('do not keep the server from ending', { timeout: 120_000 }, async () => {
    const server = await start();
    try {
      for (const [at, motif] of MOTIFS.entries()) {
        const text = motif.repeat(65_536 / motif.length);
        server.send(
          ...callsWith(text).map(([name, args], place) => ({
            id: `${at}-${place}`,
            method: 'tools/call',
            params: { name, arguments: args },
          })),
        );
      }
      server.child.kill('SIGTERM');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    } finally {
      await server.dispose();
    }
  });
});
