import type { CallRecord } from '../types.js';

/** Counts and times of the calls that began within each step of a stretch of time. */
export interface Series {
  /** Begin of each step, in seconds since 1970. */
  times: number[];
  /** Calls that ended well, and that failed, in each step. */
  good: number[];
  failed: number[];
  tools: ToolSeries[];
}

export interface ToolSeries {
  tool: string;
  calls: number;
  failures: number;
  /** Of all its calls in the stretch, in milliseconds. */
  median?: number;
  /** 95 of 100 calls took at most this long. */
  slow?: number;
  /** In each step: median in milliseconds, and the share that failed (0 to 1); null without a call. */
  medians: (number | null)[];
  failureRates: (number | null)[];
}

/**
 * Sorts the calls that have ended into steps of time.
 * @param calls in any order
 * @param from begin of the stretch, in milliseconds since 1970
 * @param to its end
 * @param steps how many
 * @returns tools by name
 */
export function gatherSeries(calls: readonly CallRecord[], from: number, to: number, steps: number): Series {
  const length = (to - from) / steps;
  const times = Array.from({ length: steps }, (_, at) => (from + at * length) / 1000);
  const series: Series = { times, good: times.map(() => 0), failed: times.map(() => 0), tools: [] };
  const byTool = new Map<string, CallRecord[][]>();
  for (const call of calls) {
    const step = Math.floor((Date.parse(call.at) - from) / length);
    if (call.milliseconds === undefined || step < 0 || step >= steps) continue;
    const counts = call.failed ? series.failed : series.good;
    counts[step] = (counts[step] ?? 0) + 1;
    const stepped = byTool.get(call.tool) ?? times.map(() => []);
    stepped[step]?.push(call);
    byTool.set(call.tool, stepped);
  }
  series.tools = [...byTool].sort(([one], [other]) => (one < other ? -1 : 1)).map(([tool, of]) => describe(tool, of));
  return series;
}

function describe(tool: string, steps: readonly CallRecord[][]): ToolSeries {
  const all = steps.flat();
  const failures = all.filter(({ failed }) => failed).length;
  return {
    tool,
    calls: all.length,
    failures,
    median: quantile(all, 0.5),
    slow: quantile(all, 0.95),
    medians: steps.map((calls) => quantile(calls, 0.5) ?? null),
    failureRates: steps.map((calls) =>
      calls.length === 0 ? null : calls.filter(({ failed }) => failed).length / calls.length,
    ),
  };
}

function quantile(calls: readonly CallRecord[], share: number): number | undefined {
  const sorted = calls.map(({ milliseconds }) => milliseconds ?? 0).sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
