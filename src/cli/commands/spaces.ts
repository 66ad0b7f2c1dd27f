import { type Command, Option } from 'commander';
import { HugwireError, toHugwireError } from '../../errors.js';
import { sessionsDirectory } from '../../sessions/names.js';
import { catchInterrupts } from '../interrupt.js';
import { type CommandResult, print } from '../output.js';
import { createRuntime } from '../runtime.js';
import { type AddOptions, addSpaces } from '../spaces/add.js';
import { describeCommand, type InfoOptions } from '../spaces/info.js';
import { type ListOptions, listSpaces } from '../spaces/list.js';
import type { Place } from '../spaces/place.js';
import { type RefreshOptions, refreshSpaces } from '../spaces/refresh.js';
import { removeSpaces } from '../spaces/remove.js';
import { searchCommand } from '../spaces/search.js';
import { disableSpaces, enableSpaces } from '../spaces/switch.js';
import { isInteractive, openPrompts } from '../terminal/prompts.js';
import { withSpinner } from '../terminal/spinner.js';
import { styleFor } from '../terminal/style.js';
import { wholeNumber } from '../whole-number.js';
import type { World } from '../world.js';

const JSON_OPTION = ['--json', 'print JSON'] as const;
const YES_OPTION = ['-y, --yes', 'agree without being asked'] as const;
const DEMO_OPTION = ['--demo', 'in the demo world: no network, and nothing is kept'] as const;

/** `hugwire spaces`. */
export function wire(command: Command, world: World): void {
  const run = (options: { demo?: boolean }, work: (place: Place) => Promise<CommandResult>) =>
    runIn(world, options, work);

  command
    .command('add')
    .description('show what Spaces can do, and pin endpoints of them as tools')
    .argument('<space...>', 'owner/space, owner/space/endpoint, an address, or words to search for')
    .option('-e, --endpoint <name>', 'this endpoint; may be given several times', collect)
    .option('--all', 'every endpoint that its author shows')
    .option('--tool <name>', 'name of the tool')
    .addOption(new Option('--token <when>', 'whether the Space gets your token').choices(['auto', 'always', 'never']))
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .addHelpText('after', ADD_EXAMPLES)
    .action((words: string[], options: AddOptions & { demo?: boolean }) =>
      run(options, (place) => addSpaces(words, options, place)),
    );
  command
    .command('list')
    .description('the pinned Spaces: whether their tools are on, and how the Spaces are now')
    .option('--offline', 'ask nobody')
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((options: ListOptions & { demo?: boolean }) => run(options, (place) => listSpaces(options, place)));
  command
    .command('remove')
    .description('unpin Spaces')
    .argument('<name...>', 'tools, or Spaces')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: { yes?: boolean }) => run({}, (place) => removeSpaces(words, options, place)));
  command
    .command('enable')
    .description('put tools into the list, with --profile of that profile; approve what an assistant has proposed')
    .argument('<name...>', 'tools, or Spaces')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: { yes?: boolean }) => run({}, (place) => enableSpaces(words, options, place)));
  command
    .command('disable')
    .description('take tools out of the list, with --profile of that profile, and keep what was approved')
    .argument('<name...>', 'tools, or Spaces')
    .option(...JSON_OPTION)
    .action((words: string[], options: { json?: boolean }) => run({}, (place) => disableSpaces(words, options, place)));
  command
    .command('refresh')
    .description('compare what was approved with the Spaces as they are, and approve it anew')
    .argument('[name...]', 'tools, or Spaces; all when left out')
    .option('--check', 'only tell: exit code 1 when something differs')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: RefreshOptions) => run({}, (place) => refreshSpaces(words, options, place)));
  command
    .command('info')
    .description('what a Space is, its endpoints, and the schema of one')
    .argument('<space>', 'owner/space, owner/space/endpoint, or an address')
    .option('--all', 'endpoints that its author hides, too')
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((word: string, options: InfoOptions & { demo?: boolean }) =>
      run(options, (place) => describeCommand(word, options, place)),
    );
  command
    .command('search')
    .description('find Spaces by what they do')
    .argument('<words...>', 'in plain language')
    .option('--limit <count>', 'how many at most', wholeNumber(1, 100), 10)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((words: string[], options: { limit: number; json?: boolean; demo?: boolean }) =>
      run(options, (place) => searchCommand(words, options, place)),
    );
}

const ADD_EXAMPLES = `
Examples: hugwire spaces add black-forest-labs/FLUX.1-schnell/infer --tool draw
          hugwire spaces add http://127.0.0.1:7860
          hugwire spaces add remove the background`;

const collect = (value: string, before: string[] = []) => [...before, value];

/** Runs a command in the user's world or in the demo world, and prints what it leaves; Ctrl-C cancels it. */
async function runIn(
  world: World,
  { demo }: { demo?: boolean },
  work: (place: Place) => Promise<CommandResult>,
): Promise<void> {
  const { env } = world;
  const demoWorld = demo ? await (await import('../demo.js')).openDemoWorld(env) : undefined;
  const { loaded, ...where } = demoWorld ?? { loaded: world.load(), env, paths: world.paths };
  // What is wrong with the pins, the commands say by themselves.
  const runtime = createRuntime({ loaded, env: where.env, paths: where.paths, log: () => {} });
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  const { spaces, hub } = runtime.context(controller.signal, () => {});
  const { readOnly } = world.options();
  const { config } = loaded;
  try {
    const result = await work({
      path: loaded.path,
      ...(loaded.profile === undefined ? {} : { profile: loaded.profile }),
      sessions: sessionsDirectory(where.paths.state),
      config: readOnly ? { ...config, tools: { ...config.tools, readOnly } } : config,
      spaces,
      hub,
      signal: controller.signal,
      ...(isInteractive(env) ? { prompts: await openPrompts() } : {}),
      tell: (text) => process.stderr.write(`${text}\n`),
      wait: withSpinner,
      style: styleFor(process.stdout, env),
      toldStyle: styleFor(process.stderr, env),
      ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}),
    });
    print(result);
  } catch (error) {
    const failure = toHugwireError(error);
    throw failure.code === 'cancelled' ? new HugwireError('cancelled', 'Nothing was changed.') : failure;
  } finally {
    release();
    await runtime.close().finally(demoWorld?.close);
  }
}
