import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CachedHubClient, withCache } from '../../../src/hub/client/cache.js';
import type { CacheKind } from '../../../src/hub/types.js';
import { type ErrorCode, HugwireError } from '../../../src/lib/errors.js';
import { FakeClient } from '../fake-client.js';

const START = Date.UTC(2026, 10, 20);
const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyz0123';

let directory: string;
let opened: CachedHubClient[] = [];

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'hugwire-cache-')), 'cache');
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.map((cached) => cached.settled()));
  opened = [];
  await rm(join(directory, '..'), { recursive: true, force: true });
});

/** A new process, as far as the cache can tell: nothing in memory, the same directory. */
function openCache(client: FakeClient, maxMegabytes = 10): CachedHubClient {
  const cached = withCache(client, { directory, maxMegabytes });
  opened.push(cached);
  return cached;
}

/** Lets this much time go by, in milliseconds. */
const pass = (time: number) => vi.setSystemTime(Date.now() + time);

async function allFiles(at = directory): Promise<string[]> {
  const entries = await readdir(at, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function failing(code: ErrorCode): () => never {
  return () => {
    throw new HugwireError(code, `test: ${code}`);
  };
}

describe('withCache', () => {
  it('passes a request on and keeps nothing when the request names no kind', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/api/x');
    await cached.request('/api/x');
    expect(client.asked).toHaveLength(2);
    await cached.settled();
    await expect(stat(directory)).rejects.toThrow('ENOENT');
  });

  it('says so when a fresh answer is served while the Hub is known to be away', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/api/x', { cache: 'list' });
    expect((await cached.request('/api/x', { cache: 'list' })).cached).toEqual({ ageSeconds: 0 });
    client.away = true;
    pass(5000);
    expect((await cached.request('/api/x', { cache: 'list' })).cached).toEqual({ ageSeconds: 5, stale: 'offline' });
    expect(client.asked).toHaveLength(1);
  });

  it('answers from memory, then in another process from the disk, with the age', async () => {
    const client = new FakeClient(() => ({
      status: 206,
      headers: { 'x-repo-commit': 'abc', server: 'x' },
      body: { a: 'ä' },
      truncated: true,
    }));
    const first = openCache(client);
    const fetched = await first.request('/api/x', { cache: 'list' });
    expect(fetched.cached).toBeUndefined();
    pass(30_000);
    expect((await first.request('/api/x', { cache: 'list' })).cached).toEqual({ ageSeconds: 30 });
    await first.settled();

    const answer = await openCache(client).request('/api/x', { cache: 'list' });
    expect(answer.json()).toEqual({ a: 'ä' });
    expect(answer).toMatchObject({
      status: 206,
      truncated: true,
      url: 'https://hub.test/api/x',
      cached: { ageSeconds: 30 },
    });
    expect(answer.headers.get('x-repo-commit')).toBe('abc');
    expect(client.asked).toHaveLength(1);
  });

  it.each<[CacheKind, number]>([
    ['list', 60],
    ['repo', 300],
    ['file', 600],
    ['batch', 600],
    ['vocabulary', 3600],
    ['account', 300],
  ])('asks again for %s after %i seconds', async (cache, seconds) => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/api/x', { cache });
    pass(seconds * 1000 - 1);
    await cached.request('/api/x', { cache });
    expect(client.asked).toHaveLength(1);
    pass(1);
    await cached.request('/api/x', { cache });
    expect(client.asked).toHaveLength(2);
  });

  it('never asks again for what cannot change', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    pass(10 * 365 * 86_400_000);
    await cached.request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(1);
  });

  it('asks again when the clock was set back', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    pass(-3_600_000);
    await cached.request('/x', { cache: 'list' });
    expect(client.asked).toHaveLength(2);
  });

  it('never writes the account to disk', async () => {
    const client = new FakeClient(() => ({ body: { name: 'julia', email: 'julia@example.org' } }));
    const cached = openCache(client);
    await cached.request('/api/whoami-v2', { cache: 'account' });
    await cached.settled();
    expect(await allFiles().catch(() => [])).toEqual([]);
  });

  it.each([
    ['larger than a tenth of the cache', { body: new Uint8Array(100_001) }],
    ['of a login page in between', { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Log in' }],
  ])('does not keep an answer %s', async (_, reply) => {
    const client = new FakeClient(() => reply);
    const cached = openCache(client, 1);
    await cached.request('/x', { cache: 'immutable' });
    await cached.request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(2);
  });

  it('does not serve a body that is larger than the caller allows', async () => {
    const client = new FakeClient(() => ({ body: 'x'.repeat(100) }));
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    await cached.request('/x', { cache: 'immutable', maxBytes: 99 });
    expect(client.asked).toHaveLength(2);
    await cached.request('/x', { cache: 'immutable', maxBytes: 100 });
    expect(client.asked).toHaveLength(2);
  });
});

