import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@gradio/client';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { importSource } from './bundle.mjs';
import { compare } from './figures.mjs';
import { callOf } from './peers.mjs';
import { environment, HUGWIRE, startServer } from './pipe.mjs';
import { nextQuery, SPACE, TOKEN, withHub } from './world.mjs';

// What a call takes: a search, one that hugwire has in its cache, many at once, a run of a Space; and the words of the answers.

const AT_ONCE = 64;
const ROUNDS_AT_ONCE = 20;
const WARM_UP = 30;
const CALLS_FOR_HEAP = 10_000;
const RUNS_FOR_BLOCKS = 5;
const PRELOAD = fileURLToPath(new URL('heap.cjs', import.meta.url));
const FIELDS =
  'downloads likes gated private disabled createdAt lastModified trendingScore tags pipeline_tag library_name safetensors gguf';

/** name → a call of each that has it → name → function that times one. */
function timed(calls) {
  const time = (call) => async (round) => {
    const started = performance.now();
    await call(round);
    return { ms: performance.now() - started };
  };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, time(call)]));
}

/** What a search takes at the least: the request that hugwire makes, and the reading of its body. */
function createPlainSearch(endpoint) {
  const fields = FIELDS.split(' ').map((field) => `&expand[]=${field}`);
  const query = `&sort=downloads&direction=-1&limit=10${fields.join('')}`;
  return async () => {
    const url = `${endpoint}/api/models?search=${encodeURIComponent(nextQuery())}${query}`;
    const found = await (await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })).json();
    if (found.length !== 10) throw new Error('the search of the bench finds less than it should');
  };
}

/** name → call, of the servers that have one of that kind. */
function callsOf(servers, kind, makeArgument) {
  const able = Object.entries(servers).filter(([name]) => callOf(name, kind));
  return Object.fromEntries(
    able.map(([name, server]) => [name, (round) => server.call(...callOf(name, kind)(makeArgument(round)))]),
  );
}

/** Runs what is given with a Hub of its own and with every contender, ready. */
function withServers(contenders, home, measure, more = {}) {
  return withHub(home, async (endpoint) => {
    const common = environment(home, { HF_ENDPOINT: endpoint, HF_TOKEN: TOKEN, ...more });
    const servers = Object.fromEntries(
      Object.entries(contenders).map(([name, { command, env }]) => [name, startServer(command, { ...common, ...env })]),
    );
    try {
      const lists = Object.entries(servers).map(async ([name, server]) => [name, (await server.list()).tools]);
      const tools = Object.fromEntries(await Promise.all(lists));
      return await measure({ servers, endpoint, tools });
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    }
  });
}

const hugwireOf = (...flags) => ({ hugwire: { command: [process.execPath, ...flags, HUGWIRE, 'serve'] } });

/** The tokens of a text, in the shape of a figure. */
const countTokens = (text) => ({ p50: encode(text).length, runs: 1 });

