import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DemoLimits } from '../../../src/world/hub/limits.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { type Asked, MAYA, startHub, THEO } from './ask.js';

let hub: Asked;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

describe('headers of every answer', () => {
  it.each([
    ['/api/models', 'api'],
    ['/api/nowhere', 'api'],
    ['/openai-community/gpt2/resolve/main/README.md', 'resolvers'],
    ['/spaces/hugwire/demo-space/agents.md', 'pages'],
    ['/nowhere', 'pages'],
  ])('%s counts in %s', async (path, bucket) => {
    const { headers } = await hub.get(path);
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"${bucket}";r=99999;t=\\d+$`));
    expect(headers.get('ratelimit-policy')).toBe(`"fixed window";"${bucket}";q=100000;w=300`);
    expect(headers.get('x-request-id')).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/);
    expect(headers.get('x-powered-by')).toBe('huggingface-moon');
  });

  it('gives JSON a weak ETag that earns a 304', async () => {
    const path = '/api/models/openai-community/gpt2';
    const etag = (await hub.get(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[0-9a-f]+-/);
    const again = await hub.get(path, undefined, { headers: { 'if-none-match': `"other", ${etag}` } });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect(again.headers.get('etag')).toBe(etag);
    expect((await hub.get(path, undefined, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('answers HEAD wherever it answers GET, without the body', async () => {
    const head = await hub.get('/api/datasets/rajpurkar/squad', undefined, { method: 'HEAD' });
    const get = await hub.get('/api/datasets/rajpurkar/squad');
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(get.text)));
  });

  it('names what is wrong in the headers too', async () => {
    const { status, headers, json } = await hub.get('/api/models/nobody/nothing', MAYA);
    expect(status).toBe(404);
    expect(json).toEqual({ error: 'Repository not found' });
    expect(headers.get('x-error-code')).toBe('RepoNotFound');
    expect(headers.get('x-error-message')).toBe('Repository not found');
  });
});

it('refuses a bad token everywhere, even where none is needed', async () => {
  for (const token of ['hf_unknown', 'hf_demo_expired_maya']) {
    for (const path of ['/api/models', '/api/whoami-v2', '/openai-community/gpt2/resolve/main/README.md']) {
      const { status, headers } = await hub.get(path, token);
      expect(status).toBe(401);
      expect(headers.get('x-error-message')).toBe('Invalid credentials in Authorization header');
    }
  }
});

it('writes down what it saw, tokens included', async () => {
  await hub.get('/api/models?limit=1', MAYA);
  expect(hub.seen).toMatchObject([
    { method: 'GET', url: '/api/models?limit=1', headers: { authorization: `Bearer ${MAYA}` } },
  ]);
});

it('gives the same answers each run', async () => {
  const other = await startHub();
  const paths = ['/api/models?full=true', '/api/datasets?full=true', '/api/spaces?full=true', '/api/trending'];
  try {
    for (const path of paths) expect((await other.get(path)).text).toBe((await hub.get(path)).text);
  } finally {
    await other.close();
  }
});

describe('rate limits', () => {
  it('refuse in plain text when the window is used up, by account and bucket', async () => {
    const small = await startHub({ quotas: { api: 2 } });
    try {
      await small.get('/api/models');
      expect((await small.get('/api/models')).headers.get('ratelimit')).toMatch(/^"api";r=0;t=/);
      const refused = await small.get('/api/models');
      expect(refused.status).toBe(429);
      expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(refused.text).toMatch(/^We had to rate limit your IP \(.*127\.0\.0\.1\)\. To continue/);
      expect((await small.get('/api/models', MAYA)).status).toBe(200);
      expect((await small.get('/spaces/hugwire/demo-space/agents.md')).status).toBe(200);
      await small.get('/api/models', MAYA);
      expect((await small.get('/api/models', MAYA)).text).toMatch(/you hit the quota of 2 api requests/);
    } finally {
      await small.close();
    }
  });

  it('are those of the plan unless told', async () => {
    const real = await startHub({ quotas: {} });
    try {
      const policy = async (token?: string) => (await real.get('/api/models', token)).headers.get('ratelimit-policy');
      expect(await policy()).toContain('q=500;');
      expect(await policy(THEO)).toContain('q=1000;');
      expect(await policy(MAYA)).toContain('q=2500;');
    } finally {
      await real.close();
    }
  });

  it('begin anew after five minutes', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const limits = new DemoLimits({ api: 1 });
      expect(limits.admit('api', undefined, '10.0.0.1').refusal).toBeUndefined();
      vi.setSystemTime(Date.now() + 299_000);
      const late = limits.admit('api', undefined, '10.0.0.1');
      expect(late.refusal?.status).toBe(429);
      expect(late.headers.RateLimit).toBe('"api";r=0;t=1');
      expect(limits.admit('api', undefined, '10.0.0.2').refusal).toBeUndefined();
      vi.setSystemTime(Date.now() + 1_000);
      expect(limits.admit('api', undefined, '10.0.0.1').refusal).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('faults', () => {
  it('answer in place of the Hub, as often as told, until switched off', async () => {
    const page = '<html><h1>502 Bad Gateway</h1></html>';
    const headers = { 'content-type': 'text/html' };
    hub.addFault({ path: /^\/api\/models/g, times: 2, response: { status: 502, headers, body: page } });
    const off = hub.addFault({ path: /datasets/, response: { status: 503 } });
    const first = await hub.get('/api/models');
    expect(first).toMatchObject({ status: 502, text: page });
    expect(first.headers.get('ratelimit')).toBeNull();
    expect((await hub.get('/api/models')).status).toBe(502);
    expect((await hub.get('/api/models')).status).toBe(200);
    expect((await hub.get('/api/datasets')).status).toBe(503);
    off();
    off();
    expect((await hub.get('/api/datasets')).status).toBe(200);
    expect(hub.seen).toHaveLength(5);
  });

  it('send broken JSON, huge bodies and redirects elsewhere', async () => {
    const json = { 'content-type': 'application/json' };
    hub.addFault({ path: /\/cut$/, response: { headers: json, body: '{"models": [' } });
    hub.addFault({ path: /\/huge$/, response: { body: Buffer.alloc(30_000_000, 'x') } });
    hub.addFault({ path: /\/away$/, response: { status: 302, headers: { location: `${hub.cdn.url}/there` } } });
    expect(await (await fetch(`${hub.url}/cut`)).text()).toBe('{"models": [');
    expect((await (await fetch(`${hub.url}/huge`)).arrayBuffer()).byteLength).toBe(30_000_000);
    await fetch(`${hub.url}/away`, { headers: { authorization: 'Bearer hf_demo_read_maya' } });
    expect(hub.cdn.seen).toMatchObject([{ url: '/there' }]);
    expect(hub.cdn.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('cut the connection before the answer or in the middle of it', async () => {
    hub.addFault({ path: /before/, drop: 'before' });
    await expect(fetch(`${hub.url}/before`)).rejects.toThrow('fetch failed');
    hub.addFault({ path: /api\/models/, drop: 'middle' });
    const response = await fetch(`${hub.url}/api/models`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    hub.addFault({ path: /middle/, drop: 'middle', response: { body: 'half and half' } });
    await expect(fetch(`${hub.url}/middle`).then((half) => half.text())).rejects.toThrow('terminated');
  });

  it('delay an answer, or give none', async () => {
    hub.addFault({ path: /whoami/, delayMs: 5, response: { status: 500 } });
    expect((await hub.get('/api/whoami-v2')).status).toBe(500);
    hub.addFault({ path: /models/, hang: true });
    const waiting = fetch(`${hub.url}/api/models`, { signal: AbortSignal.timeout(50) });
    await expect(waiting).rejects.toThrow('timeout');
  });

  it('hit the second listener as well', async () => {
    hub.addFault({ path: /^\/blobs\//, response: { status: 403, body: 'expired' } });
    expect(await hub.get(`${hub.cdn.url}/blobs/1`)).toMatchObject({ status: 403, text: 'expired' });
  });
});

describe('close', () => {
  it('ends waiting and idle connections, and the port is free again', async () => {
    const other = await startDemoHub();
    other.addFault({ path: /hang/, hang: true });
    other.addFault({ path: /slow/, delayMs: 600_000 });
    const port = Number(new URL(other.url).port);
    await (await fetch(`${other.url}/api/models`)).text();
    const broken = ['/hang', '/slow'].map(async (path) => {
      const waiting = rawRequest({ host: '127.0.0.1', port, path }).end();
      await once(waiting, 'error');
    });
    await vi.waitFor(() => expect(other.seen).toHaveLength(3));
    await other.close();
    await Promise.all(broken);
    const next = await startDemoHub({ port });
    expect(next.url).toBe(`http://127.0.0.1:${port}`);
    await expect(startDemoHub({ port })).rejects.toThrow('EADDRINUSE');
    await next.close();
  });
});