describe('what makes two requests the same', () => {
  it('is not the order of the query or the case that a value is undefined', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list', query: { a: 1, b: ['x', 'y'], c: undefined } });
    await cached.request('/x', { cache: 'list', query: { b: ['x', 'y'], a: 1 } });
    expect(client.asked).toHaveLength(1);
  });

  it.each([
    ['path', '/y', {}],
    ['query', '/x', { query: { a: 1 } }],
    ['service', '/x', { service: 'viewer' }],
    ['method', '/x', { method: 'HEAD' }],
    ['body', '/x', { method: 'POST', body: { paths: [] } }],
    ['header', '/x', { headers: { range: 'bytes=0-9' } }],
    ['cut', '/x', { truncate: true, maxBytes: 10 }],
  ] as const)('is the %s', async (_, path, request) => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    await cached.request(path, { cache: 'list', ...request });
    expect(client.asked).toHaveLength(2);
  });

  it('is the token: no answer is served to anyone but the one who got it', async () => {
    const client: FakeClient = new FakeClient(() => ({ body: `for ${client.tokenValue}` }));
    const readers = [TOKEN, 'hf_another0000000000000000000000000', undefined];
    for (const token of readers) {
      client.tokenValue = token;
      const cached = openCache(client);
      expect((await cached.request('/x', { cache: 'immutable' })).text()).toBe(`for ${token}`);
      await cached.settled();
    }
    for (const token of readers) {
      client.tokenValue = token;
      expect((await openCache(client).request('/x', { cache: 'immutable' })).text()).toBe(`for ${token}`);
    }
    expect(client.asked).toHaveLength(3);
  });

  it('leaves no trace of the token on disk', async () => {
    const client = new FakeClient();
    client.tokenValue = TOKEN;
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    await cached.settled();
    const files = await allFiles();
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect((await readFile(file)).includes(TOKEN.slice(3))).toBe(false);
    expect((await stat(directory)).mode & 0o077).toBe(0);
  });

  it('does not keep an answer for which the token may have changed on the way', async () => {
    const client = new FakeClient(() => {
      client.tokenValue = 'hf_another0000000000000000000000000';
      return { body: 'private' };
    });
    client.tokenValue = TOKEN;
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    client.tokenValue = TOKEN;
    await cached.request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(2);
  });

  it('keeps no signature of a storage URL', async () => {
    const client = new FakeClient(() => ({ url: 'https://cdn.test/file?X-Amz-Signature=feed', body: 'text' }));
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    expect((await cached.request('/x', { cache: 'immutable' })).url).toBe('https://cdn.test/file');
  });
});

describe('revalidation', () => {
  it('asks with the ETag, and a 304 makes the answer fresh again, on disk too', async () => {
    const client = new FakeClient(({ request }) =>
      request.headers?.['if-none-match'] === '"v1"'
        ? { status: 304, body: '' }
        : { headers: { etag: '"v1"' }, body: 'one' },
    );
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    pass(61_000);
    const again = await cached.request('/x', { cache: 'list' });
    expect(again).toMatchObject({ status: 200, cached: { ageSeconds: 0 } });
    expect(again.text()).toBe('one');
    await cached.settled();
    pass(59_000);
    expect((await openCache(client).request('/x', { cache: 'list' })).cached).toEqual({ ageSeconds: 59 });
    expect(client.asked).toHaveLength(2);
  });

  it('takes the new answer when there is one', async () => {
    let version = 1;
    const client = new FakeClient(() => ({ headers: { etag: `"v${version}"` }, body: `body ${version}` }));
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    pass(61_000);
    version = 2;
    expect((await cached.request('/x', { cache: 'list' })).text()).toBe('body 2');
    await cached.settled();
    expect((await openCache(client).request('/x', { cache: 'list' })).text()).toBe('body 2');
    expect(client.asked).toHaveLength(2);
  });
});