async function measureSingle({ servers, endpoint, tools }, runs) {
  const { host } = await (await fetch(`${endpoint}/api/spaces/${SPACE}/host`)).json();
  const client = await Client.connect(host);
  const searches = callsOf(servers, 'search', nextQuery);
  const kept = nextQuery();
  const spaces = {
    node: (round) => client.predict('/greet', [`Ada ${round}`, false]),
    ...callsOf(servers, 'space', (round) => `Ada ${round}`),
  };
  const search = await compare(timed({ node: createPlainSearch(endpoint), ...searches }), runs, WARM_UP);
  const cached = await compare(timed(callsOf({ hugwire: servers.hugwire }, 'search', () => kept)), runs, WARM_UP);
  const space = await compare(timed(spaces), runs, 5);
  client.close();
  const answers = Object.entries(searches).map(async ([name, call]) => [name, countTokens(await call())]);
  const countLists = (read) =>
    Object.fromEntries(
      Object.entries(tools).map(([name, list]) => [name, countTokens(JSON.stringify(list.map(read)))]),
    );
  return {
    search: search.ms,
    searchCached: cached.ms,
    space: space.ms,
    searchTokens: Object.fromEntries(await Promise.all(answers)),
    tokens: countLists((tool) => tool),
    tokensRead: countLists(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
  };
}

/** Each with a Hub of its own, for the sake of its rate limits. */
function measureMany(home) {
  const many = (one) => () => Promise.all(Array.from({ length: AT_ONCE }, one));
  return withServers({}, home, ({ endpoint }) =>
    withServers(hugwireOf(), home, async ({ servers }) => {
      const calls = { node: createPlainSearch(endpoint), ...callsOf(servers, 'search', nextQuery) };
      const all = Object.entries(calls).map(([name, call]) => [name, many(call)]);
      return (await compare(timed(Object.fromEntries(all)), ROUNDS_AT_ONCE)).ms;
    }),
  );
}

const HELD = ['--expose-gc', '--require', PRELOAD];

/** Live heap after a collection, MiB, and the longest block since the last time that it was asked, milliseconds. */
async function readHeld(server, file) {
  rmSync(file, { force: true });
  process.kill(server.pid, 'SIGUSR2');
  for (let tries = 0; tries < 500 && !existsSync(file); tries += 1) await sleep(20);
  const [heap, block] = readFileSync(file, 'utf8').split(' ').map(Number);
  return { heap: heap / 2 ** 20, block };
}

/** MiB by which what lives on has grown after ten thousand calls. */
function measureHeap(home) {
  const file = join(home, 'heap');
  const measure = async ({ servers: { hugwire } }) => {
    const [name, args] = callOf('hugwire', 'search')(nextQuery());
    const search = async (count) => {
      for (let done = 0; done < count; done += 10) {
        await Promise.all(Array.from({ length: 10 }, () => hugwire.call(name, args)));
      }
    };
    await search(CALLS_FOR_HEAP / 10);
    const before = await readHeld(hugwire, file);
    await search(CALLS_FOR_HEAP);
    const after = await readHeld(hugwire, file);
    return { hugwire: { p50: after.heap - before.heap, runs: 1 } };
  };
  return withServers(hugwireOf(...HELD), home, measure, { BENCH_HEAP: file });
}

/** The longest block while answers of many megabytes are read, of a Hub and of a Space. */
async function measureBlocks(home, runs) {
  const { startHostileSpace } = await importSource('test/doubles/hostile-space.ts', home);
  const values = JSON.stringify(['é\n'.repeat(8_000_000), Array.from({ length: 300_000 }, (_, at) => at)]);
  const space = await startHostileSpace({
    stream: ({ eventId }) => [
      `data: {"msg":"process_completed","event_id":"${eventId}","output":{"data":${values}},"success":true}\n\n`,
    ],
  });
  const about = 'x'.repeat(150);
  const models = JSON.stringify(
    Array.from({ length: 60_000 }, (_, at) => ({ id: `owner/model-${at}`, tags: ['a'], about })),
  );
  const hub = createServer((_, response) => response.setHeader('content-type', 'application/json').end(models));
  await new Promise((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const file = join(home, 'blocks');
  const config = join(home, 'config.json');
  writeFileSync(config, JSON.stringify({ spaces: { local: [space.url] } }));
  const env = environment(home, { HF_ENDPOINT: `http://127.0.0.1:${hub.address().port}`, BENCH_HEAP: file });
  const server = startServer([process.execPath, ...HELD, HUGWIRE, 'serve'], env);
  const run = async () => {
    await server.call('hub_search', { query: nextQuery() });
    await server.call('space_call', { space: space.url, endpoint: '/echo', arguments: { text: 'x' } });
    return { block: (await readHeld(server, file)).block };
  };
  try {
    await server.list();
    return (await compare({ hugwire: run }, runs)).block;
  } finally {
    await Promise.all([server.close(), space.close()]);
    rmSync(config);
    hub.closeAllConnections();
    hub.close();
  }
}

const APP = fileURLToPath(new URL('../live/gradio/apps/answers.py', import.meta.url));

/** A function of a real app that returns at once, beside the plain client; nothing where the live suites have not installed it. */
async function measureGradio(home, series, runs) {
  const cache = process.env.HUGWIRE_TEST_CACHE ?? join(homedir(), '.cache', 'hugwire-test');
  const installed = existsSync(cache)
    ? readdirSync(cache).find((name) => name.startsWith(`gradio-${series}.`))
    : undefined;
  if (!installed) return {};
  const env = environment(home, { GRADIO_ANALYTICS_ENABLED: 'False', HF_HUB_OFFLINE: '1' });
  const app = spawn(join(cache, installed, 'bin', 'python'), [APP], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [ready] = await once(createInterface({ input: app.stdout }), 'line');
    const url = ready.split(' ')[1];
    const config = join(home, 'config.json');
    writeFileSync(config, JSON.stringify({ spaces: { local: [url] } }));
    const client = await Client.connect(url);
    const server = startServer([process.execPath, HUGWIRE, 'serve'], env);
    const call = (text) => server.call('space_call', { space: url, endpoint: '/quick', arguments: { text } });
    try {
      await server.list();
      const calls = { node: (round) => client.predict('/quick', [`${round}`]), hugwire: (round) => call(`${round}`) };
      return (await compare(timed(calls), runs, WARM_UP)).ms;
    } finally {
      client.close();
      await server.close();
      rmSync(config);
    }
  } finally {
    app.kill();
  }
}

/**
 * Measures calls, on the Node that runs the bench.
 * @param peers contenders by name, beside hugwire
 * @returns key → contender → figures
 */
export async function measureCalls(peers, home, runs) {
  const single = await withServers({ ...hugwireOf(), ...peers }, home, (ready) => measureSingle(ready, runs));
  const isLinux = process.platform === 'linux';
  const heap = isLinux ? await measureHeap(home) : {};
  const block = isLinux ? await measureBlocks(home, Math.min(runs, RUNS_FOR_BLOCKS)) : {};
  const [gradio6, gradio5] = [await measureGradio(home, 6, runs), await measureGradio(home, 5, runs)];
  return { ...single, searchMany: await measureMany(home), heap, block, gradio6, gradio5 };
}
