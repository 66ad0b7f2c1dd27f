import { HugwireError } from '../../errors.js';
import { pruneSessions } from '../../sessions/prune.js';
import { plural } from '../../text/format.js';
import { readMoment } from '../../text/moment.js';
import type { CommandResult } from '../output.js';
import { localDay, localTime } from '../terminal/clock.js';
import { describeAmount } from './list.js';
import type { SessionsPlace } from './place.js';

export interface PruneOptions {
  /** Such as `7d`; what the config says unless told. */
  olderThan?: string;
  all?: boolean;
  yes?: boolean;
  json?: boolean;
}

/**
 * `hugwire sessions prune`.
 * @param options what goes
 * @param place where the journals are
 * @param keepDays `sessions.keepDays` of the config
 * @throws HugwireError `invalid_arguments` where nobody can be asked and nobody agreed, and for both ages at once; `cancelled`
 *   when the person gives up at the question
 */
export async function pruneCommand(
  options: PruneOptions,
  place: SessionsPlace,
  keepDays: number,
): Promise<CommandResult> {
  const { directory, now, prompts } = place;
  const { all, yes, json } = options;
  if (all && options.olderThan !== undefined) {
    throw new HugwireError('invalid_arguments', 'Give --older-than or --all, not both.');
  }
  // What is written to at this very moment is not older than now.
  const olderThan = all
    ? new Date(now.getTime() + 60_000)
    : new Date(readMoment(options.olderThan ?? `${keepDays}d`, { edge: 'begin', zone: 'local', now: now.getTime() }));
  const wanted = await pruneSessions(directory, { olderThan, dryRun: true });
  const what = describeAmount(wanted.sessions.length, wanted.bytes);
  const running =
    wanted.live.length > 0
      ? `${plural(wanted.live.length, 'session')} still running, or perhaps so: left alone`
      : undefined;
  if (wanted.sessions.length > 0 && !yes) {
    if (!prompts) {
      throw new HugwireError('invalid_arguments', `${what} would be removed.`, { hint: 'Add --yes to agree.' });
    }
    const since = all ? '' : ` older than ${localDay(olderThan)} ${localTime(olderThan).slice(0, 5)}`;
    if (!(await prompts.confirm(`Remove ${what}${since}?`, false)))
      return { output: 'Nothing was removed.', exitCode: 0 };
  }
  const pruned = wanted.sessions.length > 0 ? await pruneSessions(directory, { olderThan }) : wanted;
  if (json) return { output: JSON.stringify(pruned, null, 2), note: running, exitCode: 0 };
  const output =
    pruned.sessions.length > 0
      ? `Removed ${describeAmount(pruned.sessions.length, pruned.bytes)} from ${directory}.`
      : 'Nothing to remove.';
  return { output, note: running, exitCode: 0 };
}
