import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { createMemoryState } from '../../src/http/state/memory.js';
import { createRedisState } from '../../src/http/state/redis.js';
import type { State } from '../../src/http/state/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { type JobStore, SHARING_LIMITS } from '../../src/spaces/shared-jobs.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import type { Spaces } from '../../src/spaces/types.js';
import { costOf, describeTool } from '../../src/tools/describe.js';
import { runTool } from '../../src/tools/run.js';
import { answerOf, detachableSpaceCall, spaceCall } from '../../src/tools/space_call.js';
import { spaceResult } from '../../src/tools/space_result.js';
import type { AnyTool, Progress, ToolContext } from '../../src/tools/tool.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { setLimits } from '../doubles/limits.js';
import { hasRedis, type RedisServer, startRedis } from '../doubles/redis-server.js';
import { FakeClient } from '../hub/fake-client.js';

/** Times short enough for tests; the relations between them are those of the real ones. */
const QUICK = { leaseMs: 600, lookMs: 100, stepMs: 25 };
/** A token of no known form, so that the Space may be given it. */
const SECRET = 'correct-horse-battery';

let demo: DemoSpace;
let directory: string;
let redis: RedisServer | undefined;
beforeAll(async () => {
  demo = await startDemoSpace();
  directory = await mkdtemp(join(tmpdir(), 'hugwire-shared-'));
  if (hasRedis) redis = await startRedis();
});
afterAll(async () => {
  await demo.close();
  await redis?.stop();
  await rm(directory, { recursive: true, force: true });
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An instance of the server, as far as jobs are concerned. */
interface Instance {
  spaces: Spaces;
  run(
    tool: AnyTool,
    args: object,
    change?: Partial<ToolContext>,
  ): Promise<{ text: string; images?: unknown[]; isError?: boolean }>;
  /** Calls the demo Space. */
  call(args: object, change?: Partial<ToolContext>): ReturnType<Instance['run']>;
  result(job: string, args?: object, change?: Partial<ToolContext>): ReturnType<Instance['run']>;
  /** Ends it as a killed process ends: nothing is told to the store any more, and the sockets to Spaces are cut. */
  kill(): Promise<void>;
}

function makeInstance(state: State, owner = 'u:ada', space = demo.url): Instance {
  let isDead = false;
  const gone = new AbortController();
  const alive = <T>(work: () => Promise<T>): Promise<T> =>
    isDead ? Promise.reject(new HugwireError('unavailable', 'dead')) : work();
  const store: JobStore = {
    get: (key) => alive(() => state.get(key)),
    set: (...args) => alive(() => state.set(...args)),
    renew: (...args) => alive(() => state.renew(...args)),
    del: (...args) => alive(() => state.del(...args)),
    bus: { publish: (event) => !isDead && state.bus.publish(event), subscribe: state.bus.subscribe },
  };
  const net: typeof fetch = (input, init = {}) => {
    const isCancel = String(input).endsWith('/cancel');
    if (isDead && isCancel) return Promise.reject(new Error('dead'));
    return fetch(input, { ...init, signal: AbortSignal.any([gone.signal, ...(init.signal ? [init.signal] : [])]) });
  };
  const config = configSchema.parse({ files: { saveTo: directory }, spaces: { waitSeconds: 20, local: [space] } });
  const sharing = {
    store,
    owner,
    answer: (outcome: Parameters<typeof answerOf>[0]) => answerOf(outcome, config),
    secrets: async () => new Set([SECRET]),
  };
  const spaces = createSpaces({ hub: () => new FakeClient(), net, config: () => config, sharing });
  closing.push(() => spaces.close());
  const run: Instance['run'] = (tool, args, change) => {
    const signal = new AbortController().signal;
    return runTool(tool, args, { hub: new FakeClient(), spaces, config, signal, progress: () => {}, ...change });
  };
  return {
    spaces,
    run,
    call: (args, change) => run(detachableSpaceCall, { space, ...args }, change),
    result: (job, args, change) => run(spaceResult, { job, ...args }, change),
    async kill() {
      isDead = true;
      gone.abort();
    },
  };
}

const jobIn = ({ text }: { text: string }): string => {
  const [, id] = /job="(j_[\w-]{22})"/.exec(text) ?? [];
  if (!id) throw new Error(`No job in: ${text}`);
  return id;
};
const slow = (steps: number, seconds = 0.1) => ({
  endpoint: '/slow',
  arguments: { steps, step_seconds: seconds },
  wait_seconds: 0.2,
});

const KINDS: [string, boolean, () => Promise<() => Promise<State>>][] = [
  [
    'memory',
    true,
    async () => {
      const state = createMemoryState();
      closing.push(() => state.close());
      return async () => state;
    },
  ],
  [
    'Redis',
    hasRedis,
    async () => async () => {
      const state = await createRedisState(redis?.url ?? '', () => {});
      closing.push(() => state.close());
      return state;
    },
  ],
];

describe.each(KINDS)('jobs of several instances, with state in %s', (_, isThere, makeStore) => {
  const test = it.skipIf(!isThere);
  const instances = async (owners: (string | undefined)[] = [undefined, undefined, undefined]) => {
    setLimits(SHARING_LIMITS, QUICK);
    const open = await makeStore();
    return Promise.all(owners.map(async (owner) => makeInstance(await open(), owner)));
  };

  test('started at one, asked for at another: its progress and its result', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const handed = await a.call(slow(14));
    const steps: Progress[] = [];
    const { text } = await b.result(jobIn(handed), {}, { progress: (step) => steps.push(step) });
    expect(text).toContain('Did 14 steps of 0.1 s.');
    expect(steps.some(({ message = '' }) => /Working/.test(message))).toBe(true);
    const rising = steps.map(({ progress }) => progress);
    expect(rising).toEqual([...rising].sort((one, other) => one - other));
    // Whoever ran it gives the same answer, and so does one who comes later.
    expect((await a.result(jobIn(handed))).text).toBe(text);
    expect((await b.result(jobIn(handed))).text).toBe(text);
  });

  test('a picture that lies on the machine of one instance is shown by another', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const handed = await a.call({ endpoint: '/draw', arguments: { prompt: 'a lighthouse', seed: 7 }, wait_seconds: 0 });
    const there = await b.result(jobIn(handed));
    const here = await a.result(jobIn(handed));
    expect(there.text).toMatch(/\.png \(image\/png, [\d.]+ kB, shown below\)/);
    expect(there.images).toHaveLength(1);
    expect(there).toEqual({ ...here, data: expect.anything() });
  });

  test('for anybody else there is no such job, running or done', async () => {
    const [a, eve] = (await instances(['u:ada', 'u:eve'])) as [Instance, Instance];
    const job = jobIn(await a.call(slow(6)));
    for (const args of [{}, { cancel: true }]) expect((await eve.result(job, args)).text).toMatch(/^not_found: /);
    expect((await a.result(job)).text).toContain('Did 6 steps');
    expect((await eve.result(job)).text).toMatch(/^not_found: /);
    const left = jobIn(await a.call({ ...slow(2), detach: true }));
    expect((await eve.result(left)).text).toMatch(/^not_found: /);
    expect((await a.result(left)).text).toContain('Did 2 steps');
  });

  test('is cancelled at the Space from another instance', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const job = jobIn(await a.call(slow(60, 60)));
    const before = demo.log.length;
    const { text } = await b.result(job, { cancel: true });
    expect(text).toBe(`${job}: The call was cancelled, and the Space was told to stop.`);
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
    expect((await a.result(job)).text).toMatch(/^cancelled: /);
    expect((await b.result(job)).text).toMatch(/^cancelled: /);
  });

  test('an error of the Space reads the same at another instance', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const handed = await a.call({ endpoint: '/fail', wait_seconds: 0 });
    const there = await b.result(jobIn(handed));
    expect(there.isError).toBe(true);
    expect(there.text).toBe((await a.result(jobIn(handed))).text);
    expect(there.text).toMatch(/^space_error: /);
  });

  test('is lost with the instance that listens, and said to be', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const job = jobIn(await a.call(slow(60, 60)));
    const before = demo.log.length;
    const waiting = b.result(job);
    await a.kill();
    const { text, isError } = await waiting;
    expect(text).toMatch(new RegExp(`^unavailable: ${job} is lost: `));
    expect(text).toContain('Next: Call the Space again.');
    expect(isError).toBe(true);
    expect((await b.result(job)).text).toMatch(/ is lost: /);
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
  });

  test('is not lost while its instance is only held up', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const open = await makeStore();
    const state = await open();
    const [a, b] = [makeInstance(await open()), makeInstance(state)];
    const job = jobIn(await a.call(slow(12)));
    // What a stop of some seconds does to a lease.
    await state.del(`lease:${job}`);
    expect((await b.result(job)).text).toContain('Did 12 steps');
  });

  test('left at the Space, outlives its instance: another one has all its steps and the result', async () => {
    const [a, b, c] = (await instances()) as [Instance, Instance, Instance];
    const started = await a.call({ ...slow(20), detach: true });
    expect(started.text).toMatch(/^Started, detached: http:\S+ \/slow\.\nNext: call space_result with job="j_/);
    const job = jobIn(started);
    await a.kill();
    const steps: string[] = [];
    const [there, too] = await Promise.all([
      b.result(job, {}, { progress: ({ message = '' }) => steps.push(message) }),
      c.result(job, {}, { progress: ({ message = '' }) => steps.push(message) }),
    ]);
    expect(there.text).toContain('Did 20 steps of 0.1 s.');
    expect(steps.join()).toMatch(/Working/);
    expect(too.text).toBe(there.text);
    expect((await c.result(job)).text).toBe(there.text);
  });

  test('left at the Space, is cancelled there by whoever asks', async () => {
    const [a, b] = (await instances()) as [Instance, Instance];
    const job = jobIn(await a.call({ ...slow(60, 60), detach: true }));
    await a.kill();
    const before = demo.log.length;
    expect((await b.result(job, { cancel: true })).text).toMatch(/the Space was told to stop/);
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
    expect((await b.result(job)).text).toMatch(/^cancelled: /);
  });

  test('left at the Space, and then listened to, is lost with the listener', async () => {
    const [a, b, c] = (await instances()) as [Instance, Instance, Instance];
    const job = jobIn(await a.call({ ...slow(60, 60), detach: true }));
    const before = demo.seen.length;
    const waiting = b.result(job);
    await vi.waitFor(() => expect(demo.seen.slice(before).at(-1)?.url).toContain('/queue/data'));
    const there = c.result(job);
    await b.kill();
    expect((await there).text).toMatch(/ is lost: /);
    await waiting;
  });

  test('a call that ends in time leaves nothing behind', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = await (await makeStore())();
    const kept: string[] = [];
    const watched: State = {
      ...state,
      set: (key, ...rest) => {
        kept.push(key);
        return state.set(key, ...rest);
      },
    };
    const a = makeInstance(watched);
    expect((await a.call({ endpoint: '/greet', arguments: { name: 'Ada' } })).text).toContain('Hello, Ada');
    expect(kept).toEqual([expect.stringMatching(/^lease:j_/)]);
    expect(await state.get(kept[0] ?? '')).toBeUndefined();
  });

  test('no token gets into the store', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = await (await makeStore())();
    const written: unknown[] = [];
    const watched: State = {
      ...state,
      set: (key, value, ...rest) => {
        written.push(value);
        return state.set(key, value, ...rest);
      },
      bus: {
        ...state.bus,
        publish(event) {
          written.push(event);
          state.bus.publish(event);
        },
      },
    };
    const a = makeInstance(watched);
    const greet = { endpoint: '/greet', arguments: { name: SECRET }, wait_seconds: 0 };
    expect((await a.result(jobIn(await a.call(greet)))).text).toContain(`Hello, ${SECRET}`);
    expect(JSON.stringify(written)).toContain('Hello, [token]');
    expect(JSON.stringify(written)).not.toContain(SECRET);
  });
});

