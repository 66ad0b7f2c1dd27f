// What hugwire adds to a call: to a search, to one that it has in its cache, to many at once, and to a run of a Space.
import { Client } from '@gradio/client';
import { summarise } from './figures.mjs';
import { environment, HUGWIRE, startServer } from './pipe.mjs';

const SPACE = 'hugwire/demo-space';
const AT_ONCE = 64;
const WARM_UP = 30;
const FIELDS =
  'downloads likes gated private disabled createdAt lastModified trendingScore tags pipeline_tag library_name safetensors gguf';

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Milliseconds that `ours` takes beyond `plain`, pair by pair. */
async function added(ours, plain, runs, warmUp = WARM_UP) {
  for (let run = 0; run < warmUp; run += 1) await Promise.all([ours(`warm${run}`), plain(`warm${run}`)]);
  const values = [];
  for (let run = 0; run < runs; run += 1) {
    const theirs = await time(() => plain(`p${run}`));
    values.push((await time(() => ours(`m${run}`))) - theirs);
  }
  return { hugwire: summarise(values) };
}

/** Runs what is given with a server, and with the demo world that it sees, which is a process of its own. */
async function withDemo(home, measure) {
  const world = startServer([...HUGWIRE, '--demo'], environment(home));
  await world.list();
  const endpoint = (await world.call('hub_whoami', {})).match(/^Hub: (\S+)/m)[1];
  const server = startServer(HUGWIRE, environment(home, { HF_ENDPOINT: endpoint }));
  await server.list();
  const query = FIELDS.split(' ')
    .map((field) => `&expand[]=${field}`)
    .join('');
  const searchPlainly = async (text) =>
    (await fetch(`${endpoint}/api/models?search=${text}&sort=downloads&direction=-1&limit=10${query}`)).json();
  const search = (text) => server.call('hub_search', { query: text, limit: 10 });
  try {
    return await measure({ server, endpoint, search, searchPlainly });
  } finally {
    await server.close();
    await world.close();
  }
}

/** Measures calls of hugwire. */
export async function measureCalls(home, runs) {
  const single = await withDemo(home, async ({ server, endpoint, search, searchPlainly }) => {
    const { host } = await (await fetch(`${endpoint}/api/spaces/${SPACE}/host`)).json();
    const greetPlainly = async (name) => (await Client.connect(host)).predict('/greet', [name, false]);
    const greet = (name) => server.call('space_call', { space: SPACE, endpoint: '/greet', arguments: { name } });
    return {
      searchAdded: await added(search, searchPlainly, runs),
      searchCached: await added(
        () => search('bert'),
        async () => {},
        runs,
      ),
      spaceAdded: await added(greet, greetPlainly, runs),
    };
  });
  // A world of its own: the small Hub has the large one's rate limits.
  const searchManyAdded = await withDemo(home, ({ search, searchPlainly }) => {
    const many = (one) => (text) => Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(`${text}x${index}`)));
    return added(many(search), many(searchPlainly), 2, 1);
  });
  return { ...single, searchManyAdded };
}
