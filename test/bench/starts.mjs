import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { importSource } from './bundle.mjs';
import { compare, figuresOf } from './figures.mjs';
import { callOf, PEERS } from './peers.mjs';
import { environment, startServer, timeBare, usageOf } from './pipe.mjs';
import { nextQuery, withHangingHub, withHub } from './world.mjs';

// What a process costs: its start, and its memory.

const UNREACHABLE = 'http://127.0.0.1:2';
const IDLE_MS = 10_000;
/** hugwire has loaded all that it loads by then, and has kept what makes its next start faster. */
const SETTLED_MS = 4000;
/** A server that waits for the Hub is asked often enough with this. */
const PEER_RUNS = 5;

/** @param contender `command`, program and arguments; `env`, what it needs beside the environment of all */
async function timeList({ command, env }, common) {
  const server = startServer(command, { ...common, ...env });
  try {
    const { ms, cpu } = await server.list();
    return { ms, cpu };
  } finally {
    await server.close();
  }
}

/** The first start compiles, and prepares answers: what is measured is a later one. */
async function warmUp({ command, env }, common) {
  const server = startServer(command, { ...common, ...env });
  await server.list().catch(() => {});
  await sleep(SETTLED_MS);
  await server.close();
}

/** A home with twenty pinned Spaces, each recorded as the default one is. */
async function makePinnedHome(home) {
  mkdirSync(home, { recursive: true });
  const { DEFAULT_LOCK, hashEntry } = await importSource('src/spaces/lock.ts', home);
  const spaces = Array.from({ length: 20 }, (_, index) => {
    const entry = { ...DEFAULT_LOCK[0], tool: `picture_${index}` };
    return { ...entry, hash: hashEntry(entry) };
  });
  const pinned = spaces.map(({ space, endpoint, tool }) => ({ space, endpoint, tool }));
  writeFileSync(join(home, 'spaces.lock.json'), JSON.stringify({ version: 1, spaces }));
  writeFileSync(join(home, 'config.json'), JSON.stringify({ spaces: { pinned } }));
  return environment(home, { HF_ENDPOINT: UNREACHABLE });
}

/**
 * Measures starts, from the spawn to the answer to tools/list, on every line of Node.
 * @param lines `major`, `node` (its path), and its `contenders` by name: hugwire's own, and `others`
 * @returns key → major version → contender → figures
 */
export async function measureStarts(lines, home, runs) {
  const results = {
    start: {},
    startCpu: {},
    startHanging: {},
    startHangingCpu: {},
    startPinned: {},
    startPinnedCpu: {},
  };
  const measure = async (key, env, { major, node }, contenders, times = runs) => {
    await Promise.all(Object.values(contenders).map((one) => warmUp(one, env)));
    const timed = Object.entries(contenders).map(([name, one]) => [name, () => timeList(one, env)]);
    const { ms, cpu } = await compare({ node: () => timeBare(node, env), ...Object.fromEntries(timed) }, times);
    // What was measured before stays, a bare Node as well.
    results[key][major] = { ...ms, ...results[key][major] };
    results[`${key}Cpu`][major] = { ...cpu, ...results[`${key}Cpu`][major] };
  };
  await withHub(home, async (endpoint) => {
    const env = environment(home, { HF_ENDPOINT: endpoint });
    for (const line of lines) await measure('start', env, line, { ...line.contenders, ...line.others });
  });
  await withHangingHub(async (endpoint) => {
    const env = environment(home, { HF_ENDPOINT: endpoint });
    for (const line of lines) await measure('startHanging', env, line, line.contenders);
    const [own] = lines;
    const peers = Object.entries(own.others).filter(([name]) => PEERS[name]);
    if (peers.length > 0) await measure('startHanging', env, own, Object.fromEntries(peers), Math.min(runs, PEER_RUNS));
  });
  const pinned = await makePinnedHome(join(home, 'pinned'));
  for (const line of lines) await measure('startPinned', pinned, line, line.contenders);
  return results;
}

/** What a server takes that has been idle since its list, and what its first search takes then. */
async function measureSearch(name, server) {
  const { cpu: startAll, memory } = usageOf(server.pid);
  const search = callOf(name, 'search');
  if (!search) return { memory, startAll };
  await server.call(...search(nextQuery()));
  await sleep(100); // what is written after the answer belongs to the search
  const { cpu, memory: memorySearched } = usageOf(server.pid);
  return { memory, startAll, memorySearched, firstSearch: cpu - startAll };
}

/** Starts servers one after the other, lets them all be idle, and measures them one after the other. */
async function measureLine({ node, contenders, others }, common, runs) {
  const bare = { command: [node, '-e', 'process.stdin.resume()'] };
  const tried = Object.entries({ node: bare, ...contenders, ...others }).map(([name, one]) => ({
    ...one,
    name,
    servers: [],
    rounds: [],
    failures: [],
  }));
  const each = async (work) => {
    for (let round = 0; round < runs; round += 1) {
      for (const one of tried) await work(one, round).catch((error) => one.failures.push(error.message));
    }
  };
  await each(async ({ name, command, env, servers }) => {
    const server = startServer(command, { ...common, ...env });
    servers.push(server);
    if (name !== 'node') await server.list();
  });
  await sleep(IDLE_MS);
  await each(async ({ name, servers, rounds }, round) => {
    rounds[round] = await measureSearch(name, servers[round]);
  });
  await Promise.all(tried.flatMap(({ servers }) => servers.map((server) => server.close())));
  return figuresOf(tried);
}

/**
 * Measures servers that wait, and their first search.
 * @param lines as for `measureStarts`
 * @returns key → major version → contender → figures
 */
export async function measureIdle(lines, home, runs) {
  return withHub(home, async (endpoint) => {
    const env = environment(home, { HF_ENDPOINT: endpoint });
    const results = {};
    for (const line of lines) {
      for (const [key, figures] of Object.entries(await measureLine(line, env, runs))) {
        results[key] = { ...results[key], [line.major]: figures };
      }
    }
    return results;
  });
}
