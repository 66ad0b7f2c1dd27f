import { readMoment } from '../../text/moment.js';

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
