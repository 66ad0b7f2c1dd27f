import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCall } from '../../src/engine/call.js';
import { closeServer, listenOnLoopback } from '../../src/world/http.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { type Choice, findAttacks, replaceTexts } from '../doubles/attack-words.js';
import { openEngine } from '../fuzz/run.js';

// Every text that an app says of itself and of its runs, and that the Hub says of its Space, of one field after the other and of
// all at once, says something evil: nowhere may it stand in hugwire's own lines but in quotation marks.

/** Without these an app cannot be spoken to. */
const WIRING = new Set([
  'root',
  'api_prefix',
  'protocol',
  'msg',
  'event_id',
  'event_hash',
  'subdomain',
  'host',
  'domain',
]);
const SPACE = 'hugwire/demo-space';
/** Its build failed, as the Hub says in many words. */
const BROKEN = 'maya/trail-guide';

let hub: DemoHub;
let space: DemoSpace;
let proxies: Server[];
let hubUrl: string;
let chosen: Choice = () => false;
const keys = new Set<string>();

function rewrite(value: unknown): unknown {
  return replaceTexts(value, (key) => !WIRING.has(key) && chosen(key), keys);
}

/** Stands before a server and rewrites the JSON of its answers. */
async function startProxy(target: string): Promise<{ server: Server; url: string }> {
  let url = '';
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { host: _, connection: __, 'content-length': ___, 'accept-encoding': ____, ...headers } = request.headers;
    const real = await fetch(target + request.url, {
      method: request.method,
      headers: headers as Record<string, string>,
      redirect: 'manual',
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    const type = real.headers.get('content-type') ?? '';
    const here = (text: string) => text.replaceAll(target, url);
    const told = Object.fromEntries([...real.headers].filter(([name]) => !/length|connection|alive/.test(name)));
    response.writeHead(real.status, told);
    if (type.includes('json')) response.end(JSON.stringify(rewrite(JSON.parse(here(await real.text()) || 'null'))));
    else if (type.includes('event-stream')) {
      for (const block of here(await real.text())
        .split('\n\n')
        .filter(Boolean))
        response.write(`data: ${JSON.stringify(rewrite(JSON.parse(block.replace(/^data: /, ''))))}\n\n`);
      response.end();
    } else response.end(Buffer.from(await real.arrayBuffer()));
  });
  url = await listenOnLoopback(server, 0);
  return { server, url };
}

beforeAll(async () => {
  space = await startDemoSpace();
  const app = await startProxy(space.url);
  hub = await startDemoHub({ spaceHost: new URL(app.url).host, quotas: { api: 1e9, resolvers: 1e9, pages: 1e9 } });
  const front = await startProxy(hub.url);
  hubUrl = front.url;
  proxies = [app.server, front.server];
});

afterAll(async () => {
  await Promise.all([...proxies.map((server) => closeServer(server)), hub.close(), space.close()]);
});

const run = (endpoint: string, args: object) => ['space_call', { space: SPACE, endpoint, arguments: args }] as const;
const CALLS: (readonly [tool: string, args: object])[] = [
  ['space_info', { space: SPACE }],
  ['space_info', { space: SPACE, endpoint: '/draw' }],
  ['space_info', { space: SPACE, endpoint: '/nothing' }],
  ['space_info', { space: BROKEN }],
  ['space_call', { space: BROKEN, arguments: {} }],
  run('/draw', { prompt: 'dusk', size: 64 }),
  run('/draw', { prompt: 'dusk', size: 'much', style: 'nothing' }),
  run('/fail', { message: 'oh' }),
  run('/nothing', {}),
  ['space_result', { job: 'j_none' }],
  ['space_pin', { space: SPACE, endpoint: '/draw', reason: 'often' }],
];

/** The faults of every call, in both forms: done, and only told. */
async function faults(): Promise<string[]> {
  const found: string[] = [];
  for (const dryRun of [false, true]) {
    const engine = openEngine(hubUrl, 'hf_demo_read_maya', { dryRun });
    try {
      for (const [tool, args] of CALLS) {
        const said: (string | undefined)[] = [];
        const { text } = await runCall(
          engine.runtime,
          engine.runtime.knownTools().find(({ name }) => name === tool) as never,
          args,
          {
            signal: new AbortController().signal,
            progress: ({ message }) => said.push(message),
            ask: async ({ message }) => {
              // What is to be approved is shown to the user as it is, each text of it on a line of its own.
              said.push(message.replace(/^(?:Title: |Description: |- ).*$/gm, ''));
              return { action: 'decline' };
            },
          },
        );
        for (const words of [text, ...said]) {
          if (words === undefined) continue;
          found.push(...findAttacks(words).map((line) => `${tool} ${JSON.stringify(args).slice(0, 80)}: ${line}`));
          if (/^internal: /m.test(words)) found.push(words);
        }
      }
    } finally {
      await engine.close();
    }
  }
  return found;
}

it('puts no words into lines that are not its own', { timeout: 300_000 }, async () => {
  chosen = () => false;
  expect(await faults()).toEqual([]);
  expect(keys.size).toBeGreaterThan(50);
  const found: Record<string, string[]> = {};
  for (const key of [...keys]) {
    chosen = (one) => one === key;
    const faulty = await faults();
    if (faulty.length > 0) found[key] = faulty.slice(0, 3);
  }
  for (const [name, choice] of Object.entries(GROUPS)) {
    chosen = choice;
    const faulty = await faults();
    if (faulty.length > 0) found[name] = faulty.slice(0, 8);
  }
  expect(found).toEqual({});
});

const STRUCTURE =
  /^(?:id|type|stage|sdk|component|api_name|api_visibility|parameter_name|version|path|url|_type|connection)$/;
const GROUPS: Record<string, Choice> = {
  all: () => true,
  words: (key) => !STRUCTURE.test(key),
};
