import { HugwireError } from '../errors.js';

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * A moment as people and models give it: a day (`2026-11-20`), a time (`2026-11-20T09:30`, UTC if it has an offset or a Z,
 * else local), or how long ago (`30m`, `12h`, `7d`, `2w`).
 * @param text what was given
 * @param edge whether a whole day stands for its begin or its end, in UTC
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws HugwireError `invalid_arguments` for anything else
 */
export function readMoment(text: string, edge: 'begin' | 'end', now = Date.now()): number {
  const [, count, unit = ''] = text.trim().match(/^(\d{1,5}) ?([mhdw])$/) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS[unit] ?? 0);
  const day = DAY.test(text.trim());
  const time = /^\d{4}-\d{2}/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new HugwireError('invalid_arguments', `${JSON.stringify(text.slice(0, 40))} is no time.`, {
      hint: 'Give a day such as 2026-11-20, a time such as 2026-11-20T09:30Z, or how long ago: 30m, 12h, 7d, 2w.',
    });
  }
  return day && edge === 'end' ? time + 86_400_000 - 1 : time;
}