describe('while the store is away', () => {
  const setUp = () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    let isAway = false;
    const unless = <T>(work: () => Promise<T>): Promise<T> =>
      isAway ? Promise.reject(new HugwireError('unavailable', 'The store is away.')) : work();
    const store: State = {
      ...state,
      get: (key) => unless(() => state.get(key)),
      set: (...args) => unless(() => state.set(...args)),
      renew: (...args) => unless(() => state.renew(...args)),
      del: (...args) => unless(() => state.del(...args)),
      bus: { ...state.bus, publish: (event) => !isAway && state.bus.publish(event) },
    };
    const away = (value: boolean) => {
      isAway = value;
    };
    return { a: makeInstance(store), b: makeInstance(store), away };
  };

  it('a call fails at once, and the Space hears nothing of it', async () => {
    const { a, away } = setUp();
    away(true);
    const before = demo.seen.length;
    for (const detach of [false, true]) {
      const { text, isError } = await a.call({ endpoint: '/greet', arguments: { name: 'Ada' }, detach });
      expect(text).toBe('unavailable: The store is away.');
      expect(isError).toBe(true);
    }
    expect(demo.seen).toHaveLength(before);
    expect((await a.result(`j_${'x'.repeat(22)}`)).text).toBe('unavailable: The store is away.');
    away(false);
    expect((await a.call({ endpoint: '/greet', arguments: { name: 'Ada' } })).text).toContain('Hello, Ada');
  });

  it('what runs goes on, for those who wait here, and is known elsewhere once the store is back', async () => {
    const { a, b, away } = setUp();
    const job = jobIn(await a.call(slow(8)));
    away(true);
    expect((await b.result(job)).text).toBe('unavailable: The store is away.');
    expect((await a.result(job)).text).toContain('Did 8 steps');
    away(false);
    expect((await b.result(job)).text).toContain('Did 8 steps');
  });

  it('a job that is handed off meanwhile is known elsewhere once the store is back', async () => {
    const { a, b, away } = setUp();
    const before = demo.seen.length;
    const calling = a.call({ ...slow(8), wait_seconds: 0.3 });
    await vi.waitFor(() => expect(demo.seen.slice(before).at(-1)?.url).toContain('/queue/data'));
    away(true);
    const job = jobIn(await calling);
    expect((await a.result(job)).text).toContain('Did 8 steps');
    away(false);
    await vi.waitFor(async () => expect((await b.result(job)).text).toContain('Did 8 steps'));
  });

  it('a run that cannot be kept is not left at the Space', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    const set: State['set'] = (key, ...rest) =>
      key.startsWith('job:')
        ? Promise.reject(new HugwireError('unavailable', 'The store is away.'))
        : state.set(key, ...rest);
    const before = demo.log.length;
    const { text } = await makeInstance({ ...state, set }).call({ ...slow(60, 60), detach: true });
    expect(text).toBe('unavailable: The store is away.');
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
  });
});

