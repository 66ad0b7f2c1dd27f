import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { JOB_LIMITS, type JobContext, JobTable } from '../../src/spaces/jobs.js';
import type { SpaceOutcome } from '../../src/spaces/types.js';
import { setLimits } from '../doubles/limits.js';
import { plainApp, plainEndpoint } from '../doubles/scripted-space.js';

const outcome = (data: unknown[]): SpaceOutcome => ({
  site: plainApp('http://127.0.0.1:1').site,
  endpoint: plainEndpoint(),
  data,
  logs: [],
  seconds: 1,
  files: [],
  sent: [],
  notes: [],
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A table, and work that ends when it is told. */
function setUp(limits: Partial<typeof JOB_LIMITS> = {}) {
  setLimits(JOB_LIMITS, limits);
  const table = new JobTable();
  const start = (data: unknown[] = ['x']) => {
    let finish = (): void => {};
    let context: JobContext | undefined;
    const job = table.start({ space: 'o/n' }, (given) => {
      context = given;
      return new Promise((resolve, reject) => {
        finish = () => resolve(outcome(data));
        given.signal.addEventListener('abort', () => reject(given.signal.reason));
      });
    });
    const settle = async () => {
      finish();
      await job.wait(1);
    };
    return { job, settle, context: () => context as JobContext };
  };
  return { table, start };
}

describe('JobTable', () => {
  it('gives every job an id that cannot be guessed', async () => {
    const { start } = setUp();
    const ids = [start().job.id, start().job.id];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^j_[\w-]{22}$/);
  });

  it('a wait ends with the time, the job goes on, and a later wait has the result', async () => {
    const { table, start } = setUp();
    const { job, settle } = start(['later']);
    const waiting = job.wait(45);
    vi.advanceTimersByTime(45_000);
    expect(await waiting).toBe('running');
    await settle();
    expect(table.get(job.id)).toMatchObject({ state: 'done', outcome: { data: ['later'] } });
    expect(await job.wait(45)).toBe('done');
  });

  it('a wait ends with its signal, and only the wait', async () => {
    const { start } = setUp();
    const { job } = start();
    const client = new AbortController();
    const waiting = job.wait(45, { signal: client.signal });
    client.abort();
    expect(await waiting).toBe('running');
    expect(await job.wait(45, { signal: client.signal })).toBe('running');
  });

  it('tells every waiting client how far it is, from where it is', async () => {
    const { start } = setUp();
    const { job, settle, context } = start();
    context().onEvent({ kind: 'started' });
    const heard: string[] = [];
    const waiting = job.wait(45, { onProgress: ({ progress, message }) => heard.push(`${progress} ${message}`) });
    vi.advanceTimersByTime(300);
    context().onEvent({ kind: 'step', fraction: 0.5, description: 'Halfway' });
    await settle();
    await waiting;
    context().onEvent({ kind: 'step', fraction: 0.9 });
    expect(heard).toEqual(['10 Running', '52.5 “Halfway” 50 %']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps an error as it is', async () => {
    const { table } = setUp();
    const error = new HugwireError('space_error', 'no');
    const job = table.start({ space: 'o/n' }, () => Promise.reject(error));
    expect(await job.wait(1)).toBe('failed');
    expect(job.error).toBe(error);
  });

  it('a cancelled job says so', async () => {
    const { start } = setUp();
    const { job } = start();
    await job.cancel();
    expect(job).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
  });

  it('cancelling after the end changes nothing', async () => {
    const { start } = setUp();
    const { job, settle } = start();
    await settle();
    await job.cancel();
    expect(job.state).toBe('done');
  });

  it('forgets results after an hour, but no running job', async () => {
    const { table, start } = setUp();
    const ended = start();
    const running = start();
    await ended.settle();
    vi.advanceTimersByTime(3_599_000);
    expect(table.get(ended.job.id)).toBe(ended.job);
    vi.advanceTimersByTime(1_000);
    expect(table.get(ended.job.id)).toBeUndefined();
    expect(table.get(running.job.id)).toBe(running.job);
  });

  it('keeps a bounded number of results', async () => {
    const { table, start } = setUp({ maxKept: 2 });
    const ids: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const { job, settle } = start();
      await settle();
      vi.advanceTimersByTime(1);
      ids.push(job.id);
    }
    expect(ids.map((id) => table.get(id) !== undefined)).toEqual([false, false, true, true]);
  });

  it('keeps a bounded amount of results, the newest whatever its size', async () => {
    const { table, start } = setUp({ maxKeptSize: 100 });
    const small = start(['x'.repeat(50)]);
    await small.settle();
    vi.advanceTimersByTime(1);
    const large = start(['x'.repeat(500)]);
    await large.settle();
    expect(table.get(small.job.id)).toBeUndefined();
    expect(table.get(large.job.id)).toBe(large.job);
  });

  it('runs so many at a time, and the others in turn, which hear how many are ahead', async () => {
    const { start } = setUp({ maxRunning: 2 });
    const jobs = Array.from({ length: 5 }, () => start());
    const begun = () => jobs.map(({ context }) => context() !== undefined);
    const told = () => jobs.slice(2).map(({ job }) => job.status);
    expect(begun()).toEqual([true, true, false, false, false]);
    const [next, one, two] = ['next in line', '1 ahead', '2 ahead'].map((place) => `Waiting for a free slot, ${place}`);
    expect(told()).toEqual([next, one, two]);
    await jobs[1]?.settle();
    expect(begun()).toEqual([true, true, true, false, false]);
    expect(told().slice(1)).toEqual([next, one]);
    for (const { settle } of jobs) await settle();
    expect(jobs.map(({ job }) => job.state)).toEqual(Array(5).fill('done'));
  });

  it('a job that is cancelled while it waits never runs, and gives up its place', async () => {
    const { start } = setUp({ maxRunning: 1 });
    const [first, second, third] = [start(), start(), start()];
    await second.job.cancel();
    expect(second.job).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    expect(third.job.status).toMatch(/next in line$/);
    await first.settle();
    expect([second.context(), third.context()]).toEqual([undefined, expect.anything()]);
  });

  it('a job that failed or was cancelled makes room for the next one', async () => {
    const { table, start } = setUp({ maxRunning: 1 });
    const failing = table.start({ space: 'o/n' }, () => Promise.reject(new HugwireError('space_error', 'no')));
    const running = start();
    const last = start();
    await failing.wait(1);
    await running.job.cancel();
    await last.settle();
    expect(last.job.state).toBe('done');
  });

  it('refuses more than so many that wait, and names those that run', async () => {
    const { start } = setUp({ maxRunning: 1, maxWaiting: 1 });
    const first = start();
    const second = start();
    const refused = [start().job, start().job];
    for (const job of refused) expect(await job.wait(1)).toBe('failed');
    // Those that were refused do not count.
    const message = '1 Space call is running and 1 is already waiting.';
    expect(refused[1]?.error).toMatchObject({ code: 'rate_limited', message });
    expect(refused[0]?.error?.hint).toContain(first.job.id);
    await first.settle();
    await second.settle();
    const third = start();
    await third.settle();
    expect(third.job.state).toBe('done');
  });

  it('closing cancels all that run or wait', async () => {
    const { table, start } = setUp();
    setLimits(JOB_LIMITS, { maxRunning: 1 });
    const jobs = [start().job, start().job];
    await table.close();
    expect(jobs.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(table.get(jobs[0]?.id ?? '')).toBeUndefined();
    expect(start().job.id).toMatch(/^j_/);
  });

  it('closing does not wait for work that does not end', async () => {
    const { table } = setUp();
    table.start({ space: 'o/n' }, () => new Promise(() => {}));
    const closing = table.close();
    vi.advanceTimersByTime(1_000);
    await closing;
  });
});
