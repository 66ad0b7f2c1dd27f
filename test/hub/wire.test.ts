import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { errorOf, openClient } from './client.js';
import { httpAnswer, jsonAnswer, type RawServer, startRawServer } from './raw-server.js';

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(answer: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(answer);
  open.push(server);
  return server;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a connection that breaks', () => {
  const breaks: Record<string, Parameters<typeof startRawServer>[0]> = {
    'is closed before the answer': (socket) => socket.end(),
    'is reset before the answer': (socket) => socket.resetAndDestroy(),
    'is closed in the middle of the body': (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', () => socket.end()),
    'is reset in the middle of the body': (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', () => socket.resetAndDestroy()),
    'ends in the middle of a chunk': (socket) => socket.end(`${CHUNKED}5\r\nhel`),
    'speaks no HTTP': (socket) => socket.end('220 mail.example ESMTP\r\n\r\n'),
    'sends headers without end': (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`),
    'sends chunks that are none': (socket) => socket.end(`${CHUNKED}zz\r\n`),
    'sends gzip that is none': (socket) =>
      socket.write(httpAnswer(200, { 'Content-Encoding': 'gzip' }, 'not compressed')),
  };

  it.each(Object.entries(breaks))('%s: three tries, then `unavailable`', async (_title, answer) => {
    const server = await serve(answer);
    const { hub, pauses } = openClient(server.url);
    const error = await errorOf(hub.request('/api/models'));
    expect(error).toBeInstanceOf(HugwireError);
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(/^The connection to 127\.0\.0\.1:\d+ broke off \(\w+\)\.$/);
    expect(server.requests).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  });

  it('is forgotten when the next try succeeds', async () => {
    const server = await serve((socket, _head, count) =>
      count === 1 ? socket.resetAndDestroy() : socket.write(jsonAnswer({ fine: true })),
    );
    expect((await openClient(server.url).hub.request('/api/models')).json()).toEqual({ fine: true });
  });

  it('is no reason to repeat a POST', async () => {
    const server = await serve((socket) => socket.resetAndDestroy());
    expect((await errorOf(openClient(server.url).hub.request('/x', { method: 'POST', body: {} }))).code).toBe(
      'unavailable',
    );
    expect(server.requests).toHaveLength(1);
  });
});

describe('a server that is not there', () => {
  it.each([
    ['a name that does not resolve', 'http://nosuchhost.invalid', /nosuchhost\.invalid cannot be reached \(E\w+\)/],
    ['a port on which nobody listens', 'http://127.0.0.1:2', /127\.0\.0\.1:2 cannot be reached \(ECONNREFUSED\)/],
  ])('%s is `offline`, without another try', async (_title, url, message) => {
    const { hub, pauses } = openClient(url);
    const error = await errorOf(hub.request('/api/models'));
    expect(error.code).toBe('offline');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/HTTPS_PROXY/);
    expect(pauses).toEqual([]);
  });

  it('https spoken to a server of http breaks off in words', async () => {
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(openClient(`https://127.0.0.1:${port}`).hub.request('/api/models'));
    expect(error.code).toBe('unavailable');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('silence', () => {
  it('before the answer ends a try; two more follow while the budget lasts', async () => {
    const server = await serve(() => {});
    const { hub, pauses } = openClient(server.url, { timeoutMs: 30 });
    const error = await errorOf(hub.request('/api/models'));
    expect(error.code).toBe('timeout');
    expect(error.message).toMatch(/did not answer in time/);
    expect(error.hint).toMatch(/hub\.timeoutSeconds/);
    expect(server.requests).toHaveLength(3);
    expect(pauses).toHaveLength(2);
  });

  it('in the middle of the body ends it too', async () => {
    const server = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'));
    expect((await errorOf(openClient(server.url, { timeoutMs: 30 }).hub.request('/x'))).code).toBe('timeout');
  });

  it('is what counts: an answer that drips in may take longer than the time limit', async () => {
    const text = JSON.stringify({ slow: true });
    const server = await serve((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`);
      let sent = 0;
      const timer = setInterval(() => {
        socket.write(text.slice(sent, sent + 1));
        sent += 1;
        if (sent === text.length) clearInterval(timer);
      }, 40);
      socket.once('close', () => clearInterval(timer));
    });
    const { hub, pauses } = openClient(server.url, { timeoutMs: 300 });
    expect((await hub.request('/x')).json()).toEqual({ slow: true });
    expect(pauses).toEqual([]);
  });

  it('after a long one there is no other try', async () => {
    const server = await serve(() => {});
    let now = 0;
    const { hub } = openClient(server.url, { timeoutMs: 20, now: () => now++ * 20_000 });
    expect((await errorOf(hub.request('/x'))).code).toBe('timeout');
    expect(server.requests).toHaveLength(1);
  });
});

describe('the size of an answer', () => {
  const big = Buffer.alloc(300_000, 'x');

  it('beyond the cap is `too_large`, told before anything is read', async () => {
    const server = await serve((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nabc`));
    const error = await errorOf(openClient(server.url).hub.request('/x'));
    expect(error.code).toBe('too_large');
    expect(error.message).toMatch(/^The answer of 127\.0\.0\.1:\d+ is 1 GB; hugwire reads at most 17 MB here\.$/);
    expect(server.requests).toHaveLength(1);
  });

  it('is counted when it was not declared', async () => {
    const server = await serve((socket) => {
      socket.write(`${CHUNKED}493e0\r\n`);
      socket.write(big);
      socket.write('\r\n0\r\n\r\n');
    });
    const { hub } = openClient(server.url);
    expect((await errorOf(hub.request('/x', { maxBytes: 299_999 }))).message).toMatch(/is more than 300 kB/);
    expect((await hub.request('/x', { maxBytes: 300_000 })).bytes).toHaveLength(300_000);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is counted after %s is unpacked: a bomb does not fill the memory', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    const server = await serve((socket) => socket.write(httpAnswer(200, { 'Content-Encoding': encoding }, bomb)));
    const error = await errorOf(openClient(server.url).hub.request('/x', { maxBytes: 1_000_000 }));
    expect(error.code).toBe('too_large');
  });

  it('is cut where the caller wants that', async () => {
    const server = await serve((socket) => socket.write(httpAnswer(200, {}, big)));
    const { hub } = openClient(server.url);
    const cut = await hub.request('/x', { maxBytes: 1000, truncate: true });
    expect(cut).toMatchObject({ truncated: true });
    expect(cut.bytes).toHaveLength(1000);
    const whole = await hub.request('/x', { maxBytes: 300_000, truncate: true });
    expect(whole).toMatchObject({ truncated: false });
    expect(whole.bytes).toHaveLength(300_000);
  });

  it('of a file asked for by HEAD does not matter', async () => {
    const server = await serve((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n'));
    const answer = await openClient(server.url).hub.request('/x', { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe('99999999999');
    expect(answer.bytes).toHaveLength(0);
    expect(server.requests[0]).toMatch(/^HEAD \/x HTTP/);
  });

  it.each([204, 205, 304])('of status %i is none', async (status) => {
    const server = await serve((socket) => socket.write(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`));
    const answer = await openClient(server.url).hub.request('/x');
    expect(answer).toMatchObject({ status, truncated: false });
    expect(answer.bytes).toHaveLength(0);
  });

  it('unpacks gzip', async () => {
    const packed = gzipSync('{"packed":true}');
    const server = await serve((socket) => socket.write(httpAnswer(200, { 'Content-Encoding': 'gzip' }, packed)));
    expect((await openClient(server.url).hub.request('/x')).json()).toEqual({ packed: true });
  });
});

describe('a redirect', () => {
  const TOKEN = 'hf_only_for_the_hub';
  const to = (location: string, status = 302, headers = {}) => httpAnswer(status, { Location: location, ...headers });

  it('to another origin is followed without the token', async () => {
    const cdn = await serve((socket) => socket.write(httpAnswer(200, {}, 'content')));
    const server = await serve((socket) => socket.write(to(`${cdn.url}/blob?sig=1`)));
    const { hub } = openClient(server.url, { value: TOKEN });
    const answer = await hub.request('/a/b/resolve/main/x', {
      headers: { range: 'bytes=0-9', authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.text()).toBe('content');
    expect(answer.url).toBe(`${cdn.url}/blob?sig=1`);
    expect(server.requests[0]).toContain(`authorization: Bearer ${TOKEN}`);
    expect(cdn.requests[0]).toMatch(/^GET \/blob\?sig=1 /);
    expect(cdn.requests[0]).toContain('range: bytes=0-9');
    expect(cdn.requests[0]).not.toContain(TOKEN);
    expect(cdn.requests[0]).not.toMatch(/authorization/i);
  });

  it('and back again takes the token up again', async () => {
    const cdn = await serve((socket) => socket.write(to(`${back}/end`)));
    const server = await serve((socket, head) =>
      socket.write(head.startsWith('GET /end') ? httpAnswer(200) : to(cdn.url)),
    );
    const back = server.url;
    await openClient(server.url, { value: TOKEN }).hub.request('/start');
    expect(cdn.requests[0]).not.toContain(TOKEN);
    expect(server.requests[1]).toContain(TOKEN);
  });

  it('tells nothing of rate limits or warnings in the name of a stranger', async () => {
    const headers = { RateLimit: '"resolvers";r=0;t=3000', 'X-HF-Warning': 'stranger; words' };
    const cdn = await serve((socket) => socket.write(httpAnswer(200, headers, 'content')));
    const own = { RateLimit: '"resolvers";r=7;t=100' };
    const server = await serve((socket) => socket.write(to(cdn.url, 302, own)));
    const { hub, warnings } = openClient(server.url);
    await hub.request('/a/b/resolve/main/x');
    expect(hub.limits()).toMatchObject([{ bucket: 'resolvers', remaining: 7 }]);
    expect(warnings).toEqual([]);
  });

  it('in circles ends', async () => {
    const server = await serve((socket) => socket.write(to('/again')));
    const error = await errorOf(openClient(server.url).hub.request('/x'));
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/redirected in circles/) });
    expect(server.requests).toHaveLength(6);
  });

  it.each([
    ['from https to http', 'http://huggingface.co/x'],
    ['from the Hub to this machine', 'https://127.0.0.1/x'],
    ['from the Hub to this machine by name', 'https://localhost/x'],
    ['from the Hub to this machine by IPv6', 'https://[::1]/x'],
    ['to a file', 'file:///etc/passwd'],
    ['to data', 'data:text/plain,x'],
  ])('%s is not followed', async (_title, location) => {
    const asked: string[] = [];
    const network = async (url: unknown) => {
      asked.push(String(url));
      return new Response('', { status: 302, headers: { location } });
    };
    const { hub } = openClient('https://huggingface.co', { network: network as typeof fetch });
    const error = await errorOf(hub.request('/x'));
    expect(error.code).toBe('blocked');
    expect(asked).toEqual(['https://huggingface.co/x']);
  });

  it.each([301, 302, 303])('of a POST by %i is not followed', async (status) => {
    const server = await serve((socket) => socket.write(to('/there', status)));
    const error = await errorOf(openClient(server.url).hub.request('/x', { method: 'POST', body: { a: 1 } }));
    expect(error.code).toBe('blocked');
    expect(server.requests).toHaveLength(1);
  });

  it.each([307, 308])('of a POST by %i is a POST again, with its body', async (status) => {
    const server = await serve((socket, head) =>
      socket.write(head.includes(' /there ') ? jsonAnswer('done') : to('/there', status)),
    );
    const answer = await openClient(server.url).hub.request('/x', { method: 'POST', body: { a: 1 } });
    expect(answer.json()).toBe('done');
    expect(server.requests[1]).toMatch(/^POST \/there /);
    expect(server.requests[1]).toContain('content-type: application/json');
  });
});

describe('giving up', () => {
  it('before the request sends none', async () => {
    const server = await serve((socket) => socket.write(jsonAnswer(1)));
    const error = await errorOf(openClient(server.url).hub.withSignal(AbortSignal.abort()).request('/x'));
    expect(error.code).toBe('cancelled');
    expect(server.requests).toHaveLength(0);
  });

  it('during the request breaks the connection', async () => {
    const controller = new AbortController();
    let closed: Promise<void> | undefined;
    const server = await serve((socket) => {
      closed = new Promise((resolve) => socket.once('close', () => resolve()));
      controller.abort(new Error('enough'));
    });
    const error = await errorOf(openClient(server.url).hub.withSignal(controller.signal).request('/x'));
    expect(error.code).toBe('cancelled');
    expect(server.requests).toHaveLength(1);
    await closed;
  });

  it('in the middle of the body as well', async () => {
    const controller = new AbortController();
    const server = await serve((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', () => setImmediate(() => controller.abort())),
    );
    expect((await errorOf(openClient(server.url).hub.withSignal(controller.signal).request('/x'))).code).toBe(
      'cancelled',
    );
  });

  it('in the pause between two tries ends the pause', async () => {
    const controller = new AbortController();
    const server = await serve((socket) => socket.write(httpAnswer(503)));
    const { hub } = openClient(server.url, {
      // The real pause: it must end by the signal, not by the clock.
      sleep: undefined,
      onWarning: undefined,
      network: async (url, init) => {
        const response = await fetch(url, init);
        setTimeout(() => controller.abort(), 20);
        return response;
      },
    });
    expect((await errorOf(hub.withSignal(controller.signal).request('/x'))).code).toBe('cancelled');
    expect(server.requests).toHaveLength(1);
  });

  it('does not disturb the others', async () => {
    const controller = new AbortController();
    const server = await serve((socket, head) => {
      if (head.startsWith('GET /hang')) controller.abort();
      else socket.write(jsonAnswer('fine'));
    });
    const { hub } = openClient(server.url);
    const [left, stays] = await Promise.allSettled([
      hub.withSignal(controller.signal).request('/hang'),
      hub.request('/fine'),
    ]);
    expect(left).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    expect(stays.status).toBe('fulfilled');
  });
});

describe('a crowd', () => {
  it('of a thousand requests takes a few connections, and all are answered', async () => {
    let now = 0;
    let most = 0;
    const server = createServer((_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        response.end('{}');
      });
    });
    let open = 0;
    let mostOpen = 0;
    server.on('connection', (socket) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      socket.once('close', () => {
        open -= 1;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { hub } = openClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const signals = Array.from({ length: 1000 }, () => new AbortController().signal);
    const answers = await Promise.all(signals.map((signal) => hub.withSignal(signal).request('/x')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(most).toBeLessThanOrEqual(24);
    // A connection is free again a moment after its answer was read, so the next request may open another.
    expect(mostOpen).toBeLessThanOrEqual(48);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('whoever gives up while waiting leaves at once and sends nothing', async () => {
    const server = await serve(() => {});
    const { hub } = openClient(server.url);
    const stuck = new AbortController();
    const inside = Array.from({ length: 24 }, () => errorOf(hub.withSignal(stuck.signal).request('/stuck')));
    const waiting = new AbortController();
    const outside = Array.from({ length: 50 }, () => errorOf(hub.withSignal(waiting.signal).request('/outside')));
    await expect.poll(() => server.requests.length).toBe(24);
    waiting.abort();
    expect((await Promise.all(outside)).every(({ code }) => code === 'cancelled')).toBe(true);
    stuck.abort();
    await Promise.all(inside);
    expect(server.requests.every((head) => head.startsWith('GET /stuck'))).toBe(true);
  });
});