describe('when the Hub fails', () => {
  it.each([
    ['offline', 'offline'],
    ['timeout', 'failed'],
    ['unavailable', 'failed'],
    ['rate_limited', 'failed'],
  ] as const)('%s: the older answer serves, marked with its age', async (code, stale) => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    pass(7_200_000);
    client.reply = failing(code);
    const answer = await cached.request('/x', { cache: 'list' });
    expect(answer.json()).toEqual({ fine: true });
    expect(answer.cached).toEqual({ ageSeconds: 7200, stale });
  });

  it.each(['not_found', 'not_visible', 'gated', 'unauthorized', 'disabled'] as const)(
    '%s: the kept answer goes, even when the Hub is away afterwards',
    async (code) => {
      const client = new FakeClient();
      const cached = openCache(client);
      await cached.request('/x', { cache: 'list' });
      await cached.settled();
      pass(61_000);
      client.reply = failing(code);
      await expect(cached.request('/x', { cache: 'list' })).rejects.toMatchObject({ code });
      client.reply = failing('offline');
      await expect(cached.request('/x', { cache: 'list' })).rejects.toMatchObject({ code: 'offline' });
      await expect(openCache(client).request('/x', { cache: 'list' })).rejects.toMatchObject({ code: 'offline' });
    },
  );

  it('passes any other failure on and keeps what it has', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    pass(61_000);
    client.reply = failing('blocked');
    await expect(cached.request('/x', { cache: 'list' })).rejects.toMatchObject({ code: 'blocked' });
    client.reply = failing('offline');
    expect((await cached.request('/x', { cache: 'list' })).cached?.stale).toBe('offline');
  });
});

describe('equal requests at the same time', () => {
  it('share one', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    const answers = await Promise.all([1, 2, 3].map(() => cached.request('/x', { cache: 'list' })));
    expect(client.asked).toHaveLength(1);
    expect(answers.map((answer) => answer.json())).toEqual([{ fine: true }, { fine: true }, { fine: true }]);
  });

  it('a caller that gives up does not take the others along', async () => {
    let open = (_reply: object) => {};
    const client = new FakeClient(
      () =>
        new Promise((resolve) => {
          open = resolve;
        }),
    );
    const cached = openCache(client);
    const quitter = new AbortController();
    const left = cached.withSignal(quitter.signal).request('/x', { cache: 'list' });
    const stays = cached.request('/x', { cache: 'list' });
    await vi.waitFor(() => expect(client.asked).toHaveLength(1));
    quitter.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    expect(client.asked[0]?.signal?.aborted).toBe(false);
    open({ body: 'late' });
    expect((await stays).text()).toBe('late');
  });

  it('when all have given up the request is aborted, and the next caller starts anew', async () => {
    const client = new FakeClient(() => new Promise(() => {}));
    const cached = openCache(client);
    const quitters = [new AbortController(), new AbortController()];
    const calls = quitters.map(({ signal }) => cached.withSignal(signal).request('/x', { cache: 'list' }));
    const ends = Promise.allSettled(calls);
    await vi.waitFor(() => expect(client.asked).toHaveLength(1));
    for (const quitter of quitters) quitter.abort();
    await ends;
    expect(client.asked[0]?.signal?.aborted).toBe(true);
    client.reply = () => ({ body: 'second try' });
    expect((await cached.request('/x', { cache: 'list' })).text()).toBe('second try');
  });

  it('a signal that was aborted before sends nothing', async () => {
    const client = new FakeClient();
    const bound = openCache(client).withSignal(AbortSignal.abort());
    await expect(bound.request('/x', { cache: 'list' })).rejects.toMatchObject({ code: 'cancelled' });
    expect(client.asked).toHaveLength(0);
  });

  it('share a failure too, and it is not remembered', async () => {
    const client = new FakeClient(failing('unavailable'));
    const cached = openCache(client);
    const ends = await Promise.allSettled([1, 2].map(() => cached.request('/x', { cache: 'list' })));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(client.asked).toHaveLength(1);
    client.reply = () => ({ body: 'back' });
    expect((await cached.request('/x', { cache: 'list' })).text()).toBe('back');
  });
});

/** A file whose digest is right, whatever is in it. */
const seal = (content: string) => `${createHash('sha256').update(content).digest('hex')}\n${content}`;

