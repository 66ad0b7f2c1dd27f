import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { explainError } from '../../src/lib/errors.js';
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
    [
      'http://me:secret-pass@',
      407,
      'does not accept the name and password in HTTP_PROXY (407).',
      'HTTP_PROXY=http://<name>:<password>@',
    ],
    ['http://', 407, 'requires a name and a password (407).', 'HTTP_PROXY=http://<name>:<password>@'],
    ['http://me:secret-pass@', 403, 'does not allow connections to hub.example (403).', 'add it to NO_PROXY'],
  ])('that refuses is told as such, without another try: %s %i', async (scheme, status, words, hint) => {
    proxy.refusal = status;
    const error = await errorOf(through({ HTTP_PROXY: scheme + proxy.address }).request('/x'));
    expect(error.code).toBe('offline');
    expect(error.message).toBe(`The proxy of HTTP_PROXY (${proxy.address}) ${words}`);
    // The reader sees it redacted.
    expect(explainError(error)).toContain(hint);
    expect(explainError(error)).not.toContain('secret-pass');
    expect(proxy.asked).toHaveLength(1);
  });

  it('that has trouble of its own is tried again', async () => {
    proxy.refusal = 502;
    const error = await errorOf(through({ HTTP_PROXY: `http://${proxy.address}` }).request('/x'));
    expect(error.code).toBe('unavailable');
    expect(proxy.asked).toHaveLength(3);
  });

  it('that is not there is named, with its variable', async () => {
    const error = await errorOf(through({ ALL_PROXY: 'http://me:secret-pass@127.0.0.1:2' }).request('/x'));
    expect(error).toMatchObject({
      code: 'offline',
      message: 'The proxy of ALL_PROXY (127.0.0.1:2) cannot be reached (ECONNREFUSED): hub.example was not asked.',
    });
    expect(error.hint).toMatch(/correct ALL_PROXY in the env block/);
  });

  it.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['speaks something else', (socket: Socket) => socket.end('\x05\xff')],
    ['sends a page', (socket: Socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n<html>')],
  ])('that is none, but %s, is told with its variable', async (_, answer) => {
    const other = await startRawServer(answer);
    const error = await errorOf(through({ HTTPS_PROXY: other.url }, 'https://hub.example').request('/x'));
    await other.close();
    expect(error.code).toBe('unavailable');
    expect(`${error.message} ${error.hint}`).toMatch(/HTTPS_PROXY|does not answer with TLS|broke off/);
  });

  it.each(['socks5://127.0.0.1:1080', 'SOCKS5H://127.0.0.1:1080', 'socks://me:secret-pass@127.0.0.1', 'socks4a://h:1'])(
    'of the kind SOCKS is named, with what to set instead: %s',
    async (address) => {
      for (const name of ['ALL_PROXY', 'all_proxy', 'HTTPS_PROXY', 'https_proxy']) {
        const error = await errorOf(through({ [name]: address }, 'https://hub.example').request('/x'));
        expect(error.code).toBe('offline');
        expect(error.message).toBe(
          `${name} names a SOCKS proxy, which hugwire cannot go through: hub.example was not asked.`,
        );
        expect(error.hint).toMatch(/^Set HTTPS_PROXY=http:\/\/host:port .*NO_PROXY=hub\.example\.$/);
        expect(`${error.message}${error.hint}`).not.toMatch(/HF_TOKEN|secret-pass/);
      }
    },
  );

  it('of the kind SOCKS stands in nobody’s way where another is named, or where it is not needed', async () => {
    const socks = { ALL_PROXY: 'socks5://127.0.0.1:2' };
    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      expect((await through({ ...socks, [name]: proxy.address }).request('/x')).status).toBe(200);
    }
    proxy.refusal = 403;
    for (const env of [{ HTTPS_PROXY: proxy.address }, { HTTP_PROXY: proxy.address }]) {
      const error = await errorOf(through({ ...socks, ...env }, 'https://hub.example').request('/x'));
      expect(error.message).toContain('does not allow connections');
    }
    expect((await through({ ...socks, NO_PROXY: '127.0.0.0' }, hub.url).request('/x')).status).toBe(200);
    const direct = await errorOf(through({ ...socks, NO_PROXY: 'https://hub.example' }).request('/x'));
    expect(direct.message).toMatch(/^hub\.example cannot be reached/);
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
      variables: { https: 'HTTPS_PROXY' },
      direct: ['a', 'b', 'c', 'localhost', '127.0.0.1', '[::1]'],
    });
  });
});

describe('a certificate', () => {
  const failed = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
  it.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /NODE_EXTRA_CA_CERTS/],
    ['CERT_HAS_EXPIRED', /clock/],
    ['CERT_NOT_YET_VALID', /clock/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /HF_ENDPOINT/],
    ['EPROTO', /http:\/\//],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /http:\/\//],
    ['ECONNRESET', /firewall.*HTTPS_PROXY.*HF_ENDPOINT/],
    ['ENOTFOUND', /HTTPS_PROXY.*HF_ENDPOINT/],
  ])('or another fault of the way names what mends it: %s', (code, hint) => {
    const error = explainNoAnswer(failed(code), 'hub.example');
    expect(error.hint).toMatch(hint);
    expect(`${error.message}${error.hint}`).not.toContain('HF_TOKEN');
    expect(explainError(error)).toContain(error.hint);
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
