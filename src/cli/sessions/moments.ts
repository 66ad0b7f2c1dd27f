import { HugwireError } from '../../errors.js';
import { cleanLine } from '../../text/sanitize.js';

const UNITS: Record<string, number> = { s: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * Reads a moment as a person writes it: how long ago (`30min`, `2h`, `7d`), a day, or a time of ISO 8601. Without a zone it
 * is local.
 * @param text what was written
 * @param now the present
 * @throws HugwireError `invalid_arguments`
 */
export function readMoment(text: string, now: Date): Date {
  const word = text.trim();
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)$/i.exec(word) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNITS[unit.toLowerCase()] ?? 0) * 1000);
  if (word === 'today') return startOfDay(now);
  // A day alone would be read as UTC.
  const moment = /^\d{4}-\d\d-\d\d$/.test(word)
    ? new Date(`${word}T00:00`)
    : /^\d{4}-\d\d-\d\dT/.test(word)
      ? new Date(word)
      : undefined;
  if (moment && !Number.isNaN(moment.getTime())) return moment;
  throw new HugwireError('invalid_arguments', `"${cleanLine(word, 40)}" is no time.`, {
    hint: 'Write how long ago (30min, 2h, 7d), a day (2026-11-20), a time (2026-11-20T14:30), or today.',
  });
}

function startOfDay(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

/** A day on the clock of this machine: 2026-11-20. */
export function localDay(date: Date): string {
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

/** A time on the clock of this machine: 21:33:53. */
export function localTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

const two = (value: number): string => String(value).padStart(2, '0');
