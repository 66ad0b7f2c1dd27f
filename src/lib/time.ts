import { HugwireError } from './errors.js';

const DAY_MS = 86_400_000;
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d/;
const OFFSET = /(?:Z|[+-]\d{2}:?\d{2})$/i;

export interface MomentOptions {
  /** Whether a whole day stands for its beginning or its end. */
  edge: 'begin' | 'end';
  /** Whose day and whose clock is meant where nothing else is said: that by which the times were shown. */
  zone: 'local' | 'UTC';
  /** Milliseconds since 1970. */
  now?: number;
}

/**
 * A moment as people and models give it: a day (`2026-11-20`), a time (`2026-11-20T09:30`, with or without an offset or a
 * Z), or how long ago (`30m`, `12h`, `7d ago`, `2w`).
 * @param text what was given
 * @param options how it is meant
 * @returns milliseconds since 1970
 * @throws HugwireError `invalid_arguments` for anything else
 */
export function readMoment(text: string, { edge, zone, now = Date.now() }: MomentOptions): number {
  const said = text.trim().replace(/ ago$/, '');
  const [, count, unit = ''] = said.match(/^(\d{1,5}) ?([mhdw])$/) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  const mark = zone === 'UTC' && !OFFSET.test(said) ? 'Z' : '';
  const day = DAY.test(said);
  const time = day || TIME.test(said) ? Date.parse(`${said}${day ? 'T00:00' : ''}${mark}`) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new HugwireError('invalid_arguments', `${JSON.stringify(text.slice(0, 40))} is not a valid time.`, {
      hint: 'Give a day such as 2026-11-20, a time such as 2026-11-20T09:30Z, or how long ago: 30m, 12h, 7d, 2w.',
    });
  }
  return day && edge === 'end' ? nextDay(time, zone) - 1 : time;
}

/** Not every day on a clock on a wall has 24 hours. */
function nextDay(time: number, zone: MomentOptions['zone']): number {
  const date = new Date(time);
  return zone === 'UTC' ? time + DAY_MS : date.setDate(date.getDate() + 1);
}

/**
 * A day on the clock of this machine: 2026-11-20.
 * @param date any
 */
export function localDay(date: Date): string {
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

/**
 * A time on the clock of this machine: 21:33:53.
 * @param date any
 */
export function localTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

const two = (value: number): string => String(value).padStart(2, '0');

/**
 * The stretch of time that `--since` and `--until` ask for.
 * @param options as they were written
 * @param now the present
 * @throws HugwireError `invalid_arguments` for a time that is none
 */
export function readSpan(
  { since, until }: { since?: string; until?: string },
  now: Date,
): { since?: Date; until?: Date } {
  // By the clock on the wall, as `list` and `show` print their times.
  const read = (text: string, edge: 'begin' | 'end') => readMoment(text, { edge, zone: 'local', now: now.getTime() });
  return {
    since: since === undefined ? undefined : new Date(read(since, 'begin')),
    until: until === undefined ? undefined : new Date(read(until, 'end')),
  };
}

/**
 * Waits, or rejects with the signal's reason.
 * @param ms milliseconds
 * @param signal ends the wait
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Waits for work that may fail without harm, but not for ever.
 * @param ms milliseconds at most
 * @param work nothing to wait for when missing
 */
export async function waitAtMost(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work?.catch(() => {}), enough]);
  clearTimeout(timer);
}
