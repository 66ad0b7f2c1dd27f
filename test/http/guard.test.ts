import { expect, it } from 'vitest';
import { callerAddress, checkSource, type GuardRules, withCors } from '../../src/http/guard.js';

const LOCAL: GuardRules = { hosts: [], origins: [] };
const OPEN: GuardRules = { hosts: ['hug.example'], origins: ['https://chat.example'], open: true };

function ask(headers: Record<string, string>, rules = LOCAL, method = 'POST') {
  return checkSource(new Request('http://127.0.0.1:3000/mcp', { method, headers }), rules);
}

it.each<[string, Record<string, string>, GuardRules?]>([
  ['an address of this machine', { host: '127.0.0.1:3000' }],
  ['another port, as a tunnel has it', { host: 'localhost:8080' }],
  ['IPv6', { host: '[::1]:3000' }],
  ['a page of the server itself', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
  ['a browser without a page', { host: 'localhost:3000', 'sec-fetch-site': 'none' }],
  ['a name of its own', { host: 'hug.example' }, OPEN],
  ['the same name with a dot', { host: 'HUG.example.:443' }, OPEN],
  ['an address in numbers', { host: '192.168.0.7:3000' }, OPEN],
  ['a page that may', { host: 'hug.example', origin: 'https://chat.example', 'sec-fetch-site': 'cross-site' }, OPEN],
  ['its own page behind TLS', { host: 'hug.example', origin: 'https://hug.example' }, OPEN],
])('lets %s through', (_, headers, rules) => {
  expect(ask(headers, rules)).toBeUndefined();
});

it.each<[string, Record<string, string>, GuardRules?]>([
  ['no name', {}],
  ['another name', { host: 'evil.example' }],
  ['a name that ends like its own', { host: 'evil-hug.example' }, OPEN],
  ['a name below its own', { host: 'x.hug.example' }, OPEN],
  ['an address of the network, where it listens here alone', { host: '192.168.0.7:3000' }],
  ['a user before the host', { host: 'localhost@evil.example' }],
  ['a path behind the host', { host: 'localhost/evil' }],
  ['two hosts', { host: 'localhost, evil.example' }],
  ['a name with nothing before its dot', { host: '.' }],
  ['a strange page', { host: 'localhost:3000', origin: 'https://evil.example' }],
  ['a page of another port', { host: 'localhost:3000', origin: 'http://localhost:5173' }],
  ['a page without an origin', { host: 'localhost:3000', origin: 'null' }],
  ['two origins', { host: 'hug.example', origin: 'https://chat.example, https://chat.example' }, OPEN],
  ['an origin that begins like one that may', { host: 'hug.example', origin: 'https://chat.example.evil' }, OPEN],
  ['another scheme', { host: 'hug.example', origin: 'http://chat.example' }, OPEN],
  ['a picture in a page', { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' }],
  ['a picture in a page next door', { host: 'localhost:3000', 'sec-fetch-site': 'same-site' }],
])('turns %s away', async (_, headers, rules) => {
  const response = ask(headers, rules);
  expect(response?.status).toBe(403);
  expect(await response?.json()).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: {
      code: -32000,
      message: expect.stringMatching(/is not one that this server answers to\. .*add .* to http\.\w+ in its config/),
    },
  });
});

it('says what a person can copy, and repeats nothing else', async () => {
  const message = async (headers: Record<string, string>) => JSON.stringify(await ask(headers)?.json());
  expect(await message({ host: 'box.lan:3000' })).toContain('add box.lan to http.hosts');
  expect(await message({ host: 'localhost', origin: 'http://localhost:5173' })).toContain(
    'add http://localhost:5173 to http.origins',
  );
  expect(await message({ host: 'localhost', origin: 'https://a.example$(rm)' })).toContain('add ORIGIN to');
});

it('answers what browsers ask beforehand, before anybody has said who they are', () => {
  const headers = {
    host: 'hug.example',
    origin: 'https://chat.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, mcp-protocol-version',
  };
  const request = new Request('http://127.0.0.1/mcp', { method: 'OPTIONS', headers });
  const response = withCors(checkSource(request, OPEN) as Response, request, OPEN);
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': 'https://chat.example',
    'access-control-allow-headers': 'authorization, mcp-protocol-version',
    'access-control-allow-methods': 'GET, POST, DELETE',
    vary: 'Access-Control-Request-Headers, Origin',
  });
  expect(ask({ host: 'localhost' }, LOCAL, 'OPTIONS')?.status).toBe(405);
});

it('lets only the pages that are listed read answers', () => {
  const read = (origin: string | undefined, rules: GuardRules) => {
    const request = new Request('http://127.0.0.1/mcp', { headers: origin ? { origin } : {} });
    return withCors(new Response('x', { status: 401 }), request, rules).headers.get('access-control-allow-origin');
  };
  expect(read('https://chat.example', OPEN)).toBe('https://chat.example');
  expect(read('https://evil.example', OPEN)).toBeNull();
  expect(read(undefined, OPEN)).toBeNull();
  expect(read('http://127.0.0.1:3000', LOCAL)).toBeNull();
});

it.each<[string, string | undefined, string | undefined, number, string]>([
  ['the connection', '10.0.0.9', undefined, 0, '10.0.0.9'],
  ['not what a client claims', '10.0.0.9', '1.2.3.4', 0, '10.0.0.9'],
  ['what the proxy saw', '127.0.0.1', '6.6.6.6, 1.2.3.4', 1, '1.2.3.4'],
  ['what the outer proxy saw', '127.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2', 2, '1.2.3.4'],
  ['the connection, where the proxy says nothing', '127.0.0.1', undefined, 1, '127.0.0.1'],
  ['the connection, where it says no address', '127.0.0.1', 'unknown', 1, '127.0.0.1'],
  ['an address with its port', '127.0.0.1', '1.2.3.4:5678', 1, '1.2.3.4'],
  ['IPv4 within IPv6', '::ffff:1.2.3.4', undefined, 0, '1.2.3.4'],
  ['the network of IPv6', '2001:db8:1:2:aaaa::1', undefined, 0, '2001:db8:1:2'],
  ['the same network', '2001:db8:1:2::ffff', undefined, 0, '2001:db8:1:2'],
  ['a short one', '::1', undefined, 0, '0:0:0:0'],
  ['IPv6 with brackets and a port', '::1', '[2001:db8::1]:443', 1, '2001:db8:0:0'],
  ['a link with its zone', 'fe80::1%eth0', undefined, 0, 'fe80:0:0:0'],
  ['nothing', undefined, undefined, 0, 'unknown'],
])('tells where a request comes from: %s', (_, peer, forwarded, proxies, address) => {
  const headers = new Headers(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded });
  expect(callerAddress(peer, headers, proxies)).toBe(address);
});
