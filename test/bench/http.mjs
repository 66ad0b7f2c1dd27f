import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commandOf, installAlone, PEERS } from './peers.mjs';
import { environment, HUGWIRE } from './pipe.mjs';

// What serving over HTTP costs: CPU of the process per request over a bare node:http server that sends the same bytes, requests per
// second, what an idle stream takes, and what the process does; beside the official server over HTTP. Nothing leaves the machine.

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, peers: { type: 'boolean', default: true } },
  allowNegative: true,
});
const RUNS = Number(values.runs);
const REQUESTS = 2000;
/** Of the first run, which does not count: code that is not optimised yet takes three times as long. */
const WARM_UP = 8000;
/** Of the official server, which is slower. */
const REQUESTS_OF_PEER = 200;
const AT_ONCE = 16;
const STREAMS = 200;
/** Of one clock tick, as the kernel counts CPU. */
const TICK_US = 10_000;
const MODERN = '2026-07-28';

if (!existsSync('/proc/self/stat')) {
  console.error('bench:http reads /proc: it runs on Linux only.');
  process.exit(0);
}

const home = mkdtempSync(join(tmpdir(), 'hugwire-bench-http-'));
const children = [];
try {
  await main();
} finally {
  for (const child of children) child.kill();
  rmSync(home, { recursive: true, force: true });
}

async function main() {
  const hugwire = await startHugwire();
  const list = await ask(hugwire, legacy('tools/list'));
  // Before anything else: under load the heap grows to several times of that.
  const idle = residentKilobytes(hugwire);
  const streams = await Promise.all(Array.from({ length: STREAMS }, () => listen(hugwire)));
  const grown = residentKilobytes(hugwire) - idle;
  console.log(`Resident when the tools were listed: ${(idle / 1024).toFixed(0)} MiB.`);
  console.log(`An idle stream of subscriptions/listen: ${(grown / STREAMS).toFixed(0)} kB (${STREAMS} open).`);
  for (const stream of streams) stream.destroy();
  const call = await ask(hugwire, legacy('tools/call', { name: 'hub_search', arguments: { nope: 1 } }));
  const bare = await startBare({ list, call });
  const contenders = {
    'bare node:http': { server: bare, list: legacy('tools/list'), call: legacy('tools/call', { name: 'x' }) },
    'hugwire, earlier revisions': {
      server: hugwire,
      list: legacy('tools/list'),
      call: legacy('tools/call', { name: 'hub_search', arguments: { nope: 1 } }),
    },
    'hugwire, 2026-07-28': {
      server: hugwire,
      list: modern('tools/list'),
      call: modern('tools/call', { name: 'hub_search', arguments: { nope: 1 } }),
    },
  };
  if (values.peers) {
    contenders['hf-mcp-server'] = { server: await startOfficial(), most: REQUESTS_OF_PEER, list: legacy('tools/list') };
  }
  const best = {};
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [name, { server, most, ...messages }] of Object.entries(contenders)) {
      for (const [kind, message] of Object.entries(messages)) {
        const figures = await load(server, message, run === 0 ? (most ?? WARM_UP) : (most ?? REQUESTS));
        // The first warms up.
        if (run === 0) continue;
        const key = `${name} ${kind}`;
        const before = best[key] ?? { cpu: Number.POSITIVE_INFINITY, perSecond: 0, p50: Number.POSITIVE_INFINITY };
        best[key] = {
          cpu: Math.min(before.cpu, figures.cpu),
          perSecond: Math.max(before.perSecond, figures.perSecond),
          p50: Math.min(before.p50, figures.p50),
        };
      }
    }
  }
  console.log(`\nBest of ${RUNS} runs of ${REQUESTS} requests, ${AT_ONCE} at once.\n`);
  console.log('| | CPU per request, µs | requests per second | p50, ms |\n|---|---|---|---|');
  for (const [key, { cpu, perSecond, p50 }] of Object.entries(best)) {
    console.log(`| ${key} | ${cpu.toFixed(0)} | ${perSecond.toFixed(0)} | ${p50.toFixed(1)} |`);
  }
}

