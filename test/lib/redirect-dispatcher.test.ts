import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { explainNoAnswer, mayPass, redirectDispatcher } from '../../src/lib/network.js';
import { openClient } from '../hub/client.js';

/** What names resolve to, in turn: the last answer stays. */
const names: Record<string, string[][]> = {};
const resolve = (name: string) => {
  const [addresses = [], ...rest] = names[name] ?? [];
  if (rest.length > 0) names[name] = rest;
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

vi.mock('node:dns', async (original) => ({
  ...(await original<object>()),
  lookup: (name: string, _: object, done: (error: null, found: object[]) => void) => done(null, resolve(name)),
}));
vi.mock('node:dns/promises', async (original) => ({
  ...(await original<object>()),
  lookup: async (name: string) => resolve(name),
}));

let asked: (string | undefined)[];
let port: number;
let close: () => Promise<unknown>;
beforeEach(async () => {
  asked = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.host);
    response.end('a page of this machine');
  });
  // A connection alone tells somebody that the port is open.
  server.on('connection', () => asked.push('connected'));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
  close = () => new Promise((done) => server.closeAllConnections() ?? server.close(done));
  names['hub.example'] = [['8.8.8.8']];
  await fetch('data:,').then((answer) => answer.text());
});
afterEach(() => close());

const get = async (name: string, from = 'https://hub.example/') =>
  fetch(`http://${name}:${port}/`, { dispatcher: await redirectDispatcher(new URL(from)) });

it.each([
  ['this machine', ['127.0.0.1']],
  ['this machine, in IPv6', ['::1', '::ffff:127.0.0.1']],
  ['its network', ['192.168.1.1', 'fd00::1']],
  ['the metadata of a cloud', ['169.254.169.254']],
])('a public name that leads to %s is not connected to', async (_, addresses) => {
  names['rebind.example'] = [addresses];
  const error = await get('rebind.example').catch((error: unknown) => error);
  expect(explainNoAnswer(error, 'rebind.example')).toMatchObject({
    code: 'blocked',
    message: 'rebind.example resolves to this machine or its network, and redirects there are not followed.',
  });
  expect(mayPass(error)).toBe(false);
  expect(asked).toEqual([]);
});

it('an address that changes between two looks is decided on the one that is connected to', async () => {
  names['rebind.example'] = [['8.8.8.8'], ['127.0.0.1']];
  // The first look, as a check of the name before the request would be.
  expect(resolve('rebind.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  await expect(get('rebind.example')).rejects.toThrow();
  expect(asked).toEqual([]);
});

it.each([
  ['this machine', 'http://127.0.0.1:1', []],
  ['the network of a company', 'https://hub.example', [['10.0.0.7']]],
])('a Hub on %s may send there', async (_, from, addresses: string[][]) => {
  names['hub.example'] = addresses;
  names['files.example'] = [['127.0.0.1']];
  expect(await redirectDispatcher(new URL(from))).toBeUndefined();
});

it('every request that follows a redirect to another host is made with it, and no other', async () => {
  const sent: [string, boolean][] = [];
  const answers = [
    new Response(null, { status: 302, headers: { location: 'https://cdn.example/x' } }),
    new Response(null, { status: 302, headers: { location: '/y' } }),
    new Response('{}'),
  ];
  const network: typeof fetch = async (input, init) => {
    sent.push([String(input), init?.dispatcher !== undefined]);
    return answers.shift() ?? new Response('{}');
  };
  await openClient('https://hub.example', { network }).hub.request('/api/models');
  expect(sent).toEqual([
    ['https://hub.example/api/models', false],
    ['https://cdn.example/x', true],
    ['https://cdn.example/y', true],
  ]);
});
