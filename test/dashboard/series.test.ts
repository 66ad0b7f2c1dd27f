import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../src/dashboard/types.js';
import { gatherSeries } from '../../src/dashboard/web/series.js';

const HOUR = 3_600_000;
const BEGIN = new Date(2026, 10, 20, 9, 20).getTime();

const call = (minute: number, milliseconds: number | undefined, tool = 'hub_read', failed = false): CallRecord => ({
  session: 's',
  id: `e${minute}`,
  tool,
  at: new Date(BEGIN + minute * 60_000).toISOString(),
  arguments: '',
  milliseconds,
  failed,
});

describe('the calls of a stretch of time', () => {
  const calls = [
    call(0, 10),
    call(30, 30, 'hub_read', true),
    call(39, 20),
    call(40, 100, 'hub_search'),
    call(50, undefined),
    call(24 * 60, 7),
    call(-1, 7),
  ];
  const { length, times, all, tools } = gatherSeries(calls, BEGIN, BEGIN + 24 * HOUR);

  it('fall into steps that begin where people expect it', () => {
    expect(length).toBe(HOUR / 2);
    expect([times[0], times.at(-1)]).toEqual([BEGIN - HOUR / 3, BEGIN + 23 * HOUR + (2 * HOUR) / 3]);
    expect(times).toHaveLength(49);
  });

  it('count where they began; those that are running have no figures yet, and those outside do not count', () => {
    expect(all).toMatchObject({ calls: 5, ended: 4, failed: 1, median: 20, p95: 100 });
    expect(all.steps.slice(0, 3)).toEqual([
      { good: 1, failed: 0, median: 10, p95: 10 },
      { good: 1, failed: 1, median: 20, p95: 30 },
      { good: 1, failed: 0, median: 100, p95: 100 },
    ]);
    expect(all.steps[3]).toEqual({ good: 0, failed: 0, median: null, p95: null });
  });

  it('are summed up by tool, the one with most calls first', () => {
    expect(
      tools.map(({ tool, figures }) => [tool, figures.calls, figures.failed, figures.median, figures.p95]),
    ).toEqual([
      ['hub_read', 4, 1, 20, 30],
      ['hub_search', 1, 0, 100, 100],
    ]);
  });

  it.each([
    ['15 minutes', HOUR / 4, 15_000],
    ['an hour', HOUR, 60_000],
    ['7 days', 7 * 24 * HOUR, 4 * HOUR],
    ['30 days', 30 * 24 * HOUR, 12 * HOUR],
    ['a year', 365 * 24 * HOUR, 6 * 24 * HOUR],
  ])('of %s have steps that can be read', (_, span, step) => {
    const series = gatherSeries([], BEGIN - span, BEGIN);
    expect(series.length).toBe(step);
    expect(series.times.length).toBeLessThan(64);
    expect(series.all).toMatchObject({ calls: 0, median: null, p95: null });
  });
});
