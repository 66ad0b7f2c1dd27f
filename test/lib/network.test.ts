import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork, explainNoAnswer, mayPass, readProxies } from '../../src/lib/network.js';
import { errorOf, openClient } from '../hub/client.js';
import { jsonAnswer, type RawServer, startRawServer } from '../hub/raw-server.js';

/** A real proxy: it opens tunnels to wherever the test says, and writes down who asked for what. */
class TestProxy {
  readonly asked: { target: string; authorization?: string }[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Answers CONNECT with this instead of a tunnel. */
  refusal?: number;

  constructor(targetPort: () => number) {
    this.#server = createServer();
    this.#server.on('connect', (request, socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      this.asked.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      if (this.refusal) return socket.end(`HTTP/1.1 ${this.refusal} No\r\n\r\n`);
      const upstream = connect(targetPort(), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      this.#sockets.add(upstream);
      upstream.on('error', () => socket.destroy());
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let hub: RawServer;
let proxy: TestProxy;
beforeAll(async () => {
  hub = await startRawServer((socket) => socket.write(jsonAnswer({ from: 'hub' })));
  proxy = new TestProxy(() => Number(new URL(hub.url).port));
  await proxy.start();
});
afterAll(async () => {
  await proxy.stop();
  await hub.close();
});
afterEach(() => {
  proxy.asked.length = 0;
  proxy.refusal = undefined;
});

const PROXY_VARIABLES = /^(?:https?|all|no)_proxy$/i;
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PROXY_VARIABLES.test(name)));
const through = (env: NodeJS.ProcessEnv, endpoint = 'http://hub.example') =>
  openClient(endpoint, { network: createNetwork({ ...clean, ...env }) }).hub;

describe('a proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('is taken from %s', async (name) => {
    const answer = await through({ [name]: `http://${proxy.address}` }).request('/api/models');
    expect(answer.json()).toEqual({ from: 'hub' });
    expect(proxy.asked).toEqual([{ target: 'hub.example:80', authorization: undefined }]);
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY'])('is taken from %s for https', async (name) => {
    proxy.refusal = 403;
    await errorOf(through({ [name]: `http://${proxy.address}` }, 'https://hub.example').request('/x'));
    expect(proxy.asked.map(({ target }) => target)).toEqual(['hub.example:443']);
  });

  it('may be written without http://', async () => {
    expect((await through({ HTTP_PROXY: proxy.address }).request('/x')).status).toBe(200);
    expect(proxy.asked).toHaveLength(1);
  });

  it('gets the name and password of its address', async () => {
    await through({ HTTP_PROXY: `http://me:pass@${proxy.address}` }).request('/x');
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
  });

  it.each([['*'], ['a.example,*'], ['hub.example'], ['.example'], ['*.example'], ['a.b, hub.example:80']])(
    'is not asked where NO_PROXY says %j',
    async (excluded) => {
      // Without the proxy the name does not resolve.
      const error = await errorOf(through({ HTTP_PROXY: `http://${proxy.address}`, NO_PROXY: excluded }).request('/x'));
      expect(error.code).toBe('offline');
      expect(proxy.asked).toEqual([]);
    },
  );

