// Times what a user waits for: from the spawn of the server to its answer to tools/list, against a bare `node -e 0`.
// Usage: node test/bench/start.mjs [runs]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, show, summarise } from './pipe.mjs';

const RUNS = Number(process.argv[2] ?? 21);
const BUDGET = 1.8;
const clientInfo = { name: 'bench', version: '1' };
const INPUT = [
  { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
]
  .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  .join('');

const home = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));

/** Milliseconds until `node -e 0` has ended. */
function timeBare() {
  const started = performance.now();
  return new Promise((resolve) => {
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }).once('close', () => resolve(performance.now() - started));
  });
}

/** Milliseconds until tools/list is answered, and the resident memory then, in MiB. */
function timeServer(endpoint) {
  const started = performance.now();
  const env = { PATH: process.env.PATH, HUGWIRE_HOME: home, HF_ENDPOINT: endpoint };
  const child = spawn(process.execPath, [BIN, 'serve'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.write(INPUT);
  return new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (!output.includes('"id":2}')) return;
      const milliseconds = performance.now() - started;
      const memory = process.platform === 'linux' ? residentMiB(child.pid) : Number.NaN;
      child.stdout.removeAllListeners('data');
      child.stdin.end();
      child.once('close', () => resolve({ milliseconds, memory }));
    });
  });
}

function residentMiB(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)?.[1]) / 1024;
}

/** Resident memory of a bare Node that waits on its input, in MiB. */
function measureBareMemory() {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return new Promise((resolve) => {
    child.stdout.once('data', () => {
      const memory = process.platform === 'linux' ? residentMiB(child.pid) : Number.NaN;
      child.once('close', () => resolve(memory));
      child.stdin.end();
    });
  });
}

// A Hub that takes the connection and never answers.
const hanging = createServer(() => {}).listen(0, '127.0.0.1');
await new Promise((resolve) => hanging.once('listening', resolve));
const endpoints = {
  'Hub unreachable': 'http://127.0.0.1:2',
  'Hub hanging': `http://127.0.0.1:${hanging.address().port}`,
};

console.log(`${RUNS} runs each, in turn; Node ${process.versions.node}\n${''.padEnd(44)}     min  median     max`);
let failed = false;
for (const [name, endpoint] of Object.entries(endpoints)) {
  const bare = [];
  const served = [];
  await timeBare();
  await timeServer(endpoint);
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(await timeBare());
    served.push(await timeServer(endpoint));
  }
  const ratio = summarise(served.map(({ milliseconds }, index) => milliseconds / bare[index]));
  show('node -e 0', summarise(bare), 'ms');
  show(`spawn to tools/list, ${name}`, summarise(served.map(({ milliseconds }) => milliseconds)), 'ms');
  show(`  ratio (budget ${BUDGET})`, ratio, 'x');
  show('  resident memory', summarise(served.map(({ memory }) => memory)), 'MiB');
  failed ||= ratio.median > BUDGET;
}
show('bare Node waiting on stdin', summarise([await measureBareMemory()]), 'MiB');

hanging.close();
rmSync(home, { recursive: true, force: true });
if (failed) {
  console.log(`over budget`);
  process.exitCode = 1;
}
