import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/dashboard/types.js';
import { gatherSeries } from '../../src/dashboard/web/series.js';

const call = (second: number, milliseconds: number | undefined, tool = 'hub_read', failed = false): CallRecord => ({
  session: 's',
  id: `e${second}`,
  tool,
  at: new Date(second * 1000).toISOString(),
  arguments: '',
  milliseconds,
  failed,
});

describe('the calls of a stretch of time', () => {
  const calls = [
    call(0, 10),
    call(5, 30, 'hub_read', true),
    call(9.999, 20),
    call(10, 100, 'hub_search'),
    call(15, undefined),
    call(20, 7),
    call(-1, 7),
  ];
  const series = gatherSeries(calls, 0, 20_000, 2);

  it('fall into steps; those that run, and those outside, do not count', () => {
    expect(series).toMatchObject({ times: [0, 10], good: [2, 1], failed: [1, 0] });
  });

  it('are summed up by tool', () => {
    expect(series.tools).toEqual([
      {
        tool: 'hub_read',
        calls: 3,
        failures: 1,
        median: 20,
        slow: 30,
        medians: [20, null],
        failureRates: [1 / 3, null],
      },
      {
        tool: 'hub_search',
        calls: 1,
        failures: 0,
        median: 100,
        slow: 100,
        medians: [null, 100],
        failureRates: [null, 0],
      },
    ]);
  });

  it('may be none', () => {
    expect(gatherSeries([], 0, 1000, 1)).toEqual({ times: [0], good: [0], failed: [0], tools: [] });
  });
});
