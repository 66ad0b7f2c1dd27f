import type { CallRecord } from '../types.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lengths of a step, in milliseconds: they divide a day, so that steps begin where people expect it. */
const LENGTHS = [
  15_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  12 * HOUR,
  DAY,
];
const MOST_STEPS = 62;

/** What happened within one step of time. */
interface Step {
  /** Calls that ended well, and that failed. */
  good: number;
  failed: number;
  /** Of the calls that ended, in milliseconds; null without any. */
  median: number | null;
  p95: number | null;
}

/** Figures of calls: in all, and for each step of time. */
export interface Figures {
  calls: number;
  /** How many of them have ended, and how many of those failed. */
  ended: number;
  failed: number;
  median: number | null;
  p95: number | null;
  steps: Step[];
}

/** The calls that began within a stretch of time. */
export interface Series {
  /** Length of a step, in milliseconds. */
  length: number;
  /** Beginning of each step, in milliseconds since 1970. */
  times: number[];
  all: Figures;
  /** By the number of calls, the most first. */
  tools: { tool: string; figures: Figures }[];
}

/**
 * Counts calls by tool and by step of time. Steps begin at whole minutes, hours or days of local time.
 * @param calls in any order
 * @param from beginning of the stretch, in milliseconds since 1970
 * @param to its end
 */
export function gatherSeries(calls: readonly CallRecord[], from: number, to: number): Series {
  const length =
    LENGTHS.find((one) => (to - from) / one < MOST_STEPS) ?? Math.ceil((to - from) / MOST_STEPS / DAY) * DAY;
  const shift = new Date(to).getTimezoneOffset() * MINUTE;
  const begin = Math.floor((from - shift) / length) * length + shift;
  const times = Array.from({ length: Math.ceil((to - begin) / length) }, (_, at) => begin + at * length);
  const byTool = new Map<string, CallRecord[]>();
  const within = calls.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to);
  for (const call of within) {
    const some = byTool.get(call.tool);
    if (some) some.push(call);
    else byTool.set(call.tool, [call]);
  }
  const figures = (some: readonly CallRecord[]) => gatherFigures(some, begin, length, times.length);
  const tools = [...byTool].map(([tool, some]) => ({ tool, figures: figures(some) }));
  tools.sort((one, other) => other.figures.calls - one.figures.calls || (one.tool < other.tool ? -1 : 1));
  return { length, times, all: figures(within), tools };
}

function gatherFigures(calls: readonly CallRecord[], begin: number, length: number, steps: number): Figures {
  const ended = calls.filter(({ milliseconds }) => milliseconds !== undefined);
  const parts = Array.from({ length: steps }, (): CallRecord[] => []);
  for (const call of ended) parts[Math.floor((Date.parse(call.at) - begin) / length)]?.push(call);
  return {
    calls: calls.length,
    ended: ended.length,
    failed: countFailed(ended),
    ...quantiles(ended),
    steps: parts.map((part) => {
      const failed = countFailed(part);
      return { good: part.length - failed, failed, ...quantiles(part) };
    }),
  };
}

const countFailed = (calls: readonly CallRecord[]) => calls.filter(({ failed }) => failed).length;

function quantiles(calls: readonly CallRecord[]) {
  const sorted = calls.map(({ milliseconds }) => milliseconds ?? 0).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { median: at(0.5), p95: at(0.95) };
}
