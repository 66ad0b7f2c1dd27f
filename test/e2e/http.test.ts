import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HttpServer, startHttpServer } from './http-server.js';
import { Shell } from './shell.js';

let shell: Shell;
let servers: HttpServer[];
beforeEach(() => {
  shell = new Shell();
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  shell.remove();
});

async function serve(...args: string[]): Promise<HttpServer> {
  const server = await startHttpServer(args, shell);
  servers.push(server);
  return server;
}

function connect(url: string, key: string, versionNegotiation?: { mode: 'auto' | 'legacy' | { pin: string } }) {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
  return client.connect(transport).then(() => client);
}

it.each([
  ['an earlier revision', 'legacy' as const],
  ['revision 2026-07-28', { pin: '2026-07-28' }],
])('serves a client of %s', async (_, mode) => {
  const { url, key } = await serve('--demo');
  const client = await connect(url, key, { mode });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain('generate_image');
  const steps: unknown[] = [];
  const args = { name: 'generate_image', arguments: { prompt: 'dusk' } };
  const { content } = await client.callTool(args, { onprogress: (step) => steps.push(step) });
  expect(content).toMatchObject([{ type: 'text' }, { type: 'image', mimeType: 'image/png' }]);
  expect(steps.length).toBeGreaterThan(0);
  await client.close();
});

it('serves HTTP+SSE where it is asked for', async () => {
  const { sse, headers } = await serve('--sse');
  const client = new EarlierClient({ name: 'test', version: '1' });
  await client.connect(new SSEClientTransport(new URL(sse), { requestInit: { headers } }));
  expect((await client.listTools()).tools.length).toBeGreaterThan(5);
  await client.close();
});

it('makes a key at the first start and shows it once; without it nothing is served', async () => {
  const first = await serve();
  const file = join(shell.home, 'state', 'http-keys.json');
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(first.key);
  const ask = (url: string, authorization?: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(authorization ? { Authorization: authorization } : {}) },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
  expect((await ask(first.url)).status).toBe(401);
  expect((await ask(first.url, 'Bearer wrong')).status).toBe(401);
  expect((await ask(first.url, `Bearer ${first.key}`)).status).toBe(200);
  expect(await first.stop('SIGINT')).toMatchObject({ code: 0, stdout: '' });
  const second = await serve();
  expect(second.said()).not.toContain(first.key);
  expect((await ask(second.url, `Bearer ${first.key}`)).status).toBe(200);
});

it('tells clients that listen of a change of the config, and ends their streams when it stops', async () => {
  const { url, key, stop } = await serve();
  const client = await connect(url, key, { mode: { pin: '2026-07-28' } });
  const changed = vi.fn();
  client.setNotificationHandler('notifications/tools/list_changed', changed);
  const subscription = await client.listen({ toolsListChanged: true });
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ tools: { disable: ['hub_whoami'] } }));
  await vi.waitFor(() => expect(changed).toHaveBeenCalled(), { timeout: 20_000 });
  expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('hub_whoami');
  const outcome = stop('SIGTERM');
  expect(await subscription.closed).toBe('graceful');
  expect(await outcome).toMatchObject({ code: 0 });
});

it('answers the calls that it has begun before it stops', async () => {
  const server = await serve('--demo');
  const client = await connect(server.url, server.key, { mode: { pin: '2026-07-28' } });
  const arguments_ = { space: 'hugwire/demo-space', endpoint: '/slow', arguments: { steps: 30, step_seconds: 0.1 } };
  let outcome: ReturnType<HttpServer['stop']> | undefined;
  const { content } = await client.callTool(
    { name: 'space_call', arguments: arguments_ },
    { onprogress: () => (outcome ??= server.stop('SIGTERM')) },
  );
  expect(JSON.stringify(content)).toContain('Did 30 steps');
  expect(await outcome).toMatchObject({ code: 0 });
});

it.each<[string, string[], RegExp]>([
  ['others could reach it and nothing says who may call', ['--host', '0.0.0.0'], /--auth local/],
  ['it is an address that stands for all', ['--host', '::'], /--auth local/],
  ['a port is none', ['--port', '70000'], /--port: /],
  ['a way to authenticate is none', ['--auth', 'open'], /--auth: /],
])('does not start when %s', async (_, args, message) => {
  const { code, stderr } = await shell.run('serve', '--http', ...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});

it('says which port is taken', async () => {
  const { url } = await serve();
  const { code, stderr } = await shell.run('serve', '--http', '--port', new URL(url).port);
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${new URL(url).port}`);
});

it('leaves stdio as it is where the config has settings of HTTP', async () => {
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ http: { port: 1, sessions: true } }));
  const { child, ended: end } = shell.start('serve', '--port', '1');
  child.stdin?.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
  const { stdout, stderr } = await end;
  expect(stdout).toBe('{"result":{},"jsonrpc":"2.0","id":1}\n');
  expect(stderr).toContain('--port has no effect without --http');
});
