import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { compare } from './figures.mjs';
import { environment, startServer, timeBare } from './pipe.mjs';
import { withHangingHub, withHub } from './world.mjs';

// What a process costs: its start, its memory, and the words of its tool list.

const UNREACHABLE = 'http://127.0.0.1:2';

async function timeList(args, env) {
  const server = startServer(args, env);
  try {
    return (await server.list()).milliseconds;
  } finally {
    await server.close();
  }
}

/** A Node that waits on its input, which is the least that a server can be. */
async function measureBareMemory(env) {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const text = process.platform === 'linux' ? readFileSync(`/proc/${child.pid}/status`, 'utf8') : '';
  child.stdin.end();
  await new Promise((resolve) => child.once('close', resolve));
  return Number(text.match(/VmRSS:\s+(\d+)/)?.[1] ?? Number.NaN) / 1024;
}

async function measureMemory(args, env) {
  const server = startServer(args, env);
  try {
    await server.list();
    await new Promise((resolve) => setTimeout(resolve, 300)); // idle, as it is for most of its life
    return server.memory();
  } finally {
    await server.close();
  }
}

/** A home with twenty pinned Spaces, each recorded as the default one is. */
async function makePinnedHome(home) {
  mkdirSync(home, { recursive: true });
  const code = join(home, 'lock.cjs');
  const contents = `export { DEFAULT_LOCK, hashEntry } from './src/spaces/lock.ts';`;
  const stdin = { contents, resolveDir: join(import.meta.dirname, '..', '..') };
  await build({ stdin, outfile: code, bundle: true, format: 'cjs', platform: 'node' });
  const { DEFAULT_LOCK, hashEntry } = createRequire(import.meta.url)(code);
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
 * Measures starts, memory and tool lists.
 * @param contenders name → arguments of Node
 */
export async function measureProcesses(contenders, home, runs) {
  const each = (measure) =>
    Object.fromEntries(Object.entries(contenders).map(([name, args]) => [name, () => measure(args)]));
  const at = (endpoint) => environment(home, { HF_ENDPOINT: endpoint });
  const compareStarts = (env) => compare({ node: () => timeBare(env), ...each((args) => timeList(args, env)) }, runs);
  // Node 20 compiles hugwire anew until an idle moment has kept the result: what is measured is a later start.
  await keepCompiled(contenders.hugwire, at(UNREACHABLE));
  const results = await withHub(home, async (endpoint) => {
    const env = at(endpoint);
    return {
      start: await compareStarts(env),
      memory: await compare(
        { node: () => measureBareMemory(env), ...each((args) => measureMemory(args, env)) },
        Math.min(runs, 7),
      ),
      tokens: await compare(
        each((args) => countTokens(args, env)),
        1,
        0,
      ),
    };
  });
  const startHanging = await withHangingHub((endpoint) => compareStarts(at(endpoint)));
  const pinned = await makePinnedHome(join(home, 'pinned'));
  await keepCompiled(contenders.hugwire, pinned);
  const twenty = { node: () => timeBare(pinned), hugwire: () => timeList(contenders.hugwire, pinned) };
  return { ...results, startHanging, startPinned: await compare(twenty, runs) };
}

async function keepCompiled(args, env) {
  const server = startServer(args, env);
  await server.list();
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await server.close();
}

async function countTokens(args, env) {
  const server = startServer(args, env);
  try {
    const { tools } = await server.list();
    return encode(
      JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))),
    ).length;
  } finally {
    await server.close();
  }
}
