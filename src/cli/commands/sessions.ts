import { type Command, Option } from 'commander';
import { sessionsDirectory } from '../../sessions/names.js';
import { catchInterrupts } from '../interrupt.js';
import { log, print } from '../output.js';
import { type ExportOptions, exportCommand } from '../sessions/export.js';
import { type ListOptions, listCommand } from '../sessions/list.js';
import type { SessionsPlace } from '../sessions/place.js';
import { type PruneOptions, pruneCommand } from '../sessions/prune.js';
import { type ShowOptions, showCommand } from '../sessions/show.js';
import { type TailOptions, tailCommand } from '../sessions/tail.js';
import { isInteractive, openPrompts } from '../terminal/prompts.js';
import { styleFor } from '../terminal/style.js';
import { wholeNumber } from '../whole-number.js';
import type { World } from '../world.js';

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