  it.each(['127.0.0.1', 'localhost'])('is never asked for %s', async (name) => {
    const url = hub.url.replace('127.0.0.1', name);
    expect((await through({ HTTP_PROXY: `http://${proxy.address}` }, url).request('/x')).status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });

  it('is not asked when the small letters are empty, as curl has it', async () => {
    const env = { http_proxy: '', HTTP_PROXY: `http://${proxy.address}` };
    expect((await errorOf(through(env).request('/x'))).code).toBe('offline');
    expect(proxy.asked).toEqual([]);
  });

  it.each([
    [407, 'offline', /HTTPS_PROXY=http:\/\/name:password@host:port/],
    [403, 'offline', /NO_PROXY/],
  ])('that refuses with %i is told as such, without another try', async (status, code, hint) => {
    proxy.refusal = status;
    const error = await errorOf(through({ HTTP_PROXY: `http://me:secret-pass@${proxy.address}` }).request('/x'));
    expect(error.code).toBe(code);
    expect(error.message).toBe(`The proxy does not open the way to hub.example (${status}).`);
    expect(error.hint).toMatch(hint);
    expect(JSON.stringify(error.message + error.hint)).not.toContain('secret-pass');
    expect(proxy.asked).toHaveLength(1);
  });

  it('that has trouble of its own is tried again', async () => {
    proxy.refusal = 502;
    const error = await errorOf(through({ HTTP_PROXY: `http://${proxy.address}` }).request('/x'));
    expect(error.code).toBe('unavailable');
    expect(proxy.asked).toHaveLength(3);
  });

  it('that is not there is told as no way to the Hub', async () => {
    const error = await errorOf(through({ HTTP_PROXY: 'http://127.0.0.1:2' }).request('/x'));
    expect(error).toMatchObject({ code: 'offline', message: 'hub.example cannot be reached (ECONNREFUSED).' });
  });

  it.each(['not a url', 'ftp://proxy:21', 'http://me:hunter2hunter2@:bad'])(
    'that is none is named, not shown: %s',
    async (value) => {
      const error = await errorOf(through({ HTTPS_PROXY: value }, 'https://hub.example').request('/x'));
      expect(error.code).toBe('offline');
      expect(error.message).toBe('HTTPS_PROXY is not the address of a proxy.');
      expect(`${error.message}${error.hint}`).not.toContain(value);
    },
  );

  it('is given up with the call', async () => {
    const controller = new AbortController();
    const stuck = await startRawServer(() => controller.abort());
    const call = through({ HTTP_PROXY: stuck.url }).withSignal(controller.signal).request('/x');
    expect((await errorOf(call)).code).toBe('cancelled');
    await stuck.close();
  });
});

describe('the settings', () => {
  it('are none when the environment names no proxy', () => {
    expect(readProxies({ NO_PROXY: 'x' })).toBeUndefined();
    expect(readProxies({ HTTPS_PROXY: '', http_proxy: ' ' })).toBeUndefined();
  });

  it('always leave this machine out', () => {
    expect(readProxies({ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'a b,c' })).toEqual({
      https: 'http://p:1',
      direct: ['a', 'b', 'c', 'localhost', '127.0.0.1', '[::1]'],
    });
  });
});

describe('no answer', () => {
  const failed = (code: string, message = 'words') =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });

  it.each([
    ['ENOTFOUND', 'offline', false],
    ['ECONNREFUSED', 'offline', false],
    ['EAI_AGAIN', 'offline', false],
    ['ENETUNREACH', 'offline', false],
    ['ETIMEDOUT', 'timeout', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', true],
    ['UND_ERR_SOCKET', 'unavailable', true],
    ['ECONNRESET', 'unavailable', true],
    ['EPIPE', 'unavailable', true],
    ['CERT_HAS_EXPIRED', 'unavailable', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unavailable', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unavailable', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'unavailable', false],
  ])('for %s is %s; another try: %s', (cause, code, again) => {
    const error = explainNoAnswer(failed(cause), 'hub.example');
    expect(error.code).toBe(code);
    expect(error.message).toContain('hub.example');
    expect(mayPass(failed(cause))).toBe(again);
  });

  it('says how to trust a company’s certificate', () => {
    expect(explainNoAnswer(failed('SELF_SIGNED_CERT_IN_CHAIN'), 'h').hint).toMatch(/NODE_EXTRA_CA_CERTS/);
  });

  it('looks into several addresses tried at once', () => {
    const both = new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')]);
    expect(explainNoAnswer(new TypeError('fetch failed', { cause: both }), 'h').code).toBe('offline');
  });

  it('tells a port that fetch refuses from a broken connection, and does not try again', async () => {
    const refused = await fetch('http://127.0.0.1:22/').catch((error: unknown) => error);
    expect(explainNoAnswer(refused, '127.0.0.1:22')).toMatchObject({
      code: 'blocked',
      message: '127.0.0.1:22 has a port that belongs to another service: nothing was sent.',
    });
    expect(mayPass(refused)).toBe(false);
  });

  it('gives the innermost words when there is no code, without secrets', () => {
    const cause = new Error('bad port, Bearer abc123defghijkl');
    expect(explainNoAnswer(new TypeError('fetch failed', { cause }), 'h').message).toBe(
      'The connection to h broke off (bad port, Bearer [token]).',
    );
    expect(explainNoAnswer('just text', 'h').message).toBe('The connection to h broke off (just text).');
  });

  it('does not go in circles with a cause that is its own', () => {
    const error = new Error('round');
    error.cause = error;
    expect(explainNoAnswer(error, 'h').code).toBe('unavailable');
  });
});
