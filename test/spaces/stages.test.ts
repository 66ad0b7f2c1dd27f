import { afterEach, describe, expect, it, vi } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { describeStage, readinessOf, refuseDown, waitUntilRunning } from '../../src/spaces/stages.js';
import type { SpaceSite } from '../../src/spaces/types.js';
import { SITE } from '../gradio/recorded.js';
import { hubDouble } from './hub-double.js';

afterEach(() => {
  vi.useRealTimers();
});

const at = (stage: string, more: Partial<SpaceSite> = {}): SpaceSite => ({ ...SITE, stage, ...more });

/** Waits with a clock of its own; the Hub answers with one stage after the other, the last one for ever. */
async function wait(
  first: SpaceSite,
  stages: string[],
  options: { maxSeconds?: number; fetch?: typeof fetch; signal?: AbortSignal } = {},
) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const began = Date.now();
  const left = [...stages];
  const { hub, asked } = hubDouble({
    '/api/spaces/owner/name/runtime': () => ({ stage: left.length > 1 ? left.shift() : left[0] }),
  });
  const visits: string[] = [];
  const messages: string[] = [];
  const net: typeof fetch = async (input) => {
    visits.push(String(input));
    return new Response('starting', { status: 503 });
  };
  const promise = waitUntilRunning(hub, options.fetch ?? net, first, {
    maxSeconds: options.maxSeconds ?? 60,
    signal: options.signal,
    onProgress: (message) => messages.push(message),
  });
  let over = false;
  const outcome = promise
    .then(
      (site) => ({ site, error: undefined }),
      (error: HugwireError) => ({ site: undefined, error }),
    )
    .finally(() => {
      over = true;
    });
  while (!over) await vi.advanceTimersToNextTimerAsync();
  return { ...(await outcome), visits, messages, looks: asked.length, seconds: (Date.now() - began) / 1000 };
}

describe('waitUntilRunning', () => {
  it('returns at once when the Space runs, also while a new version is made, or in a stage it does not know', async () => {
    for (const stage of ['RUNNING', 'RUNNING_BUILDING', 'RUNNING_APP_STARTING', 'SOMETHING_NEW']) {
      expect(await wait(at(stage), [])).toMatchObject({ site: { stage }, looks: 0, seconds: 0, visits: [] });
    }
    expect(await wait({ ...SITE, kind: 'local', stage: undefined }, [])).toMatchObject({ looks: 0 });
  });

  it('wakes one that sleeps with one visit, and waits with growing pauses', async () => {
    const { site, visits, messages, looks, seconds } = await wait(at('SLEEPING'), [
      'SLEEPING',
      'BUILDING',
      'APP_STARTING',
      'APP_STARTING',
      'RUNNING',
    ]);
    expect(site?.stage).toBe('RUNNING');
    expect(visits).toEqual(['https://owner-name.hf.space/config']);
    expect(looks).toBe(5);
    expect(seconds).toBe(1 + 2 + 3 + 5 + 5);
    expect(messages).toEqual([
      'owner/name is asleep; waking it (0 s)',
      'owner/name is asleep; waking it (1 s)',
      'owner/name is being built; waking it (3 s)',
      'owner/name is starting; waking it (6 s)',
      'owner/name is starting; waking it (11 s)',
    ]);
  });

  it('waits for one that is being built without visiting it', async () => {
    const { site, visits } = await wait(at('BUILDING'), ['RUNNING']);
    expect(site?.stage).toBe('RUNNING');
    expect(visits).toEqual([]);
  });

  it('does not mind when the visit fails', async () => {
    const fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect((await wait(at('STOPPED'), ['RUNNING'], { fetch })).site?.stage).toBe('RUNNING');
  });

  it('gives up when the time is over, not later', async () => {
    const { error, seconds } = await wait(at('SLEEPING'), ['APP_STARTING'], { maxSeconds: 30 });
    expect(error).toMatchObject({ code: 'space_asleep', retryAfterSeconds: 60 });
    expect(error?.message).toBe('owner/name is starting, still after 30 s of waiting.');
    expect(seconds).toBe(30);
  });

  it('stops when the Space breaks on the way', async () => {
    const { error } = await wait(at('SLEEPING'), ['BUILDING', 'BUILD_ERROR']);
    expect(error).toMatchObject({ code: 'space_broken', message: 'owner/name could not be built.' });
  });

  it.each<[string, string, RegExp]>([
    ['PAUSED', 'space_asleep', /is paused\./],
    ['BUILD_ERROR', 'space_broken', /could not be built\./],
    ['RUNTIME_ERROR', 'space_broken', /has crashed\./],
    ['CONFIG_ERROR', 'space_broken', /is misconfigured\./],
    ['NO_APP_FILE', 'space_broken', /has no app in it\./],
    ['DELETING', 'space_broken', /is being deleted\./],
  ])('refuses %s at once', async (stage, code, message) => {
    const { error, visits, looks } = await wait(at(stage), []);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error?.hint).toMatch(/hub_search/);
    expect([visits, looks]).toEqual([[], 0]);
  });

  it('refuses a static page in words, whatever its stage', async () => {
    expect((await wait(at('RUNNING', { sdk: 'static' }), [])).error?.message).toMatch(/is a static web page/);
  });

  it('ends with the call', async () => {
    const { error } = await wait(at('SLEEPING'), ['SLEEPING'], { signal: AbortSignal.abort() });
    expect(error?.code).toBe('cancelled');
  });

  it('ends a real pause with the call', async () => {
    const call = new AbortController();
    const { hub } = hubDouble({});
    const promise = waitUntilRunning(hub, fetch, at('BUILDING'), {
      signal: call.signal,
      onProgress: () => call.abort(),
    });
    await expect(promise).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('stages', () => {
  it("come with the Hub's reason", () => {
    expect(describeStage(at('RUNTIME_ERROR', { stageReason: 'Exit code: 1' }))).toBe('has crashed (“Exit code: 1”)');
    expect(() => refuseDown(at('RUNTIME_ERROR', { stageReason: 'Exit code: 1' }))).toThrow(
      /has crashed \(“Exit code: 1”\)\./,
    );
  });

  it('that are names of the prototype are unknown ones', () => {
    for (const stage of ['constructor', '__proto__', 'toString']) {
      expect(readinessOf(at(stage))).toBe('up');
      expect(describeStage(at(stage))).toMatch(/does not know/);
      expect(() => refuseDown(at(stage, { sdk: stage }))).not.toThrow();
    }
  });

  it('refuse with the one error class', () => {
    expect(() => refuseDown(at('PAUSED'))).toThrow(HugwireError);
  });
});
