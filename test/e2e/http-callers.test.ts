import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Client, type OAuthClientProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { Shell } from './shell.js';

const MAYA = 'hf_demo_read_maya';
const OPERATOR = 'hf_demo_write_maya';

let space: DemoSpace;
let hub: DemoHub;
let shell: Shell;
let stop: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host });
});
beforeEach(() => {
  shell = new Shell({ HF_ENDPOINT: hub.url, HF_TOKEN: OPERATOR });
  hub.seen.length = 0;
});
afterEach(async () => {
  await stop?.();
  stop = undefined;
  shell.remove();
});
afterAll(async () => {
  await hub.close();
  await space.close();
});

/** Starts the server, and reads where it is and which key it has made. */
async function serve(...args: string[]) {
  const { child, ended } = shell.start('serve', '--http', '--port', '0', ...args);
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  stop = () => {
    child.kill('SIGKILL');
    return ended;
  };
  const read = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(said)?.[1] ?? '';
  await vi.waitFor(() => expect(said).toContain('Stop '), { timeout: 20_000 });
  return { url: read('Address'), key: read('Key'), said: () => said };
}

async function connect(url: string, token: string | undefined, pin?: string): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: pin === undefined ? 'legacy' : { pin } } },
  );
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

const namesOf = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name);
const textOf = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
  const { content } = await client.callTool({ name, arguments: args });
  return (content as { text?: string }[]).map(({ text }) => text ?? '').join('\n');
};

/** A request with headers that no client of the platform sends. */
function send(url: string, headers: Record<string, string>, path = '/mcp') {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const sent = request(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    });
    sent.once('error', reject).once('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  });
}

it('lets holders of keys in, each as its profile says, and nobody whose key was taken away', async () => {
  await shell.run('config', 'set', 'profiles.readers.tools.readOnly', 'true');
  const { url, key } = await serve();
  const made = await shell.run('http', 'keys', 'add', 'reader', '--profile', 'readers', '--per-minute', '3', '--json');
  const reader = JSON.parse(made.stdout);
  expect(reader).toMatchObject({ name: 'reader', profile: 'readers', limits: { all: { perMinute: 3 } } });
  const own = await connect(url, key);
  expect(await namesOf(own)).toContain('space_call');
  expect(await textOf(own, 'hub_whoami')).toContain('Account: maya');
  const client = await vi.waitFor(() => connect(url, reader.key), { timeout: 10_000 });
  expect(await namesOf(client)).not.toContain('space_call');
  for (let call = 0; call < 3; call += 1) await textOf(client, 'hub_whoami');
  expect(await textOf(client, 'hub_whoami')).toContain("hugwire's own limit is reached");
  const listed = await shell.run('http', 'keys', 'list');
  expect(listed.stdout).toMatch(
    /^first, from .*http-keys\.json\nreader, profile readers, 3 calls a minute \(all\), from /,
  );
  expect((await shell.run('http', 'keys', 'remove', 'raeder')).stderr).toContain('Did you mean reader?');
  await shell.run('http', 'keys', 'remove', 'reader');
  await vi.waitFor(() => expect(namesOf(client)).rejects.toThrow(), { timeout: 10_000 });
  expect(await namesOf(own)).toContain('space_call');
  await Promise.all([own.close(), client.close()]);
});

it.each(['legacy', '2026-07-28'])('serves anybody without any token, %s', async (pin) => {
  const { url, said } = await serve('--auth', 'anonymous');
  expect(said()).toContain('anybody who reaches this address; no token is used, not even yours');
  const client = await connect(
    `${url}?spaces=none&tools=hub_whoami,hub_search`,
    MAYA,
    pin === 'legacy' ? undefined : pin,
  );
  expect(await namesOf(client)).toEqual(['hub_search', 'hub_whoami']);
  expect(await textOf(client, 'hub_whoami')).toContain('This server answers without a token');
  await textOf(client, 'hub_search', { query: 'whisper' });
  await client.close();
  expect(hub.seen.length).toBeGreaterThan(0);
  expect(hub.seen.filter(({ headers }) => headers.authorization)).toEqual([]);
});

