import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketOf, RateLimits, readRetryAfter, readWindow } from '../../../src/hub/client/limits.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { errorOf, openClient } from '../client.js';

let hub: DemoHub;
beforeEach(async () => {
  hub = await startDemoHub({ quotas: { api: 100_000 } });
});
afterEach(() => hub.close());

const limit = (headers: Record<string, string>, times?: number) =>
  hub.addFault({ path: /^\/api\//, times, response: { status: 429, headers, body: 'We had to rate limit your IP' } });
const get = '/api/models?limit=1';

describe('a used-up window', () => {
  it('that ends soon is waited for, and a second more', async () => {
    limit({ RateLimit: '"api";r=0;t=5' }, 1);
    const { hub: client, pauses } = openClient(hub.url);
    expect((await client.request(get)).status).toBe(200);
    expect(pauses).toEqual([6000]);
  });

  it('that lasts longer is told at once: the bucket, the seconds, and what a token would help', async () => {
    limit({ RateLimit: '"api";r=0;t=168', 'X-Request-Id': 'r1' });
    const { hub: client, pauses } = openClient(hub.url);
    const error = await errorOf(client.request(get));
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 169, requestId: 'r1' });
    expect(error.message).toBe('The Hub\'s rate limit ("api") is used up. Try again in 3 min.');
    expect(error.hint).toMatch(/HF_TOKEN/);
    expect(pauses).toEqual([]);
  });

  it('gets no such hint when there is a token', async () => {
    limit({ RateLimit: '"api";r=0;t=168' });
    const { hub: client } = openClient(hub.url, { value: 'hf_demo_read_maya' });
    expect((await errorOf(client.request(get))).hint).toBeUndefined();
  });

  it('is remembered: nothing is sent before it ends', async () => {
    limit({ RateLimit: '"api";r=0;t=100' }, 1);
    const { hub: client, pass } = openClient(hub.url);
    await errorOf(client.request(get));
    const sent = hub.seen.length;
    pass(10_000);
    const refused = await errorOf(client.withSignal(new AbortController().signal).request(get));
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 90 });
    expect(hub.seen).toHaveLength(sent);
    pass(90_000);
    expect((await client.request(get)).status).toBe(200);
  });

  it('that is known and ends soon is waited for as well', async () => {
    limit({ RateLimit: '"api";r=0;t=100' }, 1);
    const { hub: client, pauses, pass } = openClient(hub.url);
    await errorOf(client.request(get));
    pass(97_000);
    expect((await client.request(get)).status).toBe(200);
    expect(pauses).toEqual([3000]);
  });

  it('holds for its bucket and its account only', async () => {
    limit({ RateLimit: '"api";r=0;t=100' }, 1);
    const { hub: client, setToken } = openClient(hub.url);
    await errorOf(client.request(get));
    expect((await client.request('/openai-community/gpt2/resolve/main/config.json')).status).toBe(200);
    setToken('hf_demo_read_maya');
    expect((await client.request(get)).status).toBe(200);
    setToken(undefined);
    expect((await errorOf(client.request(get))).code).toBe('rate_limited');
  });

  it('is told by a good answer too', async () => {
    hub.addFault({ path: /^\/api\//, times: 1, response: { headers: { RateLimit: '"api";r=0;t=60' }, body: [] } });
    const { hub: client } = openClient(hub.url);
    await client.request(get);
    expect(await errorOf(client.request(get))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 });
  });

  it('is no reason to repeat a POST', async () => {
    limit({ RateLimit: '"api";r=0;t=1' });
    const { hub: client, pauses } = openClient(hub.url);
    await errorOf(client.request('/api/x', { method: 'POST', body: {} }));
    expect(pauses).toEqual([]);
    expect(hub.seen).toHaveLength(1);
  });

  it('does not lock anybody out for a year', async () => {
    limit({ RateLimit: `"api";r=0;t=${'9'.repeat(400)}` });
    const error = await errorOf(openClient(hub.url).hub.request(get));
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(3601);
    expect(error.message).toMatch(/in 1 h\.$|in 60 min\.$/);
  });
});

describe('a limit of one action', () => {
  it('without Retry-After is told at once, without a guess', async () => {
    limit({ RateLimit: '"api";r=400;t=3' });
    const { hub: client, pauses } = openClient(hub.url);
    const error = await errorOf(client.request(get));
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: undefined });
    expect(error.message).toBe(
      'The Hub is not accepting more requests of this kind for now. Try again in a few minutes.',
    );
    expect(pauses).toEqual([]);
  });

  it('with a short Retry-After is waited for', async () => {
    limit({ RateLimit: '"api";r=400;t=300', 'Retry-After': '2' }, 1);
    const { hub: client, pauses } = openClient(hub.url);
    expect((await client.request(get)).status).toBe(200);
    expect(pauses).toEqual([2000]);
  });

  it('with a long Retry-After is told with its seconds', async () => {
    limit({ RateLimit: '"api";r=400;t=300', 'Retry-After': '120' });
    expect(await errorOf(openClient(hub.url).hub.request(get))).toMatchObject({ retryAfterSeconds: 120 });
  });

  it('leaves the bucket open', async () => {
    limit({ RateLimit: '"api";r=400;t=300' }, 1);
    const { hub: client } = openClient(hub.url);
    await errorOf(client.request(get));
    expect((await client.request(get)).status).toBe(200);
  });

  it('gives up after three tries', async () => {
    limit({ 'Retry-After': '1' });
    const { hub: client, pauses } = openClient(hub.url);
    expect((await errorOf(client.request(get))).code).toBe('rate_limited');
    expect(pauses).toEqual([1000, 1000]);
    expect(hub.seen).toHaveLength(3);
  });

  it('never waits longer than the budget of a request', async () => {
    limit({ 'Retry-After': '6' });
    const { hub: client, pauses } = openClient(hub.url);
    await errorOf(client.request(get));
    expect(pauses).toEqual([6000]);
  });
});

