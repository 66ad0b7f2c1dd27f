import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ownIdentity } from '../../src/lib/processes.js';
import { type HttpServer, publishConnections, readConnections } from '../../src/sessions/connections.js';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hugwire-connections-')), 'connections');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const CLIENT = {
  client: 'a',
  era: 'modern',
  caller: 'first',
  last: '2026-12-01T10:00:01.000Z',
  ...{ requests: 3, calls: 2, failed: 1, streams: 1, reconnects: 0, refetched: 1, ignored: 0, unreached: 0 },
} as const;
const SERVER: HttpServer = { url: 'http://127.0.0.1:3000/mcp', auth: 'local', connections: [CLIENT] };

it('shows a server from its start to its end, and what is new of it', async () => {
  const server = { ...SERVER, connections: [] as HttpServer['connections'] };
  const file = publishConnections(directory, () => server);
  await vi.waitUntil(async () => (await readConnections(directory)).length === 1);
  const [name = ''] = readdirSync(directory);
  if (process.platform !== 'win32') expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  server.connections = [CLIENT];
  file.touch();
  await vi.waitUntil(async () => (await readConnections(directory))[0]?.connections.length === 1, 5_000);
  expect(await readConnections(directory)).toEqual([{ id: expect.any(String), ...SERVER }]);
  await file.close();
  file.touch();
  expect(readdirSync(directory)).toEqual([]);
});

it('does not show a server that was killed, and the next one removes its file', async () => {
  const file = publishConnections(directory, () => SERVER);
  await vi.waitUntil(async () => (await readConnections(directory)).length === 1);
  const [name = ''] = readdirSync(directory);
  const killed = spawn(process.execPath, ['-e', '0']);
  await once(killed, 'close');
  const text = readFileSync(join(directory, name), 'utf8');
  const left = join(directory, '1-000000000000.json');
  writeFileSync(left, text.replace(`"pid":${process.pid}`, `"pid":${killed.pid}`));
  expect(await readConnections(directory)).toHaveLength(1);
  const next = publishConnections(directory, () => SERVER);
  await vi.waitUntil(async () => (await readConnections(directory)).length === 2);
  expect(readdirSync(directory)).not.toContain('1-000000000000.json');
  await Promise.all([file.close(), next.close()]);
});

it('shows a server of another machine for as long as it gives signs of life', async () => {
  const file = publishConnections(directory, () => SERVER);
  await vi.waitUntil(async () => (await readConnections(directory)).length === 1);
  const elsewhere = join(directory, '7-000000000000.json');
  writeFileSync(elsewhere, JSON.stringify({ process: { ...(await ownIdentity()), host: 'other' }, ...SERVER }));
  expect(await readConnections(directory)).toHaveLength(2);
  const before = new Date(Date.now() - 300_000);
  utimesSync(elsewhere, before, before);
  expect(await readConnections(directory)).toHaveLength(1);
  await file.close();
});

it.each<[string, unknown]>([
  ['no JSON', '{'],
  ['no process', SERVER],
  ['no connections', { process: true, auth: 'local' }],
  ['a list', []],
])('leaves out a file with %s', async (_, content) => {
  const file = publishConnections(directory, () => SERVER);
  await vi.waitUntil(async () => (await readConnections(directory)).length === 1);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(directory, 'x.json'), text);
  expect(await readConnections(directory)).toHaveLength(1);
  await file.close();
});

it('cleans what a file says, whoever wrote it', async () => {
  const hostile = {
    ...CLIENT,
    client: `\u001b[31m\u202ehf_${'a'.repeat(34)}\n`,
    era: 'made up',
    caller: 7,
    streams: 'many',
    calls: -3,
    requests: null,
    secret: 'x',
  };
  const file = publishConnections(directory, () => ({ ...SERVER, url: 9, connections: [hostile, 7, null] }) as never);
  const [server] = await vi.waitUntil(async () => {
    const found = await readConnections(directory);
    return found.length > 0 && found;
  });
  expect(server?.url).toBe('');
  expect(server?.connections).toEqual([
    { ...CLIENT, client: '[token]', era: 'legacy', caller: '?', streams: 0, calls: 0, requests: 0 },
  ]);
  await file.close();
});

it('goes on where the directory cannot be written', async () => {
  writeFileSync(join(directory), 'a file');
  const file = publishConnections(directory, () => SERVER);
  file.touch();
  await file.close();
  expect(await readConnections(directory)).toEqual([]);
});
