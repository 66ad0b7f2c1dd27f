import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { traceConnection } from '../../../src/commands/doctor/connection.js';
import { httpAnswer, jsonAnswer, type RawServer, startRawServer } from '../../hub/raw-server.js';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) await server.close();
});
const keep = <Kept extends { close(): unknown }>(server: Kept): Kept => {
  closing.push(server);
  return server;
};

const options = { network: fetch, userAgent: 'hugwire/test', timeoutMs: 2000 };
const serve = async (answer: Parameters<typeof startRawServer>[0]): Promise<RawServer> =>
  keep(await startRawServer(answer));

/** A server that takes connections and says nothing. */
async function startSilence(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  keep({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a Hub that answers', () => {
  it('is reached in steps, without any token', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const limit = { RateLimit: '"api";r=499;t=100', 'RateLimit-Policy': '"fixed window";"api";q=500;w=300' };
    const server = await serve((socket) => socket.end(jsonAnswer([], { Date: date, ...limit, Connection: 'close' })));
    const trace = await traceConnection(`${server.url}/`, options);
    expect(trace).toMatchObject({ status: 200, window: { bucket: 'api', remaining: 499, quota: 500 } });
    expect(trace.error).toBeUndefined();
    expect(trace.failed).toBeUndefined();
    expect(Object.keys(trace.steps)).toEqual(['name', 'connection', 'answer']);
    expect(Math.abs((trace.skewMs ?? 0) - 3_600_000)).toBeLessThan(60_000);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatch(/^GET \/api\/models\?limit=1 HTTP\/1\.1\r\n/);
    expect(server.requests[0]?.toLowerCase()).not.toContain('authorization');
  });

  it.each([302, 401, 503])('with %s has answered', async (status) => {
    const server = await serve((socket) => socket.end(httpAnswer(status, { Connection: 'close' })));
    expect(await traceConnection(server.url, options)).toMatchObject({ status, steps: { answer: expect.any(Number) } });
  });
});

describe('something else that answers', () => {
  const html = { 'Content-Type': 'text/html', Connection: 'close' };
  it.each([
    [403, '<title>Access Denied</title>'],
    [200, '<title>Hotel Wi-Fi</title>'],
    [404, 'nothing'],
  ])('with a web page of status %i is no Hub', async (status, body) => {
    const server = await serve((socket) => socket.end(httpAnswer(status, html, body)));
    const { stranger } = await traceConnection(server.url, options);
    expect(stranger?.message).toContain('answered with a web page');
    expect(`${stranger?.hint}`).not.toContain('HF_TOKEN');
  });

  it('with a redirect is told with where to', async () => {
    const headers = { Location: 'https://huggingface.co/api/models?limit=1', Connection: 'close' };
    const server = await serve((socket) => socket.end(httpAnswer(308, headers)));
    expect((await traceConnection(server.url, options)).redirect?.host).toBe('huggingface.co');
  });

  it('with a page that never ends is given up', async () => {
    const head = 'HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<title>';
    const server = await serve((socket) => socket.write(head));
    const trace = await traceConnection(server.url, { ...options, timeoutMs: 200 });
    expect(trace).toMatchObject({ failed: 'answer', error: { code: 'timeout' } });
  });
});

describe('a Hub that does not', () => {
  it('is told by the step: the name', async () => {
    const trace = await traceConnection('http://no-such-host.invalid', options);
    expect(trace).toMatchObject({ failed: 'name', steps: {}, error: { code: 'offline' } });
  });

  it('the connection', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await once(server.close(), 'close');
    const trace = await traceConnection(`http://127.0.0.1:${port}`, options);
    expect(trace).toMatchObject({ failed: 'connection', error: { code: 'offline' } });
    expect(Object.keys(trace.steps)).toEqual(['name']);
  });

  it('TLS, where nothing secure answers', async () => {
    const server = await serve((socket) => socket.end('nothing secure'));
    const trace = await traceConnection(server.url.replace('http:', 'https:'), { ...options, timeoutMs: 500 });
    expect(trace.failed).toBe('TLS');
    expect(trace.error).toBeDefined();
  });

  it('the answer, within the time limit', async () => {
    const trace = await traceConnection(`http://${await startSilence()}`, { ...options, timeoutMs: 100 });
    expect(trace).toMatchObject({ failed: 'answer', error: { code: 'timeout' } });
    expect(Object.keys(trace.steps)).toEqual(['name', 'connection']);
  });

  it('the answer, which breaks off', async () => {
    const server = await serve((socket) => socket.destroy());
    expect(await traceConnection(server.url, options)).toMatchObject({
      failed: 'answer',
      error: { code: 'unavailable' },
    });
  });

  it('any step, once the caller gives up', async () => {
    const trace = await traceConnection(`http://${await startSilence()}`, { ...options, signal: AbortSignal.abort() });
    expect(trace).toMatchObject({ failed: 'name', steps: {}, error: { code: 'timeout' } });
  });
});

describe('behind a proxy', () => {
  const proxies = (host: string) => ({
    http: `http://user:pass@${host}`,
    https: `http://user:pass@${host}`,
    direct: [],
  });

  it('the name and the connection are those of the proxy, which is shown without its password', async () => {
    const asked: string[] = [];
    const network: typeof fetch = async (url) => {
      asked.push(String(url));
      return new Response('[]');
    };
    const host = await startSilence();
    const trace = await traceConnection('https://hub.invalid', { ...options, network, proxies: proxies(host) });
    expect(trace).toMatchObject({ proxy: host, status: 200 });
    expect(Object.keys(trace.steps)).toEqual(['name', 'connection', 'answer']);
    expect(asked).toEqual(['https://hub.invalid/api/models?limit=1']);
    expect(JSON.stringify(trace)).not.toContain('pass');
  });

  it('that is not there, it is the proxy that fails', async () => {
    const trace = await traceConnection('https://hub.invalid', { ...options, proxies: proxies('127.0.0.1:2') });
    expect(trace).toMatchObject({ failed: 'connection', proxy: '127.0.0.1:2' });
    expect(trace.error?.message).not.toContain('pass');
  });

  it('of a kind that hugwire cannot go through is named by its variable', async () => {
    const settings = { https: 'socks5://user:pass@h:1', variables: { https: 'ALL_PROXY' }, direct: [] };
    const trace = await traceConnection('https://hub.invalid', { ...options, proxies: settings });
    expect(trace).toMatchObject({ failed: 'connection', error: { code: 'offline' } });
    expect(trace.error?.message).toMatch(/^ALL_PROXY names a SOCKS proxy/);
    expect(`${trace.error?.message}${trace.error?.hint}`).not.toContain('pass');
  });

  it('what is excepted goes without it', async () => {
    const server = await serve((socket) => socket.end(httpAnswer(200, { Connection: 'close' })));
    const { direct: _, ...rest } = proxies('127.0.0.1:2');
    const trace = await traceConnection(server.url, { ...options, proxies: { ...rest, direct: ['127.0.0.1'] } });
    expect(trace).toMatchObject({ status: 200 });
    expect(trace.proxy).toBeUndefined();
  });
});
