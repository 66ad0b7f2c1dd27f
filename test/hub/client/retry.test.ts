import { describe, expect, it } from 'vitest';
import { pauseBeforeRetry, Retryable } from '../../../src/hub/client/exchange.js';
import { attempt, succeeded } from '../../../src/hub/repo/lookup.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { Watch } from '../../../src/lib/http.js';

describe('the pause before another try', () => {
  const broken = new Retryable(new HugwireError('unavailable', 'x'));
  const limited = (seconds?: number) => new Retryable(new HugwireError('rate_limited', 'x'), seconds);

  it.each([
    [0, 0, 375],
    [0, 0.5, 500],
    [0, 1, 625],
    [1, 0.5, 1500],
    [2, 0.5, undefined],
    [9, 0.5, undefined],
  ])('after %i tries, spread by %d, is %s ms', (tries, random, pause) => {
    expect(pauseBeforeRetry(broken, tries, random)).toBe(pause);
  });

  it.each([
    [0, 0],
    [1, 1000],
    [6, 6000],
    [7, undefined],
    [undefined, undefined],
  ])('of a rate limit of %s s is %s ms, without any spread', (seconds, pause) => {
    expect(pauseBeforeRetry(limited(seconds), 0, 1)).toBe(pause);
  });

  it('is none after the last try, even where the limit is short', () => {
    expect(pauseBeforeRetry(limited(1), 2, 0)).toBeUndefined();
  });
});

describe('an attempt', () => {
  it('holds the value or the failure', async () => {
    const good = await attempt(Promise.resolve(1));
    const bad = await attempt<number>(Promise.reject(new Error('no')));
    expect([succeeded(good), succeeded(bad)]).toEqual([1, undefined]);
    expect(bad).toMatchObject({ error: { code: 'internal' } });
  });

  it('may succeed with nothing', async () => {
    expect(await attempt(Promise.resolve(undefined))).toEqual({ value: undefined });
  });
});

describe('the watch over a try', () => {
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

  it('aborts after silence, and says that it was that', async () => {
    const watch = new Watch(5);
    await aborted(watch.signal);
    expect(watch.expired).toBe(true);
  });

  it('aborts with the caller, and says that it was not silence', async () => {
    const controller = new AbortController();
    const watch = new Watch(60_000, controller.signal);
    controller.abort();
    expect(watch.signal.aborted).toBe(true);
    expect(watch.expired).toBe(false);
    watch.stop();
  });

  it('is aborted from the start where the caller was', () => {
    const watch = new Watch(60_000, AbortSignal.abort());
    expect(watch.signal.aborted).toBe(true);
    watch.stop();
  });

  it('lets go of the caller when it is stopped', () => {
    const controller = new AbortController();
    const watch = new Watch(60_000, controller.signal);
    watch.stop();
    controller.abort();
    expect(watch.signal.aborted).toBe(false);
  });
});
