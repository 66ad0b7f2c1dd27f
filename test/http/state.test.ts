import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { KEPT_EVENTS } from '../../src/http/state/events.js';
import { createMemoryState, MEMORY_LIMITS } from '../../src/http/state/memory.js';
import { createRedisState, REDIS_LIMITS } from '../../src/http/state/redis.js';
import type { State, StateEvent } from '../../src/http/state/types.js';
import { setLimits } from '../doubles/limits.js';
import { command, hasRedis, type RedisServer, startRedis } from '../doubles/redis-server.js';

const open: State[] = [];
const keep = (state: State): State => {
  open.push(state);
  return state;
};
afterEach(async () => {
  for (const state of open.splice(0)) await state.close();
});

let redis: RedisServer;
beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
});
afterAll(() => redis?.stop());

const portOf = ({ url }: RedisServer): string => new URL(url).port;
const connect = async (log: (line: string) => void = () => {}) => keep(await createRedisState(redis.url, log));
const fresh = (): string => `test-${randomUUID()}`;

const KINDS: [string, boolean, () => Promise<State>][] = [
  ['memory', true, async () => keep(createMemoryState())],
  ['Redis', hasRedis, connect],
];

describe.each(KINDS)('state in %s', (_, isThere, make) => {
  const test = it.skipIf(!isThere);

  test('gives back a copy of what was set, and nothing once it was deleted', async () => {
    const state = await make();
    const [key, value] = [fresh(), { list: [1, 'two', null], text: 'π “x”\n' }];
    expect(await state.get(key)).toBeUndefined();
    expect(await state.set(key, value, 60_000)).toBe(true);
    value.list.push('later');
    expect(await state.get(key)).toEqual({ list: [1, 'two', null], text: 'π “x”\n' });
    await state.del(key);
    expect(await state.get(key)).toBeUndefined();
  });

  test('forgets a value when its time is up', async () => {
    const state = await make();
    const key = fresh();
    await state.set(key, 'x', 30);
    await vi.waitFor(async () => expect(await state.get(key)).toBeUndefined());
  });

  test('gives a lease to one, who alone can renew it and hand it back', async () => {
    const state = await make();
    const key = fresh();
    const claims = ['a', 'b', 'c'].map((who) => state.set(key, who, 60_000, { ifAbsent: true }));
    expect(await Promise.all(claims)).toEqual([true, false, false]);
    expect(await state.renew(key, 'b', 60_000)).toBe(false);
    await state.del(key, 'b');
    expect(await state.renew(key, 'a', 20)).toBe(true);
    await vi.waitFor(async () => expect(await state.set(key, 'b', 60_000, { ifAbsent: true })).toBe(true));
    expect(await state.renew(key, 'a', 60_000)).toBe(false);
    await state.del(key, 'b');
    expect(await state.get(key)).toBeUndefined();
  });

  test('counts hits until their window ends, however many there are', async () => {
    const state = await make();
    const key = fresh();
    expect(await Promise.all([1, 2, 3].map(() => state.hit(key, 60_000)))).toEqual([1, 2, 3]);
    expect(await state.hit(key, 60_000, 5)).toBe(8);
    const brief = fresh();
    expect(await state.hit(brief, 40, 3)).toBe(3);
    await vi.waitFor(async () => expect(await state.hit(brief, 40)).toBe(1));
  });

  test('tells every listener of an event, also behind one that throws, until it leaves', async () => {
    const state = await make();
    const heard: StateEvent[] = [];
    const offs = [
      state.bus.subscribe(() => {
        throw new Error('mine');
      }),
      state.bus.subscribe((event) => heard.push(event)),
    ];
    state.bus.publish({ kind: 'cancel', id: 'j_1', deep: { list: [1] } });
    await vi.waitFor(() => expect(heard).toEqual([{ kind: 'cancel', id: 'j_1', deep: { list: [1] } }]));
    for (const off of offs) off();
    const after: StateEvent[] = [];
    state.bus.subscribe((event) => after.push(event));
    state.bus.publish({ kind: 'tools_list_changed' });
    await vi.waitFor(() => expect(after).toEqual([{ kind: 'tools_list_changed' }]));
    expect(heard).toHaveLength(1);
  });

  const note = (n: number) => ({ jsonrpc: '2.0' as const, method: 'notifications/message', params: { n } });
  const replay = async (state: State, session: string, id: string) => {
    const sent: unknown[] = [];
    const store = state.events(session);
    const stream = await store.replayEventsAfter(id, {
      send: async (event, message) => void sent.push([event, message]),
    });
    return { stream, sent };
  };

  test('replays what came after an event, of its stream and its session only', async () => {
    const state = await make();
    const [mine, other] = [fresh(), fresh()];
    const events = state.events(mine);
    const first = await events.storeEvent('_GET_stream', {} as never);
    const second = await events.storeEvent('_GET_stream', note(2));
    await events.storeEvent('another', note(3));
    await state.events(other).storeEvent('_GET_stream', note(4));
    const last = await events.storeEvent('_GET_stream', note(5));
    expect(await events.getStreamIdForEventId?.(second)).toBe('_GET_stream');
    expect(await replay(state, mine, first)).toEqual({
      stream: '_GET_stream',
      sent: [
        [second, note(2)],
        [last, note(5)],
      ],
    });
    expect((await replay(state, mine, last)).sent).toEqual([]);
    expect((await replay(state, other, first)).sent).toEqual([]);
    expect(await state.events(other).getStreamIdForEventId?.(second)).toBeUndefined();
  });

  test.each<[string, (id: string) => string]>([
    ['nothing', () => ''],
    ['a word', () => 'x'],
    ['another mark', (id) => `${'0'.repeat(12)}${id.slice(12)}`],
    ['no stream', (id) => id.replace(/\/.*_/, '/_')],
    ['no position', (id) => id.replace(/\d+-\d+$/, '')],
    ['half a position', (id) => id.replace(/-\d+$/, '')],
    ['a negative position', (id) => id.replace(/_(\d)/, '_-$1')],
    ['a line end', (id) => `${id}\n`],
    ['a long stream', (id) => id.replace('/', `/${'s'.repeat(900)}`)],
  ])('knows no stream of an event id with %s', async (_, change) => {
    const state = await make();
    const session = fresh();
    const id = await state.events(session).storeEvent('s', note(1));
    await state.events(session).storeEvent('s', note(2));
    expect(await state.events(session).getStreamIdForEventId?.(id)).toBe('s');
    expect(await state.events(session).getStreamIdForEventId?.(change(id))).toBeUndefined();
    expect((await replay(state, session, change(id))).sent).toEqual([]);
  });

  test('survives a position that no store can have', async () => {
    const state = await make();
    const session = fresh();
    const id = await state.events(session).storeEvent('s', note(1));
    const far = id.replace(/\d+-\d+$/, `${'9'.repeat(20)}-0`);
    expect(await replay(state, session, far).catch(({ code }) => ({ sent: code }))).toMatchObject({
      sent: _ === 'memory' ? [] : 'unavailable',
    });
    expect((await replay(state, session, id)).sent).toEqual([]);
  });

  test('keeps the last events of a stream', async () => {
    setLimits(KEPT_EVENTS, { count: 100 });
    const state = await make();
    const events = state.events(fresh());
    const begin = await events.storeEvent('s', {} as never);
    for (let n = 0; n < 350; n += 1) await events.storeEvent('s', note(n));
    const sent: unknown[] = [];
    await events.replayEventsAfter(begin, { send: async (_, message) => void sent.push(message) });
    expect(sent.length).toBeLessThanOrEqual(350);
    expect(sent.length).toBeGreaterThanOrEqual(100);
    if (_ === 'memory') expect(sent).toEqual(Array.from({ length: 100 }, (_, at) => note(250 + at)));
  });
});