it.each(['legacy', '2026-07-28'])('serves who sends a token of the Hub, and asks with it alone, %s', async (pin) => {
  const { url, said } = await serve('--auth', 'hub-token');
  expect(said()).toContain('whoever sends a Hugging Face token');
  const client = await connect(url, 'hf_demo_read_theo', pin === 'legacy' ? undefined : pin);
  expect(await textOf(client, 'hub_whoami')).toContain('Account: theo');
  const { content } = await client.callTool({
    name: 'space_call',
    arguments: { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'sea', size: 64 } },
  });
  expect(content).toMatchObject([
    { type: 'text', text: expect.stringMatching(/http:\S+image\.png/) },
    { type: 'image' },
  ]);
  await client.close();
  expect(new Set(hub.seen.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hf_demo_read_theo']));
  // The key that session ids are signed with and who is connected are all that is there; no token, no journal, no picture.
  const files = readdirSync(shell.home, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(shell.home, name)).isFile());
  const known = [join('state', 'connections'), join('state', 'http-keys.json')];
  expect(files.filter((name) => !known.some((one) => name.startsWith(one)))).toEqual([]);
  const kept = files.map((name) => readFileSync(join(shell.home, name), 'utf8'));
  expect(kept.join('') + said()).not.toMatch(/hf_demo|theo/);
});

it('answers 401 when a token is turned down in the middle of a call', async () => {
  const { url } = await serve('--auth', 'hub-token');
  const client = await connect(url, MAYA);
  const refused = {
    status: 401,
    headers: { 'X-Error-Message': 'Invalid credentials in Authorization header' },
    body: {},
  };
  const mend = hub.addFault({ path: /^\/api\//, response: refused });
  await expect(textOf(client, 'hub_search', { query: 'whisper' })).rejects.toThrow('invalid, revoked or expired');
  mend();
  await client.close();
});

it('tells where to log in, and turns strangers away before anything else', async () => {
  await shell.run('config', 'set', 'http.origins', 'https://chat.example');
  const { url } = await serve('--auth', 'hub-token');
  const { host } = new URL(url);
  const challenge = await send(url, {}, '/mcp?readonly');
  expect(challenge.status).toBe(401);
  const where = /resource_metadata="([^"]+)"/.exec(String(challenge.headers['www-authenticate']))?.[1] ?? '';
  expect(await (await fetch(where)).json()).toMatchObject({
    resource: `${url}?readonly`,
    authorization_servers: [hub.url],
  });
  expect(await send(url, { host: 'evil.example' })).toMatchObject({ status: 403 });
  expect(await send(url, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
  const page = { origin: 'https://chat.example' };
  const allowed = await send(url, { ...page, authorization: 'Bearer hf_nobody12345' });
  expect(allowed).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': 'https://chat.example' } });
  expect(allowed.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
  const asked = { ...page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
  const preflight = await fetch(url, { method: 'OPTIONS', headers: asked });
  expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization']);
  expect(await send(url, { host, 'x-forwarded-host': 'evil.example', authorization: `Bearer ${MAYA}` })).toMatchObject({
    status: 200,
  });
});

it.each(['legacy', '2026-07-28'])('is logged in to with the browser, %s', async (pin) => {
  const { url } = await serve('--auth', 'hub-token');
  const opened: URL[] = [];
  const kept: { client?: unknown; tokens?: unknown; verifier?: string } = {};
  const authProvider = {
    redirectUrl: 'http://127.0.0.1:4444/callback',
    clientMetadata: {
      redirect_uris: ['http://127.0.0.1:4444/callback'],
      client_name: 'test',
      token_endpoint_auth_method: 'none',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client: unknown) => void Object.assign(kept, { client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens: unknown) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: (page: URL) => void opened.push(page),
    saveCodeVerifier: (verifier: string) => void Object.assign(kept, { verifier }),
    codeVerifier: () => kept.verifier ?? '',
  } as unknown as OAuthClientProvider;
  const mode = pin === 'legacy' ? ('legacy' as const) : { pin };
  const makeClient = () => new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL(`${url}?tools=hub_whoami`), { authProvider });
  await expect(makeClient().connect(transport)).rejects.toThrow();
  expect(opened[0]?.searchParams.get('scope')).toContain('read-repos');
  expect(opened[0]?.searchParams.get('resource')).toBe(`${url}?tools=hub_whoami`);
  const agreed = await fetch(opened[0] as URL, { redirect: 'manual' });
  const back = new URL(agreed.headers.get('location') ?? '');
  await transport.finishAuth(back.searchParams);
  const client = makeClient();
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}?tools=hub_whoami`), { authProvider }));
  expect(await namesOf(client)).toEqual(['hub_whoami']);
  expect(await textOf(client, 'hub_whoami')).toContain('Account: maya');
  await client.close();
});
