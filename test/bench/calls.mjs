import { Client } from '@gradio/client';
import { compare } from './figures.mjs';
import { PEERS } from './peers.mjs';
import { environment, HUGWIRE, startServer } from './pipe.mjs';
import { SPACE, withHub } from './world.mjs';

// What a call takes: a search, one that hugwire has in its cache, many at once, and a run of a Space.

const AT_ONCE = 64;
const WARM_UP = 30;
const FIELDS =
  'downloads likes gated private disabled createdAt lastModified trendingScore tags pipeline_tag library_name safetensors gguf';

/**
 * A query that finds ten models and was not asked before: the small Hub, like the large one, finds the ids that have every
 * word, in whatever case.
 */
function writeQuery(index) {
  const spell = (letter, place) => ((index >> place) & 1 ? letter.toUpperCase() : letter);
  return [...'aeioaeioae'].map(spell).join(' ');
}

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** name → a call of each that has it → name → function that times one. */
function timed(calls) {
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, (index) => time(() => call(index))]));
}

/** What a search takes at the least: the request that hugwire makes, and the reading of its body. */
function createPlainSearch(endpoint) {
  const fields = FIELDS.split(' ').map((field) => `&expand[]=${field}`);
  const query = `&sort=downloads&direction=-1&limit=10${fields.join('')}`;
  return async (index) => {
    const url = `${endpoint}/api/models?search=${encodeURIComponent(writeQuery(index))}${query}`;
    const found = await (await fetch(url)).json();
    if (found.length !== 10) throw new Error('the search of the bench finds less than it should');
  };
}

/** The calls of the installed peers that have such a tool. */
function callsOfPeers(servers, kind, makeArgument) {
  const able = Object.entries(PEERS).filter(([name, peer]) => peer[kind] && servers[name]);
  return Object.fromEntries(
    able.map(([name, peer]) => [name, (index) => servers[name].call(...peer[kind](makeArgument(index)))]),
  );
}

/** Runs what is given with a Hub of its own and with every contender, ready. */
function withServers(contenders, home, measure) {
  return withHub(home, async (endpoint) => {
    const env = environment(home, { HF_ENDPOINT: endpoint });
    const servers = Object.fromEntries(
      Object.entries(contenders).map(([name, args]) => [name, startServer(args, env)]),
    );
    const search = (index) => servers.hugwire.call('hub_search', { query: writeQuery(index), limit: 10 });
    try {
      await Promise.all(Object.values(servers).map((server) => server.list()));
      return await measure({ servers, endpoint, search, searchPlainly: createPlainSearch(endpoint) });
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    }
  });
}

/**
 * Measures calls.
 * @param contenders name → arguments of Node
 */
export async function measureCalls(contenders, home, runs) {
  const single = await withServers(contenders, home, async ({ servers, endpoint, search, searchPlainly }) => {
    const { host } = await (await fetch(`${endpoint}/api/spaces/${SPACE}/host`)).json();
    const client = await Client.connect(host);
    const space = {
      node: (index) => client.predict('/greet', [`Ada ${index}`, false]),
      hugwire: (index) =>
        servers.hugwire.call('space_call', { space: SPACE, endpoint: '/greet', arguments: { name: `Ada ${index}` } }),
      ...callsOfPeers(servers, 'space', (index) => `Ada ${index}`),
    };
    const searches = { node: searchPlainly, hugwire: search, ...callsOfPeers(servers, 'search', writeQuery) };
    const results = {
      search: await compare(timed(searches), runs, WARM_UP),
      searchCached: await compare(timed({ hugwire: () => search(0) }), runs, WARM_UP),
      space: await compare(timed(space), runs, 5),
    };
    client.close();
    return results;
  });
  // A Hub of its own, for the sake of its rate limits.
  const searchMany = await withServers({ hugwire: HUGWIRE }, home, ({ search, searchPlainly }) => {
    const many = (one) => (round) =>
      Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(round * AT_ONCE + index)));
    return compare(timed({ node: many(searchPlainly), hugwire: many(search) }), 2);
  });
  return { ...single, searchMany };
}
