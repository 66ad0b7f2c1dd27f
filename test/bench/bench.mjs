import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls.mjs';
import { commandOf, installAlone, PEERS } from './peers.mjs';
import { HUGWIRE } from './pipe.mjs';
import { measureProcesses } from './process.mjs';
import { publish } from './publication.mjs';
import { printTable } from './table.mjs';

// Measures hugwire against a bare Node and, with --peers, against other servers: prints a table and writes JSON.
// Usage: npm run bench -- [--runs 21] [--peers] [--out bench.json] [--publish]
// --publish also refreshes what the README shows: test/bench/results.json, .github/bench.svg and the table.

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '21' },
    out: { type: 'string', default: 'bench.json' },
    peers: { type: 'boolean', default: false },
    publish: { type: 'boolean', default: false },
  },
});
const runs = Number(options.runs);
const root = resolve(import.meta.dirname, '..', '..');
const work = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));

function packHugwire() {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', work], {
    cwd: root,
    shell: platform() === 'win32',
    stdio: 'ignore',
  });
  return join(
    work,
    readdirSync(work).find((file) => file.endsWith('.tgz')),
  );
}

try {
  const install = { hugwire: installAlone(packHugwire(), join(work, 'hugwire')) };
  const contenders = { hugwire: HUGWIRE };
  for (const [name, peer] of options.peers ? Object.entries(PEERS) : []) {
    install[name] = installAlone(`${peer.package}@${peer.version}`, join(work, name));
    contenders[name] = commandOf(name, join(work, name));
  }
  const measured = {
    ...(await measureProcesses(contenders, join(work, 'home'), runs)),
    ...(await measureCalls(contenders, join(work, 'home'), runs)),
  };
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}`,
    node: process.versions.node,
    install,
    ...measured,
  };
  const text = `${JSON.stringify(results, shorten, 2)}\n`;
  writeFileSync(options.out, text);
  const over = printTable(results);
  if (options.publish) publish(text);
  if (over.length > 0) {
    console.log(`over budget: ${over.join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Figures to a thousandth: the rest is noise. */
function shorten(_key, value) {
  return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
}