function legacy(method, params = {}) {
  return { body: { jsonrpc: '2.0', id: 1, method, params }, headers: {} };
}

function modern(method, params = {}) {
  const prefix = 'io.modelcontextprotocol/';
  const _meta = { [`${prefix}protocolVersion`]: MODERN, [`${prefix}clientCapabilities`]: {} };
  const headers = {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(params.name ? { 'mcp-name': params.name } : {}),
  };
  return { body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }, headers };
}

/** Starts a process and waits until it answers. */
async function start(command, port, more = {}) {
  const [program, ...args] = command;
  const child = spawn(program, args, { env: environment(home, more), cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const server = {
    child,
    port,
    headers: {},
    agent: new Agent({ keepAlive: true, maxSockets: AT_ONCE }),
    said: () => said,
  };
  for (let tries = 0; tries < 300; tries += 1) {
    const up = await ask(server, legacy('ping')).then(
      () => true,
      () => false,
    );
    if (up) return server;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${command.join(' ')} does not answer: ${said}`);
}

async function startHugwire() {
  const port = await freePort();
  const server = await start([process.execPath, HUGWIRE, 'serve', '--http', '--port', String(port)], port, {
    HF_ENDPOINT: 'http://127.0.0.1:2',
  });
  server.headers = { authorization: `Bearer ${/^ *Key +(\S+)/m.exec(server.said())[1]}` };
  return server;
}

/** The least that a server can do to send the same. */
async function startBare({ list, call }) {
  const port = await freePort();
  const script = join(home, 'bare.mjs');
  writeFileSync(
    script,
    `import { createServer } from 'node:http';
const answers = ${JSON.stringify({ list, call })};
createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const answer = JSON.parse(body).method === 'tools/call' ? answers.call : answers.list;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}).listen(${port}, '127.0.0.1');`,
  );
  return start([process.execPath, script], port);
}

async function startOfficial() {
  const directory = join(home, 'official');
  mkdirSync(directory);
  const { package: id, version } = PEERS['hf-mcp-server'];
  installAlone(`${id}@${version}`, directory);
  const port = await freePort();
  const [program] = commandOf('hf-mcp-server', directory);
  const script = join(directory, 'node_modules', id, 'dist', 'server', 'streamableHttp.js');
  return start([program, script], port, { WEB_APP_PORT: String(port), HF_ENDPOINT: 'http://127.0.0.1:2' });
}

function send({ port, headers, agent }, message) {
  const body = JSON.stringify(message.body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        path: '/mcp',
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'content-length': Buffer.byteLength(body),
          ...message.headers,
          ...headers,
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function ask(server, message) {
  const response = await send(server, message);
  let text = '';
  for await (const chunk of response) text += chunk;
  const json = text.startsWith('{') ? text : text.slice(text.indexOf('data: ') + 'data: '.length);
  return response.statusCode === 200 ? JSON.parse(json) : undefined;
}

/** Opens a stream that only listens. */
async function listen(server) {
  const message = modern('subscriptions/listen', { notifications: { toolsListChanged: true } });
  const response = await send({ ...server, agent: false }, message);
  await new Promise((resolve) => response.once('data', resolve));
  response.on('error', () => {});
  return response;
}

/** Sends many, some at once. */
async function load(server, message, requests) {
  const before = ticks(server);
  const started = performance.now();
  const times = [];
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const begun = performance.now();
      await ask(server, message);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - started) / 1000;
  times.sort((one, other) => one - other);
  return {
    cpu: ((ticks(server) - before) * TICK_US) / requests,
    perSecond: requests / seconds,
    p50: times[requests >> 1],
  };
}

/** CPU of a process, in ticks of the clock. */
function ticks({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentKilobytes({ child }) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