describe('the dataset viewer', () => {
  const viewer = { service: 'viewer' as const };
  const busy = (headers: Record<string, string> = {}) =>
    hub.addFault({ path: /^\/datasets-server/, times: 1, response: { status: 429, headers, body: 'slow down' } });

  it('has limits of its own, told by its own name', async () => {
    busy({ RateLimit: '"api";r=0;t=100' });
    const { hub: client } = openClient(hub.url);
    const error = await errorOf(client.request('/rows', viewer));
    expect(error.message).toMatch(/^The dataset viewer's rate limit/);
    expect((await client.request(get)).status).toBe(200);
  });

  it('is not held up by those of the Hub', async () => {
    limit({ RateLimit: '"pages";r=0;t=100' }, 1);
    const { hub: client } = openClient(hub.url);
    await errorOf(client.request(get));
    busy();
    expect((await errorOf(client.request('/rows', viewer))).message).toMatch(
      /^The dataset viewer is not accepting more/,
    );
  });
});

describe('what the headers say', () => {
  const headers = (limitHeader: string, policy?: string) =>
    new Headers({ RateLimit: limitHeader, ...(policy ? { 'RateLimit-Policy': policy } : {}) });

  it.each([
    [
      '"api";r=497;t=168',
      '"fixed window";"api";q=500;w=300',
      { bucket: 'api', remaining: 497, quota: 500, resetsAt: 168_000 },
    ],
    ['"resolvers"; r=0; t=1', undefined, { bucket: 'resolvers', remaining: 0, quota: undefined, resetsAt: 1000 }],
    ['"api";t=5;r=2', '"api";q=9', { bucket: 'api', remaining: 2, quota: 9, resetsAt: 5000 }],
  ])('%s', (limitHeader, policy, window) => {
    expect(readWindow(headers(limitHeader, policy), 0)).toEqual(window);
  });

  it.each([
    '',
    'api;r=1;t=2',
    '"api"',
    '"api";r=1',
    '"api";t=1',
    '"api";r=-1;t=5',
    'limit=10, remaining=5',
    '"a\u00e9";r=1;t=1',
  ])('nothing of use: %j', (text) => {
    expect(readWindow(headers(text), 0)).toBeUndefined();
  });

  it.each([
    [null, undefined],
    ['', undefined],
    ['5', 5],
    [' 5 ', 5],
    ['-5', undefined],
    ['soon', undefined],
    ['Thu, 01 Jan 1970 00:01:00 GMT', 50],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('Retry-After %j is %j', (value, seconds) => {
    expect(readRetryAfter(value, 10_000)).toBe(seconds);
  });

  it.each([
    ['/api/models', 'api'],
    ['/api/resolve-cache/models/a/b/c', 'resolvers'],
    ['/a/b/resolve/main/x', 'resolvers'],
    ['/datasets/a/b/resolve/main/x', 'resolvers'],
    ['/a/b/raw/main/x', 'pages'],
    ['/papers/1.md', 'pages'],
  ])('%s counts as %s', (path, bucket) => {
    expect(bucketOf(path)).toBe(bucket);
  });

  it('shows the windows of one account that have not passed', () => {
    let now = 0;
    const limits = new RateLimits(() => now);
    const keep = (bucket: string, resetsAt: number, account: string) =>
      limits.keep({ bucket, remaining: 1, resetsAt }, account);
    keep('pages', 2000, '');
    keep('api', 1000, '');
    keep('api', 5000, 'hf_other');
    expect(limits.current('').map(({ bucket }) => bucket)).toEqual(['api', 'pages']);
    now = 1500;
    expect(limits.current('').map(({ bucket }) => bucket)).toEqual(['pages']);
    expect(limits.current('hf_other')).toHaveLength(1);
  });
});

describe('the limits that a client shows', () => {
  it('are those of the token that was used last', async () => {
    const { hub: client, setToken } = openClient(hub.url, { now: undefined });
    await client.request(get);
    expect(client.limits()).toMatchObject([{ bucket: 'api', quota: 100_000 }]);
    setToken('hf_demo_read_maya');
    await client.request('/openai-community/gpt2/resolve/main/config.json');
    expect(client.limits().map(({ bucket }) => bucket)).toEqual(['resolvers']);
  });
});
