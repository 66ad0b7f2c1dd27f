import { type Command, Option } from 'commander';
import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { log } from '../../lib/log.js';
import { localDay, localTime, readMoment } from '../../lib/time.js';
import { pruneSessions } from '../../sessions/directory.js';
import { sessionsDirectory } from '../../sessions/names.js';
import type { World } from '../context.js';
import { confirm, openPrompts } from '../prompts.js';
import {
  type CommandResult,
  catchInterrupts,
  JSON_OPTION,
  type JsonOption,
  print,
  printPieces,
  viewOf,
  wholeNumber,
} from '../terminal.js';
import { describeAmount, type ListSessionsOptions, listCommand, type SessionsContext } from './list.js';
import {
  type ExportOptions,
  exportCommand,
  type ShowSessionOptions,
  showCommand,
  type TailOptions,
  tailCommand,
} from './show.js';

const TOOL_OPTION = ['--tool <name>', 'only calls of this tool'] as const;
const SINCE_OPTION = ['--since <time>', 'from then on: a day, a time, or how long ago: 2h, 7d'] as const;
const UNTIL_OPTION = ['--until <time>', 'up to then; the same'] as const;
const ID = 'its id, the start of it, or last';

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
    .action(async (options: ListSessionsOptions & JsonOption) =>
      print(await listCommand(options, openContext(world)), options),
    );
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
    .action(async (id: string, options: ShowSessionOptions & JsonOption) =>
      printPieces(showCommand(id, options, { ...openContext(world), note: log })),
    );
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
    .addOption(
      new Option('--format <form>', 'in which form').choices(['json', 'markdown', 'traces']).default('markdown'),
    )
    .option('-o, --output <file>', 'into this file')
    .option('--force', 'replace the file if it is there')
    .action(async (id: string, options: ExportOptions) => print(await exportCommand(id, options, openContext(world))));
  command
    .command('prune')
    .description('remove old sessions; never one that runs')
    .option('--older-than <age>', 'such as 7d; sessions.keepDays of the config unless given')
    .option('--all', 'whatever their age')
    .option('-y, --yes', 'agree without being asked')
    .option(...JSON_OPTION)
    .action(async (options: PruneSessionsOptions & JsonOption) => {
      const { keepDays } = world.load().config.sessions;
      print(await pruneCommand(options, openContext(world), keepDays), options);
    });
}

function openContext({ paths, env }: World): SessionsContext {
  return {
    directory: sessionsDirectory(paths.state),
    ...viewOf(process.stdout, env),
    prompts: openPrompts(env),
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
      ...openContext(world),
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

export interface PruneSessionsOptions {
  /** Such as `7d`; what the config says unless told. */
  olderThan?: string;
  all?: boolean;
  yes?: boolean;
}

/**
 * `hugwire sessions prune`.
 * @param options what goes
 * @param context where the journals are
 * @param keepDays `sessions.keepDays` of the config
 * @throws HugwireError `invalid_arguments` where nobody can be asked and nobody agreed, and for both ages at once; `cancelled`
 *   when the person gives up at the question
 */
export async function pruneCommand(
  options: PruneSessionsOptions,
  context: SessionsContext,
  keepDays: number,
): Promise<CommandResult> {
  const { directory, now, prompts } = context;
  const { all, yes } = options;
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
  if (wanted.sessions.length === 0) {
    return { text: 'Nothing to remove.', data: wanted, note: running, exitCode: 0 };
  }
  const since = all ? '' : ` older than ${localDay(olderThan)} ${localTime(olderThan).slice(0, 5)}`;
  const unasked = { message: `${what} would be removed.`, hint: 'Add --yes to agree.' };
  if (!(await confirm(`Remove ${what}${since}?`, { yes, prompts, initial: false, unasked }))) {
    return { text: 'Nothing was removed.', exitCode: 0 };
  }
  const pruned = await pruneSessions(directory, { olderThan });
  const removed = describeAmount(pruned.sessions.length, pruned.bytes);
  const text = pruned.sessions.length > 0 ? `Removed ${removed} from ${directory}.` : 'Nothing to remove.';
  return { text, data: pruned, note: running, exitCode: 0 };
}
