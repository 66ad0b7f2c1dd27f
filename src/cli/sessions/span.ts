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
  return {
    since: since === undefined ? undefined : new Date(readMoment(since, 'begin', now.getTime())),
    until: until === undefined ? undefined : new Date(readMoment(until, 'end', now.getTime())),
  };
}