describe('state in memory', () => {
  it('lets the oldest values go when there is no room for all', async () => {
    setLimits(MEMORY_LIMITS, { maxCharacters: 10_000 });
    const state = keep(createMemoryState());
    for (let n = 0; n < 20; n += 1) await state.set(`k${n}`, 'x'.repeat(998), 60_000);
    const left = await Promise.all(Array.from({ length: 20 }, (_, n) => state.get(`k${n}`)));
    expect(left.map((value) => value !== undefined)).toEqual(Array.from({ length: 20 }, (_, n) => n >= 10));
    await state.set('huge', 'x'.repeat(20_000), 60_000);
    expect(await state.get('huge')).toHaveLength(20_000);
  });
});

describe.skipIf(!hasRedis)('several instances with one Redis', () => {
  it('hear each other, and the one that speaks hears itself once', async () => {
    const [a, b] = [await connect(), await connect()];
    const heard: string[] = [];
    a.bus.subscribe(({ kind }) => heard.push(`a ${kind}`));
    b.bus.subscribe(({ kind }) => heard.push(`b ${kind}`));
    a.bus.publish({ kind: 'one' });
    b.bus.publish({ kind: 'two' });
    await vi.waitFor(() => expect(heard.sort()).toEqual(['a one', 'a two', 'b one', 'b two']));
  });

  it('share values, leases and counts', async () => {
    const [a, b] = [await connect(), await connect()];
    const key = fresh();
    await a.set(key, { from: 'a' }, 60_000);
    expect(await b.get(key)).toEqual({ from: 'a' });
    expect(await b.set(key, 1, 60_000, { ifAbsent: true })).toBe(false);
    const counter = fresh();
    const hits = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? a : b).hit(counter, 60_000)));
    expect(hits.sort((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  it('read nothing from what is no JSON, and hear nothing of what is no event', async () => {
    const state = await connect();
    const heard: StateEvent[] = [];
    state.bus.subscribe((event) => heard.push(event));
    const [key, stream] = [fresh(), fresh()];
    await command(portOf(redis), 'SET', `hugwire:${key}`, '{"a":');
    expect(await state.get(key)).toBeUndefined();
    for (const text of ['', '{', 'null', '[]', '7', '{"kind":7}', '{"kind":"good"}'])
      await command(portOf(redis), 'PUBLISH', 'hugwire:0:events', text);
    await vi.waitFor(() => expect(heard).toEqual([{ kind: 'good' }]));
    const begin = await state.events(stream).storeEvent('s', {} as never);
    const entries = ['not json', '{}', '[]', '{"jsonrpc":"1.0"}', '{"jsonrpc":"2.0","method":"m"}'];
    for (const text of entries)
      await command(
        portOf(redis),
        'XADD',
        `hugwire:sse:${stream}:s`,
        '*',
        ...(text === '[]' ? ['other', text] : ['text', text]),
      );
    const sent: unknown[] = [];
    await state.events(stream).replayEventsAfter(begin, { send: async (_, message) => void sent.push(message) });
    expect(sent).toEqual([{ jsonrpc: '2.0', method: 'm' }]);
    // A key that holds something of another type is an error, not a crash.
    await expect(state.get(`sse:${stream}:s`)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe.skipIf(!hasRedis)('a Redis that goes away', () => {
  const start = async () => {
    const own = await startRedis();
    const lines: string[] = [];
    const state = keep(await createRedisState(own.url, (line) => lines.push(line)));
    return { own, state, lines };
  };

  it('fails what needs it at once, tells this instance of what is published, and heals by itself', async () => {
    const { own, state, lines } = await start();
    try {
      const heard: string[] = [];
      state.bus.subscribe(({ kind }) => heard.push(kind));
      await state.set('k', 1, 60_000);
      await own.stop();
      await vi.waitFor(() => expect(lines).toEqual([expect.stringMatching(/^Redis is unavailable: \S/)]));
      const failed = { code: 'unavailable', message: expect.not.stringContaining('127.0.0.1') };
      await expect(state.get('k')).rejects.toMatchObject(failed);
      await expect(state.set('k', 1, 1000)).rejects.toMatchObject(failed);
      await expect(state.renew('k', 1, 1000)).rejects.toMatchObject(failed);
      await expect(state.hit('k', 1000)).rejects.toMatchObject(failed);
      await expect(state.del('k', 1)).rejects.toMatchObject(failed);
      // A message that cannot be kept still goes out, without an id.
      expect(await state.events('s').storeEvent('stream', {} as never)).toBe('');
      state.bus.publish({ kind: 'alone' });
      await vi.waitFor(() => expect(heard).toEqual(['alone']));

      await own.start();
      await vi.waitFor(() => expect(lines.at(-1)).toBe('Redis is back'), 10_000);
      await vi.waitFor(async () => expect(await state.set('k', 2, 60_000)).toBe(true));
      // The list may have changed unheard.
      await vi.waitFor(() => expect(heard).toEqual(['alone', 'tools_list_changed']), 10_000);
      state.bus.publish({ kind: 'together' });
      await vi.waitFor(() => expect(heard.at(-1)).toBe('together'));
      expect(lines).toHaveLength(2);
    } finally {
      await own.stop();
    }
  });

  it('is waited for from the start', async () => {
    setLimits(REDIS_LIMITS, { connectMs: 50 });
    const own = await startRedis();
    await own.stop();
    const lines: string[] = [];
    const state = keep(await createRedisState(own.url, (line) => lines.push(line)));
    try {
      await expect(state.get('k')).rejects.toMatchObject({ code: 'unavailable' });
      expect(lines).toEqual([expect.stringMatching(/^Redis is unavailable: ECONNREFUSED/)]);
      await own.start();
      await vi.waitFor(async () => expect(await state.set('k', 2, 60_000)).toBe(true), 10_000);
      const heard: string[] = [];
      state.bus.subscribe(({ kind }) => heard.push(kind));
      await vi.waitFor(() => {
        state.bus.publish({ kind: 'there' });
        expect(heard).toContain('there');
      }, 10_000);
    } finally {
      await own.stop();
    }
  });

  it('is given up when it hangs, and its connections are made anew', async () => {
    setLimits(REDIS_LIMITS, { answerMs: 100, silenceMs: 600 });
    const { own, state, lines } = await start();
    try {
      await state.set('k', 1, 60_000);
      process.kill(own.pid, 'SIGSTOP');
      await expect(state.get('k')).rejects.toMatchObject({ code: 'unavailable' });
      await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
      process.kill(own.pid, 'SIGCONT');
      await vi.waitFor(async () => expect(await state.get('k')).toBe(1), 10_000);
    } finally {
      await own.stop();
    }
  });

  it('ends the start when it refuses, and never tells the password', async () => {
    const own = await startRedis(['--requirepass', 'right']);
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    try {
      const failure = await createRedisState(own.url.replace('//', '//:wr0ng-secret@'), log).catch((error) => error);
      expect(failure).toMatchObject({ code: 'unavailable', message: expect.stringContaining('WRONGPASS') });
      expect(JSON.stringify([failure, failure.message, failure.hint, lines])).not.toContain('wr0ng');
      const missing = await createRedisState(own.url, log).catch((error) => error);
      expect(missing).toMatchObject({ code: 'unavailable', message: expect.stringContaining('NOAUTH') });
      const good = keep(await createRedisState(own.url.replace('//', '//:right@'), log));
      expect(await good.set('k', 1, 1000)).toBe(true);
    } finally {
      await own.stop();
    }
  });

  it.each(['', 'redis', 'http://u:s3cret@host', '127.0.0.1:6379', 'memory'])(
    'takes no other address: %j',
    async (url) => {
      const failing = createRedisState(url, () => {});
      await expect(failing).rejects.toMatchObject({
        code: 'invalid_arguments',
        message: expect.not.stringContaining('s3cret'),
      });
    },
  );
});
