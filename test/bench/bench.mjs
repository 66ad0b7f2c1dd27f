import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { importSource } from './bundle.mjs';
import { measureCalls } from './calls.mjs';
import { commandOf, installAlone, PEERS, withNpx } from './peers.mjs';
import { HUGWIRE } from './pipe.mjs';
import { publish } from './publication.mjs';
import { measureIdle, measureStarts } from './starts.mjs';
import { findBroken, printTable } from './table.mjs';

// Measures hugwire against its budgets, a bare Node, npx and, with --peers, other servers: prints a table and writes JSON.
// Starts and memory are measured on each line of Node, all else on the Node that runs this.
// Usage: npm run bench -- [--runs 21] [--peers] [--out bench.json] [--publish]
// --publish also refreshes what the pages show: test/bench/results.json, .github/bench.svg and the tables.

const IDLE_RUNS = 5;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '21' },
    out: { type: 'string', default: 'bench.json' },
    peers: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const work = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));
const home = join(work, 'home');

/** Builds and packs hugwire. */
function packHugwire() {
  const printed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', work], {
    cwd: resolve(import.meta.dirname, '..', '..'),
    shell: platform() === 'win32',
    encoding: 'utf8',
  });
  const [{ filename, version, size, unpackedSize, entryCount }] = JSON.parse(printed.slice(printed.indexOf('[')));
  return { tarball: join(work, filename), version, size, unpackedSize, files: entryCount };
}

/** This Node, and one of each other line that hugwire runs on. */
async function findLines() {
  const { nodeBuilds } = await importSource('test/live/nodes.ts', work);
  const majorOf = (version) => version.split('.')[0];
  const found = [{ version: process.versions.node, path: process.execPath }, ...(await nodeBuilds())];
  const lines = new Map();
  for (const { version, path: node } of found) {
    const major = majorOf(version);
    const contenders = {
      hugwire: { command: [node, HUGWIRE] },
      'hugwire serve': { command: [node, HUGWIRE, 'serve'] },
    };
    if (!lines.has(major)) lines.set(major, { major, version, node, contenders, others: {} });
  }
  return [...lines.values()];
}

const [load] = loadavg();
if (load > cpus().length / 2) {
  console.log(`This machine is busy (load ${load.toFixed(1)} on ${cpus().length} CPUs): times will be too long.`);
}

try {
  mkdirSync(home);
  const { size, unpackedSize, files, ...packed } = packHugwire();
  const install = { hugwire: installAlone(packed.tarball, join(work, 'hugwire')) };
  const peers = {};
  for (const [name, peer] of options.peers ? Object.entries(PEERS) : []) {
    install[name] = installAlone(`${peer.package}@${peer.version}`, join(work, name));
    peers[name] = { command: commandOf(name, join(work, name)) };
  }
  const lines = await findLines();
  const [own] = lines;
  const processes = await withNpx(packed, join(work, 'npm'), async (npx) => {
    own.others = { ...(platform() === 'win32' ? {} : { 'npx hugwire': npx }), ...peers };
    return {
      ...(await measureStarts(lines, home, runs)),
      ...(await measureIdle(lines, home, Math.min(runs, IDLE_RUNS))),
    };
  });
  const calls = Object.entries(await measureCalls(peers, home, runs));
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}`,
    node: process.versions.node,
    others: lines.slice(1).map(({ version }) => version),
    package: { size, unpackedSize, files },
    install,
    figures: { ...processes, ...Object.fromEntries(calls.map(([key, figures]) => [key, { [own.major]: figures }])) },
  };
  const text = `${JSON.stringify(results, shorten, 2)}\n`;
  writeFileSync(options.out, text);
  // As they are kept, so that what is printed and what is published agree.
  const kept = JSON.parse(text);
  printTable(kept);
  if (options.publish) publish(text);
  if (findBroken(kept).length > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}

/** Figures to a thousandth: the rest is noise. */
function shorten(_key, value) {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
