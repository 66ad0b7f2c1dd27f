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
const SINCE_OPTION = ['--since <time>', 'since then: a day, a time, or how long ago, such as 2h or 7d'] as const;
const UNTIL_OPTION = ['--until <time>', 'until then, in the same forms'] as const;
const ID = 'id of the session, the start of it, or last';

/** `hugwire sessions`. */
export function wire(command: Command, world: World): void {
  command
    .command('list')
    .description('list recorded sessions, newest first; ● means running')
    .option(...TOOL_OPTION)
    .option('--client <name>', 'only clients whose name contains this')
    .option('--errors', 'only sessions with failed calls')
    .option(...SINCE_OPTION)
    .option(...UNTIL_OPTION)
    .option('--limit <count>', 'how many at most', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (options: ListSessionsOptions & JsonOption) =>
      print(await listCommand(options, openContext(world)), options),
    );
  command
    .command('show')
    .description('show what happened in a session')
    .argument('[id]', ID, 'last')
    .option(...TOOL_OPTION)
    .option('--errors', 'only failed calls')
    .option(...SINCE_OPTION)
    .option(...UNTIL_OPTION)
    .option('--text <words>', 'only entries that contain these words')
    .option(...JSON_OPTION)
    .action(async (id: string, options: ShowSessionOptions & JsonOption) =>
      printPieces(showCommand(id, options, { ...openContext(world), note: log })),
    );
  command
    .command('tail')
    .description('follow running sessions live, until Ctrl-C')
    .argument('[id]', `${ID}; all running ones if left out`)
    .option(...TOOL_OPTION)
    .option('--text <words>', 'only entries that contain these words')
    .option('-n, --lines <count>', 'how many earlier entries to show first', wholeNumber(1))
    .option('--json', 'print one JSON object per line')
    .action((id: string | undefined, options: TailOptions) => tail(id, options, world));
  command
    .command('export')
    .description('write out a session as a document')
    .argument('[id]', ID, 'last')
    .addOption(
      new Option('--format <form>', 'format of the document')
        .choices(['json', 'markdown', 'traces'])
        .default('markdown'),
    )
    .option('-o, --output <file>', 'write to this file')
    .option('--force', 'replace the file if it exists')
    .action(async (id: string, options: ExportOptions) => print(await exportCommand(id, options, openContext(world))));
  command
    .command('prune')
    .description('remove old sessions, but never running ones')
    .option('--older-than <age>', 'such as 7d; by default sessions.keepDays of the config')
    .option('--all', 'regardless of age')
    .option('-y, --yes', 'do not ask')
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
  // `tail | head` closes the pipe, and nobody reads what follows.
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
  /** Such as `7d`; by default what the config says. */
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
 *   at Ctrl-C
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
  // What is being written right now is not older than now.
  const olderThan = all
    ? new Date(now.getTime() + 60_000)
    : new Date(readMoment(options.olderThan ?? `${keepDays}d`, { edge: 'begin', zone: 'local', now: now.getTime() }));
  const wanted = await pruneSessions(directory, { olderThan, dryRun: true });
  const what = describeAmount(wanted.sessions.length, wanted.bytes);
  const running =
    wanted.live.length > 0
      ? `${plural(wanted.live.length, 'session')} kept, since still running or possibly so`
      : undefined;
  if (wanted.sessions.length === 0) {
    return { text: 'Nothing to remove.', data: wanted, note: running, exitCode: 0 };
  }
  const since = all ? '' : ` older than ${localDay(olderThan)} ${localTime(olderThan).slice(0, 5)}`;
  const unasked = {
    message: `Removing ${what} needs your approval, and nobody can be asked here.`,
    hint: 'Add --yes to agree.',
  };
  if (!(await confirm(`Remove ${what}${since}?`, { yes, prompts, initial: false, unasked }))) {
    return { text: 'Nothing was removed.', exitCode: 0 };
  }
  const pruned = await pruneSessions(directory, { olderThan });
  const removed = describeAmount(pruned.sessions.length, pruned.bytes);
  const text = pruned.sessions.length > 0 ? `Removed ${removed} from ${directory}.` : 'Nothing to remove.';
  return { text, data: pruned, note: running, exitCode: 0 };
}
