import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { CallLimits } from '../../src/engine/limits.js';
import type { HugwireError } from '../../src/lib/errors.js';

const search = { name: 'hub_search', toolset: 'search' } as const;
const read = { name: 'hub_read', toolset: 'read' } as const;
const repo = { name: 'hub_repo', toolset: 'read' } as const;

/** Limits that can be changed, on a clock that is moved by hand. */
function open(first: Config['limits']) {
  const state = { limits: first, now: 5_000_000 };
  const limits = new CallLimits(
    () => state.limits,
    () => state.now,
  );
  const refused = (tool: Parameters<CallLimits['begin']>[0]): HugwireError | undefined => {
    try {
      limits.begin(tool);
      return undefined;
    } catch (error) {
      return error as HugwireError;
    }
  };
  return { state, refused, begin: (tool: Parameters<CallLimits['begin']>[0]) => limits.begin(tool) };
}

describe('calls per minute', () => {
  it('are let in up to the limit, and again as the minute slides on', () => {
    const { state, refused } = open({ hub_search: { perMinute: 2 } });
    expect(refused(search)).toBeUndefined();
    state.now += 10_000;
    expect(refused(search)).toBeUndefined();
    state.now += 10_500;
    expect(refused(search)).toMatchObject({
      code: 'rate_limited',
      message: "hugwire's own limit is reached: 2 calls per minute for hub_search.",
      retryAfterSeconds: 40,
      hint: expect.stringContaining('hugwire config set limits.hub_search.perMinute NUMBER'),
    });
    state.now += 39_499;
    expect(refused(search)?.retryAfterSeconds).toBe(1);
    state.now += 1;
    expect(refused(search)).toBeUndefined();
    expect(refused(search)?.retryAfterSeconds).toBe(10);
  });

  it('are shared by the tools of a toolset, and by all', () => {
    const toolset = open({ read: { perMinute: 2 } });
    expect([read, repo, search].map((tool) => toolset.refused(tool))).toEqual([undefined, undefined, undefined]);
    expect(toolset.refused(repo)?.message).toContain('2 calls per minute for read.');
    const all = open({ all: { perMinute: 1 } });
    expect(all.refused(read)).toBeUndefined();
    expect(all.refused(search)?.message).toContain('1 call per minute for all tools together.');
  });

  it('that are turned down do not count', () => {
    const { state, refused } = open({ all: { perMinute: 1 } });
    refused(read);
    state.now += 59_000;
    expect(refused(read)?.retryAfterSeconds).toBe(1);
    state.now += 1000;
    expect(refused(read)).toBeUndefined();
  });
});

describe('calls at once', () => {
  it('are turned down while others run, and let in when one has ended', () => {
    const { begin, refused } = open({ read: { atOnce: 2 } });
    const end = begin(read);
    begin(repo);
    expect(refused(read)).toMatchObject({
      code: 'rate_limited',
      message: "hugwire's own limit is reached: 2 calls at once for read.",
      retryAfterSeconds: undefined,
      hint: expect.stringContaining('limits.read.atOnce'),
    });
    expect(refused(search)).toBeUndefined();
    end();
    end();
    expect(refused(read)).toBeUndefined();
    expect(refused(read)).toBeDefined();
  });
});

it('a limit that changes applies at once, and knows what was called before', () => {
  const { state, begin, refused } = open({});
  begin(search);
  begin(search);
  state.limits = { hub_search: { perMinute: 2 } };
  expect(refused(search)).toBeDefined();
  state.limits = { hub_search: { perMinute: 3, atOnce: 2 } };
  expect(refused(search)?.message).toContain('at once');
  state.limits = { hub_search: { perMinute: 3 } };
  expect(refused(search)).toBeUndefined();
  expect(refused(search)).toBeDefined();
});

it('is not confused by names of other things', () => {
  const { refused } = open({ hub: { perMinute: 1 }, hub_searches: { perMinute: 1 } });
  expect([search, search, search].map((tool) => refused(tool))).toEqual([undefined, undefined, undefined]);
});

it.each<[string, Config['limits']]>([
  ['without limits', {}],
  ['with limits', { all: { perMinute: 1e6, atOnce: 1e6 }, read: { perMinute: 1e6 } }],
  ['with one that is reached', { read: { perMinute: 1000 } }],
])('a call costs the same however many were made in the last minute, %s', { timeout: 240_000 }, (_, limits) => {
  const cpuOf = (calls: number): number => {
    const { state, refused } = open(limits);
    const before = process.cpuUsage();
    for (let at = 0; at < calls; at += 1) {
      state.now += 0.1;
      refused(read);
    }
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  // The least of some, since the compiler and the collector take their time as well.
  const least = (calls: number) => Math.min(...[0, 1, 2].map(() => cpuOf(calls)));
  const many = least(16 * 20_000);
  expect(many).toBeLessThan(32 * least(20_000));
});
