import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { environment, HUGWIRE } from '../bench/pipe.mjs';
import { SPACE, TOKEN, withHub } from '../bench/world.mjs';

// Runs calls of all kinds through the built server for some minutes, and fails when what it holds keeps growing: live heap
// after a collection, open files, files that should be gone. Linux only, which tells of open files.
// Usage: npm run soak -- [--minutes 20]

const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const until = performance.now() + Number(options.minutes) * 60_000;
/** Of the time; until then caches and the results that are kept fill up. */
const WARM_UP = 0.4;
const MAX_GROWTH = { heap: 4 * 2 ** 20, files: 3, left: 0 };
const PRELOAD = fileURLToPath(new URL('../bench/heap.cjs', import.meta.url));
const LEFT = /\.(?:part|new|tmp|lock)(?:\.|$)|(?:^|\/)tmp\//;

const work = mkdtempSync(join(tmpdir(), 'hugwire-soak-'));
const counts = { calls: 0, failed: {}, unexpected: [] };

function configOf(round) {
  // The list of tools and their limits change while calls run.
  const enable = ['default', 'memory', ...(round % 2 ? [] : ['pin'])];
  return JSON.stringify({ tools: { enable }, spaces: { maxSeconds: 30 + (round % 3) } });
}

/** Calls of one round. Questions come again, so that the answers that are kept in memory are all there after a while. */
function callsOf(round) {
  const run = (endpoint, args, more) => ['space_call', { space: SPACE, endpoint, arguments: args, ...more }];
  return [
    ['hub_search', { query: `model ${round % 50}` }],
    ['hub_search', { query: 'whisper', kinds: ['model', 'dataset', 'space', 'paper'] }],
    ['hub_repo', { repo: 'openai/whisper-large-v3' }],
    ['hub_read', { uri: 'openai/whisper-large-v3' }],
    ['hub_read', { uri: `hf://owner/missing-${round % 50}/README.md` }],
    ['dataset_rows', { dataset: 'stanfordnlp/imdb', config: 'plain_text', split: 'train', offset: round % 50 }],
    ['space_info', { space: SPACE }],
    run('/greet', { name: `Ada ${round}` }),
    run('/draw', { prompt: 'sea at night', seed: round }),
    run('/count', { to: 20, pause_seconds: 0 }),
    run('/fail', { message: 'as it should' }),
    run('/remember', { note: 'x' }, { session: `s${round % 5}` }),
    ['memory_save', { text: `The soak is in its round ${round % 20}.` }],
    ['memory_search', { query: 'soak' }],
    ['hub_whoami', {}],
    ['space_result', { job: 'j_none' }],
    ['no_such_tool', {}],
  ];
}

/** Errors that calls of a round are made for, and the limits of a small Hub that is asked without a pause. */
const EXPECTED = /^(?:space_error|not_found|not_visible|rate_limited|gated)\b/;

async function call(client, name, args, signal) {
  counts.calls += 1;
  try {
    const result = await client.callTool({ name, arguments: args }, { signal });
    if (!result.isError) return;
    const text = result.content[0].text;
    const code = text.split(':')[0];
    counts.failed[code] = (counts.failed[code] ?? 0) + 1;
    if (!EXPECTED.test(text)) counts.unexpected.push(`${name}: ${text.slice(0, 200)}`);
  } catch (error) {
    const kind = signal?.aborted ? 'cancelled' : name === 'no_such_tool' ? 'protocol' : undefined;
    if (kind) counts.failed[kind] = (counts.failed[kind] ?? 0) + 1;
    else counts.unexpected.push(`${name}: ${error.message}`);
  }
}

async function runRound(client, home, round) {
  if (round % 5 === 0) writeFileSync(join(home, 'config.json'), configOf(round));
  const [runs, others] = [true, false].map((wanted) =>
    callsOf(round).filter(([name]) => (name === 'space_call') === wanted),
  );
  const all = (calls) => Promise.all(calls.map(([name, args]) => call(client, name, args)));
  // The Space works on one call at a time: this one is given up so that the others have their turn.
  const slow = new AbortController();
  const args = { space: SPACE, endpoint: '/count', arguments: { to: 1000, pause_seconds: 0.05 } };
  const cancelled = call(client, 'space_call', args, slow.signal);
  await all(others);
  slow.abort();
  await Promise.all([cancelled, all(runs)]);
}

async function measure(pid, home, file) {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; ; tries += 1) {
    const text = readdirSync(home).includes('heap') ? readFileSync(file, 'utf8') : '';
    if (text !== '') {
      const left = readdirSync(home, { recursive: true }).filter((path) => LEFT.test(path) && path !== 'heap.new');
      return {
        heap: Number.parseInt(text, 10),
        files: readdirSync(`/proc/${pid}/fd`).length,
        left: left.length,
        which: left,
      };
    }
    if (tries > 1500) throw new Error('the server did not measure its heap');
    await sleep(20);
  }
}

async function soak(endpoint, home) {
  const file = join(home, 'heap');
  writeFileSync(join(home, 'config.json'), configOf(0));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--expose-gc', '--require', PRELOAD, HUGWIRE, 'serve'],
    env: environment(home, { HF_ENDPOINT: endpoint, HF_TOKEN: TOKEN, BENCH_HEAP: file }),
    stderr: 'ignore',
  });
  const client = new Client({ name: 'soak', version: '1' });
  await client.connect(transport);
  try {
    const warm = performance.now() + (until - performance.now()) * WARM_UP;
    let before;
    let round = 0;
    for (; performance.now() < until || !before; round += 1) {
      const refused = counts.failed.rate_limited ?? 0;
      await runRound(client, home, round);
      // As clients do: hundreds of refusals a second say nothing of a day's work.
      if ((counts.failed.rate_limited ?? 0) > refused) await sleep(200);
      if (!before && performance.now() >= warm) before = await measure(transport.pid, home, file);
    }
    return { before, after: await measure(transport.pid, home, file), rounds: round };
  } finally {
    await client.close();
  }
}

try {
  const home = mkdtempSync(join(work, 'home-'));
  const { before, after, rounds } = await withHub(work, (endpoint) => soak(endpoint, home));
  const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${counts.calls} calls in ${rounds} rounds; of these failed, as they should: ${JSON.stringify(counts.failed)}`,
  );
  console.log(`live heap ${mebibytes(before.heap)} → ${mebibytes(after.heap)}`);
  console.log(`open files ${before.files} → ${after.files}`);
  console.log(`temporary files ${before.left} → ${after.left} ${after.which.join(' ')}`);
  for (const line of counts.unexpected.slice(0, 10)) console.log(`unexpected: ${line}`);
  const grown = Object.entries(MAX_GROWTH).filter(([what, most]) => after[what] - before[what] > most);
  for (const [what] of grown) console.log(`${what} grew by more than it may`);
  if (grown.length > 0 || after.left > 0 || counts.unexpected.length > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
