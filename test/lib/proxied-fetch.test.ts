import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createProxiedFetch, proxyFor } from '../../src/lib/network.js';

/** A proxy for strangers only: the servers of these tests are asked directly, by the same code. */
const fetchDirect = await createProxiedFetch({ http: 'http://127.0.0.1:2', direct: ['127.0.0.1'] });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the fetch that knows proxies, held against the platform’s', () => {
  const listener: RequestListener = async (request, response) => {
    const body = await text(request);
    if (request.url === '/moved') return response.writeHead(302, { location: '/there' }).end();
    if (request.url === '/empty') return response.writeHead(204).end();
    const answer = JSON.stringify({
      method: request.method,
      url: request.url,
      type: request.headers['content-type'],
      body,
    });
    response
      .writeHead(request.url === '/missing' ? 404 : 200, { 'content-encoding': 'gzip', 'x-own': 'ä' })
      .end(gzipSync(answer));
  };

  it.each<[path: string, init: RequestInit]>([
    ['/plain', {}],
    ['/missing', {}],
    ['/moved', {}],
    ['/moved', { redirect: 'manual' }],
    ['/empty', {}],
    ['/json', { method: 'POST', body: '{"a":"é"}', headers: { 'Content-Type': 'application/json' } }],
    ['/blob', { method: 'POST', body: new Blob(['é']) as never, headers: new Headers({ 'content-type': 'x/y' }) }],
    ['/bytes', { method: 'POST', body: new Uint8Array([65, 66]) as never }],
    ['/head', { method: 'HEAD' }],
  ])('%s %j', async (path, init) => {
    const url = (await serve(listener)) + path;
    const look = async (response: Response) => ({
      status: response.status,
      ok: response.ok,
      url: response.url,
      location: response.headers.get('location')?.replace(/^http:\/\/[^/]+/, ''),
      own: response.headers.get('x-own'),
      body: await response.text(),
    });
    expect(await look(await fetchDirect(url, init))).toEqual(await look(await fetch(url, init)));
  });

  it('streams a body as it comes, and lets the server know when nobody reads on', async () => {
    let answer: ServerResponse | undefined;
    const url = await serve((_request, response) => {
      answer = response;
      response.write('first');
    });
    const response = await fetchDirect(url);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    const gone = once(answer as ServerResponse, 'close');
    await reader?.cancel();
    await gone;
  });

  it('rejects with the reason of the signal: before, while waiting, and in the middle of the body', async () => {
    const reason = new Error('enough');
    await expect(fetchDirect('http://127.0.0.1:2', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const waiting = new AbortController();
    const silent = await serve(() => waiting.abort(reason));
    await expect(fetchDirect(silent, { signal: waiting.signal })).rejects.toBe(reason);

    const reading = new AbortController();
    const slow = await serve((_request, response) => response.write('first'));
    const { body } = await fetchDirect(slow, { signal: reading.signal });
    const reader = body?.getReader();
    await reader?.read();
    reading.abort(reason);
    await expect(reader?.read()).rejects.toThrow();
  });

  it('fails as the platform’s does, with the code in the cause', async () => {
    const error = await fetchDirect('http://127.0.0.1:2').catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
  });
});

it.each([
  ['http://a.example/', 'http'],
  ['https://a.example/', 'https'],
  ['https://direct.example/', undefined],
  ['https://sub.direct.example/', undefined],
  ['https://indirect.example/', 'https'],
  ['http://port.example:8080/', undefined],
  ['http://port.example/', 'http'],
  ['https://port.example:443/', 'https'],
  ['http://[::1]:7860/', undefined],
  ['http://127.0.0.1:7860/', undefined],
  ['https://written.example/', undefined],
])('proxyFor %s', (url, proxy) => {
  const direct = ['.direct.example', 'PORT.example:8080', 'https://written.example/', '[::1]', '127.0.0.1'];
  expect(proxyFor(new URL(url), { http: 'http://p:1', https: 'https://p:1', direct })).toBe(proxy && `${proxy}://p:1`);
});