describe('what the store holds is not trusted', () => {
  const id = `j_${'a'.repeat(22)}`;
  const good = {
    owner: 'u:ada',
    space: 'o/n',
    startedAt: 0,
    state: 'done',
    step: { progress: 3, message: 'x' },
    answer: { text: 'It answered.', images: [] },
  };
  const left = {
    base: 'https://evil.example',
    endpoint: '/slow',
    fnIndex: 0,
    session: 's',
    event: 'e',
    sent: [],
    notes: [],
  };
  const open = async (value: unknown) => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    await state.set(`job:${id}`, value, 60_000);
    return makeInstance(state);
  };

  it('reads a good record', async () => {
    expect((await (await open(good)).result(id)).text).toBe('It answered.');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'x'],
    ['a list', [good]],
    ['another owner', { ...good, owner: 'u:eve' }],
    ['no owner', { ...good, owner: undefined }],
    ['an owner within a list', { ...good, owner: ['u:ada'] }],
    ['an unknown state', { ...good, state: 'won' }],
    ['a step that is a text', { ...good, step: 'x' }],
    ['progress beyond the end', { ...good, step: { progress: 1e9, message: 'x' } }],
    ['an answer without a text', { ...good, answer: { images: [] } }],
    [
      'a picture that is none',
      { ...good, answer: { text: 'x', images: [{ data: '<script>', mimeType: 'image/png' }] } },
    ],
    [
      'a picture of another type',
      { ...good, answer: { text: 'x', images: [{ data: 'AAAA', mimeType: 'text/html' }] } },
    ],
    ['an unknown error code', { ...good, answer: undefined, state: 'failed', error: { code: 'x', message: 'x' } }],
    [
      'a left call whose event is a key of objects',
      { ...good, state: 'running', left: { ...left, event: 'constructor' } },
    ],
    ['a left call whose session leads elsewhere', { ...good, state: 'running', left: { ...left, session: '../x?y=' } }],
    ['a left call whose replica leads elsewhere', { ...good, state: 'running', left: { ...left, replica: '../../x' } }],
  ])('%s is no job', async (_, value) => {
    const { text } = await (await open(value)).result(id);
    expect(text).toMatch(new RegExp(`^not_found: There is no job ${id}`));
  });

  it('cleans and cuts what it reads', async () => {
    const hidden = 'a\u202Eb\u001B[31mc\u0000';
    const { text } = await (
      await open({ ...good, answer: { text: `${hidden}${'x'.repeat(200_000)}`, images: [] } })
    ).result(id);
    expect(text).toMatch(/^abcx+…$/);
    expect(text.length).toBeLessThanOrEqual(100_000);
  });

  it('a record cannot lead a call to another address than the one of its Space', async () => {
    const value = { ...good, space: demo.url, state: 'running', answer: undefined, left };
    const instance = await open(value);
    const { text } = await instance.result(id);
    expect(text).toMatch(/^space_broken: http:\S+ has changed since the call was left there/);
  });

  it.each([
    'x',
    '',
    'j_',
    `j_${'a'.repeat(21)}`,
    `j_${'a'.repeat(23)}`,
    `j_${'a'.repeat(21)}:`,
    '../lease',
    '__proto__',
  ])('asks nothing of the store for the id %j', async (name) => {
    const state = createMemoryState();
    closing.push(() => state.close());
    const asked: string[] = [];
    const instance = makeInstance({
      ...state,
      get: async (key) => {
        asked.push(key);
        return good;
      },
    });
    await instance.run(spaceResult, { job: name });
    expect(asked).toEqual([]);
  });

  it('events that mean nothing are ignored', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    const [a, b] = [makeInstance(state), makeInstance(state)];
    const job = jobIn(await a.call(slow(6)));
    const waiting = b.result(job);
    for (const rest of [
      {},
      { step: null },
      { step: { progress: 'x' } },
      { id: {} },
      { step: { progress: -1, message: '' }, over: 'x' },
    ])
      for (const kind of ['job', 'job-cancel', 'cancel'])
        state.bus.publish({ kind, id: kind === 'job' ? job : 7, ...rest });
    expect((await waiting).text).toContain('Did 6 steps');
  });
});

