import { type Command, Option } from 'commander';
import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { localDay, localTime, readMoment } from '../../lib/time.js';
import { pruneSessions } from '../../sessions/directory.js';
import { sessionsDirectory } from '../../sessions/names.js';
import type { World } from '../context.js';
import { isInteractive, openPrompts } from '../prompts.js';
import { type CommandResult, catchInterrupts, log, print, styleFor, wholeNumber } from '../terminal.js';
import { describeAmount, type ListOptions, listCommand, type SessionsPlace } from './list.js';
import {
  type ExportOptions,
  exportCommand,
  type ShowOptions,
  showCommand,
  type TailOptions,
  tailCommand,
} from './show.js';

const JSON_OPTION = ['--json', 'print JSON'] as const;
const TOOL_OPTION = ['--tool <name>', 'only calls of this tool'] as const;
const SINCE_OPTION = ['--since <time>', 'from then on: a day, a time, or how long ago: 2h, 7d'] as const;
const UNTIL_OPTION = ['--until <time>', 'up to then; the same'] as const;
const ID = 'its id, the begin of it, or last';

/** `hugwire sessions`. */
export function wire(command: Command, world: World): void {
  command
    .command('list')
    .description('the sessions that were recorded, the newest first; ● is running')
    .option(...TOOL_OPTION)
    .option('--client <name>', 'only of clients whose name holds this')
    .option('--errors', 'only with calls that failed')
    .option(...SINCE_OPTION)
    .option(...UNTIL_OPTION)
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (options: ListOptions) => print(await listCommand(options, placeOf(world))));
  command
    .command('show')
    .description('what happened in a session')
    .argument('[id]', ID, 'last')
    .option(...TOOL_OPTION)
    .option('--errors', 'only calls that failed')
    .option(...SINCE_OPTION)
    .option(...UNTIL_OPTION)
    .option('--text <words>', 'only entries that hold these words')
    .option(...JSON_OPTION)
    .action(async (id: string, options: ShowOptions) => print(await showCommand(id, options, placeOf(world))));
  command
    .command('tail')
    .description('follow the sessions that run, as it happens, until Ctrl-C')
    .argument('[id]', `${ID}; all that run unless given`)
    .option(...TOOL_OPTION)
    .option('--text <words>', 'only entries that hold these words')
    .option('-n, --lines <count>', 'how many entries of before to begin with', wholeNumber(1))
    .option('--json', 'print one JSON object on each line')
    .action((id: string | undefined, options: TailOptions) => tail(id, options, world));
  command
    .command('export')
    .description('write a session out')
    .argument('[id]', ID, 'last')
    .addOption(new Option('--format <form>', 'in which form').choices(['json', 'markdown']).default('markdown'))
    .option('-o, --output <file>', 'into this file')
    .option('--force', 'replace the file if it is there')
    .action(async (id: string, options: ExportOptions) => print(await exportCommand(id, options, placeOf(world))));
  command
    .command('prune')
    .description('remove old sessions; never one that runs')
    .option('--older-than <age>', 'such as 7d; sessions.keepDays of the config unless given')
    .option('--all', 'whatever their age')
    .option('-y, --yes', 'agree without being asked')
    .option(...JSON_OPTION)
    .action(async (options: PruneOptions) => {
      const prompts = isInteractive(world.env) ? await openPrompts() : undefined;
      const { keepDays } = world.load().config.sessions;
      print(await pruneCommand(options, { ...placeOf(world), prompts }, keepDays));
    });
}

function placeOf({ paths, env }: World): SessionsPlace {
  const { isTTY, columns } = process.stdout;
  return {
    directory: sessionsDirectory(paths.state),
    style: styleFor(process.stdout, env),
    width: isTTY ? columns : undefined,
    now: new Date(),
  };
}

async function tail(id: string | undefined, options: TailOptions, world: World): Promise<void> {
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  // `tail | head` closes the pipe, and nobody reads what comes after.
  process.stdout.once('error', () => controller.abort());
  try {
    await tailCommand(id, options, {
      ...placeOf(world),
      signal: controller.signal,
      print: (line) => void process.stdout.write(`${line}\n`),
      note: log,
    });
  } finally {
    release();
    // The terminal has just shown ^C.
    if (controller.signal.aborted && process.stderr.isTTY) process.stderr.write('\n');
  }
}

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
