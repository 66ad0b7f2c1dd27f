import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { Shell } from './shell.js';

const CALLER = 'hf_demo_read_maya';
const OPERATOR = 'hf_demo_write_maya';

let hub: DemoHub;
let shell: Shell;
let stop: ((signal: NodeJS.Signals) => Promise<unknown>) | undefined;

beforeAll(async () => {
  hub = await startDemoHub();
});
beforeEach(() => {
  shell = new Shell({ HF_ENDPOINT: hub.url, HF_TOKEN: OPERATOR });
});
afterEach(async () => {
  await stop?.('SIGKILL');
  stop = undefined;
  shell.remove();
});
afterAll(() => hub.close());

async function serve(...args: string[]) {
  const { child, ended } = shell.start('serve', '--http', '--port', '0', ...args);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  stop = (signal) => {
    child.kill(signal);
    return ended;
  };
  await vi.waitFor(() => expect(said).toContain('Stop '), { timeout: 20_000 });
  const read = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(said)?.[1] ?? '';
  const start = said.length;
  return { url: read('Address'), key: read('Key'), metrics: read('Metrics'), log: () => said.slice(start) };
}

async function connect(url: string, token: string, name = 'test-client') {
  const client = new Client({ name, version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const requestInit = { headers: { Authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

it.each([
  ['local', (key: string) => key],
  ['hub-token', () => CALLER],
  ['anonymous', () => CALLER],
])('is seen from outside with --auth %s, and no token, key, name or word of a caller is', async (auth, tokenOf) => {
  const { url, key, metrics, log } = await serve('--auth', auth, '--metrics-port', '0');
  expect(metrics).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const token = tokenOf(key);
  const client = await connect(`${url}?tools=hub_search,hub_whoami&token=${token}`, token, `client of ${token}`);
  await client.callTool({ name: 'hub_search', arguments: { query: 'whispered' } });
  await client.callTool({ name: 'hub_whoami', arguments: {} });
  await fetch(url, { method: 'POST', headers: { Authorization: `Bearer ${token}x` } });
  const scraped = await (await fetch(metrics)).text();
  expect(scraped).toMatch(/^hugwire_calls_total\{tool="hub_search",outcome="ok"\} 1$/m);
  expect(scraped).toMatch(/^hugwire_hub_requests_total\{status="200"\} [1-9]/m);
  expect(scraped).toContain(`hugwire_auth_total{kind="${auth}",outcome="ok"}`);
  const folder = join(shell.home, 'state', 'connections');
  const file = await vi.waitFor(
    () => {
      const text = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(JSON.parse(text[0] ?? '{}').connections).toMatchObject([{ calls: 2, era: 'modern' }]);
      return text.join('\n');
    },
    { timeout: 10_000 },
  );
  const lines = log().trim().split('\n');
  expect(lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).tool)).toContain('hub_search');
  for (const text of [scraped, file, log()]) {
    for (const secret of [token, OPERATOR, CALLER, 'whispered']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/maya/i);
  }
  await client.close();
  await stop?.('SIGTERM');
  expect(readdirSync(folder)).toEqual([]);
});

it('serves nothing but metrics on that port, and no metrics on the other', async () => {
  const { url, key, metrics } = await serve('--metrics-port', '0');
  const headers = { Authorization: `Bearer ${key}` };
  expect((await fetch(new URL('/mcp', metrics), { method: 'POST', headers })).status).toBe(404);
  expect((await fetch(new URL('/metrics', url), { headers })).status).toBe(404);
});

it.each(['--port', '--metrics-port'])('ends where the port of %s is taken, and says which', async (option) => {
  const other = createServer().listen(0, '127.0.0.1');
  await vi.waitUntil(() => other.listening);
  const { port } = other.address() as AddressInfo;
  const free = option === '--port' ? '--metrics-port' : '--port';
  const { code, stderr } = await shell.run('serve', '--http', free, '0', option, String(port));
  other.close();
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${port}`);
  expect(stderr).toContain(`${option} 0 takes a free one`);
});