describe('the disk', () => {
  async function keepOne(): Promise<FakeClient> {
    const client = new FakeClient(() => ({ body: 'text of some length' }));
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    await cached.settled();
    return client;
  }

  /** The one file that holds an answer. */
  async function answerFile(): Promise<string> {
    const files = (await allFiles()).filter((path) => /^[0-9a-f]{64}$/.test(basename(path)));
    expect(files).toHaveLength(1);
    return files[0] as string;
  }

  it('holds one file for an answer, which only this user may read', async () => {
    await keepOne();
    expect((await stat(await answerFile())).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (file: Buffer) => Buffer | string]>([
    ['a changed body', (file) => Buffer.from(file.toString().replace(/h$/, 'H'))],
    ['a changed header', (file) => file.toString().replace('"status":200', '"status":201')],
    ['a cut body', (file) => file.subarray(0, -3)],
    ['a cut header', (file) => file.subarray(0, 80)],
    ['an empty file', () => ''],
    ['something else', () => 'garbage\n\u0000'],
    ['something else that is too large', () => Buffer.alloc(9 * 1024 * 1024)],
    ['an answer of another version', (file) => seal(file.toString().slice(65).replace('"format":1', '"format":0'))],
    ['an answer to another question', (file) => seal(file.toString().slice(65).replace('"key":"', '"key":"0'))],
    ['what is no JSON', () => seal('{\n')],
  ])('%s is ignored and replaced', async (_, damage) => {
    const client = await keepOne();
    const path = await answerFile();
    const whole = await readFile(path);
    const damaged = damage(whole);
    expect(whole.equals(Buffer.from(damaged))).toBe(false);
    await writeFile(path, damaged);
    const cached = openCache(client);
    expect(await cached.request('/x', { cache: 'immutable' })).toMatchObject({ status: 200 });
    expect((await cached.request('/x', { cache: 'immutable' })).text()).toBe('text of some length');
    expect(client.asked).toHaveLength(2);
    await cached.settled();
    await openCache(client).request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(2);
  });

  it('loses what is damaged, even when the Hub is away', async () => {
    const client = await keepOne();
    const path = await answerFile();
    await writeFile(path, 'damaged');
    client.reply = failing('offline');
    const cached = openCache(client);
    await expect(cached.request('/x', { cache: 'immutable' })).rejects.toMatchObject({ code: 'offline' });
    await cached.settled();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('that was emptied meanwhile is filled again', async () => {
    const client = await keepOne();
    await rm(directory, { recursive: true });
    const cached = openCache(client);
    expect((await cached.request('/x', { cache: 'immutable' })).text()).toBe('text of some length');
    await cached.settled();
    await openCache(client).request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(2);
  });

  it('that cannot be written breaks no call', async () => {
    await writeFile(directory, 'a file where the directory should be');
    const client = new FakeClient();
    client.tokenValue = TOKEN;
    const cached = openCache(client);
    await cached.request('/x', { cache: 'list' });
    await cached.settled();
    expect((await cached.request('/x', { cache: 'list' })).cached).toEqual({ ageSeconds: 0 });
    expect((await openCache(client).request('/x', { cache: 'list' })).json()).toEqual({ fine: true });
  });

  it('that cannot be written is left alone for a while', async () => {
    await writeFile(directory, 'in the way');
    const client = new FakeClient();
    const cached = openCache(client);
    await cached.request('/a', { cache: 'list' });
    await cached.settled();
    await rm(directory);
    await cached.request('/b', { cache: 'list' });
    await cached.settled();
    await expect(stat(directory)).rejects.toThrow('ENOENT');
    pass(301_000);
    await cached.request('/c', { cache: 'list' });
    await cached.settled();
    expect((await stat(directory)).isDirectory()).toBe(true);
  });

  it('a directory whose salt is damaged gets a new one', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'salt'), '');
    const client = new FakeClient();
    client.tokenValue = TOKEN;
    const cached = openCache(client);
    await cached.request('/x', { cache: 'immutable' });
    await cached.settled();
    await openCache(client).request('/x', { cache: 'immutable' });
    expect(client.asked).toHaveLength(1);
    expect(await readFile(join(directory, 'salt'), 'utf8')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('findings', () => {
  it('last for an hour, for the token that they were made with, in other processes too', async () => {
    const client = new FakeClient();
    const cached = openCache(client);
    expect(await cached.recall('kind of o/n')).toBeUndefined();
    await cached.keep('kind of o/n', 'model');
    expect(await cached.withSignal(new AbortController().signal).recall('kind of o/n')).toBe('model');
    await cached.settled();
    expect(await openCache(new FakeClient()).recall('kind of o/n')).toBe('model');
    client.tokenValue = TOKEN;
    expect(await cached.recall('kind of o/n')).toBeUndefined();
    client.tokenValue = undefined;
    pass(3_601_000);
    expect(await cached.recall('kind of o/n')).toBeUndefined();
    expect(client.asked).toEqual([]);
  });

  it('that were wrong are forgotten', async () => {
    const cached = openCache(new FakeClient());
    await cached.keep('x', '1');
    await cached.keep('x', undefined);
    expect(await cached.recall('x')).toBeUndefined();
    await cached.settled();
    expect(await openCache(new FakeClient()).recall('x')).toBeUndefined();
  });
});
