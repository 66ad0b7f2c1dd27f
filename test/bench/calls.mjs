// Times what hugwire adds to a call: a search against the same request sent plainly, a search from the cache, and a Space
// call against the plain Gradio client. Usage: node test/bench/calls.mjs [runs]
import { Client } from '@gradio/client';
import { show, startServer, summarise } from './pipe.mjs';

const RUNS = Number(process.argv[2] ?? 31);
const SPACE = 'hugwire/demo-space';
const BUDGETS = { search: 2, cache: 1, space: 10 };

// The demo world in one process, the server that is measured in another.
const world = await startServer(['serve', '--demo']);
const endpoint = (await world.call('hub_whoami', {})).match(/^Hub: (\S+)/m)[1];
const server = await startServer(['serve'], { HF_ENDPOINT: endpoint });
const { host } = await (await fetch(`${endpoint}/api/spaces/${SPACE}/host`)).json();

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The request that hub_search sends, as a plain fetch. */
async function searchPlainly(query) {
  const fields =
    'downloads likes gated private disabled createdAt lastModified trendingScore tags pipeline_tag library_name safetensors gguf';
  const expand = fields
    .split(' ')
    .map((field) => `&expand[]=${field}`)
    .join('');
  const answer = await fetch(`${endpoint}/api/models?search=${query}&sort=downloads&direction=-1&limit=10${expand}`);
  return answer.json();
}

async function greetPlainly(name) {
  const client = await Client.connect(host);
  const { data } = await client.predict('/greet', [name, false]);
  return data;
}

/** Runs both in turn and shows the difference of each pair. */
async function compare(name, budget, mine, plain) {
  for (let run = 0; run < 30; run += 1) await Promise.all([mine(`warm${run}`), plain(`warm${run}`)]);
  const [ours, theirs] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    theirs.push(await time(() => plain(`p${run}`)));
    ours.push(await time(() => mine(`m${run}`)));
  }
  show(`${name}, plainly`, summarise(theirs), 'ms');
  show(`${name}, through hugwire`, summarise(ours), 'ms');
  const added = summarise(ours.map((value, run) => value - theirs[run]));
  show(`  added (budget ${budget})`, added, 'ms');
  return added.median <= budget;
}

console.log(`${RUNS} runs each, in turn; Node ${process.versions.node}\n${''.padEnd(44)}     min  median     max`);
const search = (query) => server.call('hub_search', { query, limit: 10 });
const results = [
  await compare('search', BUDGETS.search, search, searchPlainly),
  await compare(
    'search from the cache',
    BUDGETS.cache,
    () => search('bert'),
    async () => {},
  ),
  await compare(
    'Space call',
    BUDGETS.space,
    (name) => server.call('space_call', { space: SPACE, endpoint: '/greet', arguments: { name } }),
    greetPlainly,
  ),
];
await server.close();
await world.close();
if (results.includes(false)) {
  console.log('over budget');
  process.exitCode = 1;
}
process.exit();