describe('space_call with detach', () => {
  it('has one parameter more than over stdio, and costs few tokens more', () => {
    const names = (tool: AnyTool) => Object.keys(tool.input.shape);
    expect(names(detachableSpaceCall)).toEqual([...names(spaceCall), 'detach']);
    expect(costOf(describeTool(detachableSpaceCall))).toBeLessThanOrEqual(270);
  });

  it('is refused in a session, and where the queue keeps nothing', async () => {
    const state = createMemoryState();
    closing.push(() => state.close());
    const instance = makeInstance(state);
    const shared = await instance.call({ endpoint: '/remember', session: 's', detach: true });
    expect(shared.text).toMatch(/^invalid_arguments: .*session/);
  });

  it('still refuses what it would refuse otherwise, before anything is sent', async () => {
    const state = createMemoryState();
    closing.push(() => state.close());
    const instance = makeInstance(state);
    const { text } = await instance.call({ endpoint: '/slow', arguments: { steps: 'many' }, detach: true });
    expect(text).toMatch(/^invalid_arguments: /);
  });

  it('is written once by the instance that leaves it, which another one may go on with at once', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    const written: string[] = [];
    const a = makeInstance({
      ...state,
      set: (key, ...rest) => {
        written.push(key);
        return state.set(key, ...rest);
      },
    });
    const job = jobIn(await a.call({ ...slow(1, 0), detach: true }));
    await a.spaces.settled();
    expect(written).toEqual([`lease:${job}`, `job:${job}`]);
    expect(await state.get(`lease:${job}`)).toBeUndefined();
  });

  it('is cancelled at the Space when its caller leaves before the id is told', async () => {
    setLimits(SHARING_LIMITS, QUICK);
    const state = createMemoryState();
    closing.push(() => state.close());
    const caller = new AbortController();
    const instance = makeInstance({
      ...state,
      set: (key, ...rest) => {
        if (key.startsWith('job:')) caller.abort();
        return state.set(key, ...rest);
      },
    });
    const before = demo.log.length;
    const { text } = await instance.call({ ...slow(60, 60), detach: true }, { signal: caller.signal });
    expect(text).toMatch(/^cancelled: /);
    await vi.waitFor(() => expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i));
  });
});
