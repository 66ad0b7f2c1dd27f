import { type Command, Option } from 'commander';
import { createLogins } from '../../engine/runtime.js';
import { cancelled } from '../../lib/errors.js';
import { sessionsDirectory } from '../../sessions/names.js';
import { findPins, PinStore } from '../../spaces/pins.js';
import { BUILT_IN } from '../../tools/index.js';
import type { World } from '../context.js';
import { type RunOptions, runInWorld } from '../in-world.js';
import { confirm } from '../prompts.js';
import { type CommandResult, collect, JSON_OPTION, readStdin, wholeNumber } from '../terminal.js';
import { type AddOptions, addSpaces } from './add.js';
import { type InfoOptions, showSpace } from './info.js';
import { type ListSpacesOptions, listSpaces } from './list.js';
import { type LoginOptions, logIn, logOut } from './login.js';
import { type RefreshOptions, refreshSpaces } from './refresh.js';
import { searchCommand } from './search.js';
import { setSecret } from './secret.js';
import { disableSpaces, enableSpaces } from './switch.js';
import type { SpacesContext } from './targets.js';

const YES_OPTION = ['-y, --yes', 'do not ask'] as const;
const DEMO_OPTION = ['--demo', 'use the demo world: no network, and nothing is kept'] as const;

/** `hugwire spaces`. */
export function wire(command: Command, world: World): void {
  const run = (options: RunOptions, work: (context: SpacesContext) => Promise<CommandResult>) =>
    runIn(world, options, work);

  command
    .command('add')
    .description('show what Spaces can do, and pin their endpoints as tools')
    .argument('<space...>', 'owner/space, owner/space/endpoint, an address, or words to search for')
    .option('-e, --endpoint <name>', 'pin this endpoint; repeatable', collect)
    .option('--all', 'pin all endpoints that the author does not hide')
    .option('--tool <name>', 'name of the tool')
    .addOption(
      new Option('--token <when>', 'when to send your token to the Space').choices(['auto', 'always', 'never']),
    )
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((words: string[], options: AddOptions & RunOptions) =>
      run(options, (context) => addSpaces(words, options, context)),
    );
  command
    .command('list')
    .description('list the pinned Spaces: whether their tools are on, and their current state')
    .option('--offline', 'do not ask the Hub or the Spaces')
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((options: ListSpacesOptions & RunOptions) => run(options, (context) => listSpaces(options, context)));
  command
    .command('remove')
    .description('unpin Spaces')
    .argument('<name...>', 'tools or Spaces')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: { yes?: boolean } & RunOptions) =>
      run(options, (context) => removeSpaces(words, options, context)),
    );
  command
    .command('enable')
    .description('turn tools on, in a profile with --profile; approve what assistants propose')
    .argument('<name...>', 'tools or Spaces')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: { yes?: boolean } & RunOptions) =>
      run(options, (context) => enableSpaces(words, options, context)),
    );
  command
    .command('disable')
    .description('turn tools off, in a profile with --profile; what was approved is kept')
    .argument('<name...>', 'tools or Spaces')
    .option(...JSON_OPTION)
    .action((words: string[], options: RunOptions) => run(options, (context) => disableSpaces(words, context)));
  command
    .command('refresh')
    .description('compare pinned Spaces with what was approved, and approve their changes')
    .argument('[name...]', 'tools or Spaces; all if left out')
    .option('--check', 'only compare; exit code 1 if something has changed')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((words: string[], options: RefreshOptions & RunOptions) =>
      run(options, (context) => refreshSpaces(words, options, context)),
    );
  command
    .command('info')
    .description('show a Space and its endpoints, or the schema of one endpoint')
    .argument('<space>', 'owner/space, owner/space/endpoint, or an address')
    .option('--all', 'include endpoints that the author hides')
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((word: string, options: InfoOptions & RunOptions) =>
      run(options, (context) => showSpace(word, options, context)),
    );
  command
    .command('login')
    .description('log in to an app that has its own user names and passwords (auth=)')
    .argument('<space>', 'owner/space, or an address')
    .option('--username <name>', 'user name; asked for if left out')
    .option('--password-stdin', 'read the password from stdin instead of asking for it')
    .option(...JSON_OPTION)
    .addHelpText('after', LOGIN_HELP)
    .action((word: string, options: LoginOptions & RunOptions) =>
      run(options, (context) => logIn(word, options, context, readStdin)),
    );
  command
    .command('logout')
    .description('remove the name and password that are kept for an app')
    .argument('<space>', 'owner/space, or an address')
    .option(...JSON_OPTION)
    .action((word: string, options: RunOptions) => run(options, (context) => logOut(word, context)));
  command
    .command('search')
    .description('find Spaces by what they do')
    .argument('<words...>', 'what to look for, in plain language')
    .option('--limit <count>', 'how many at most', wholeNumber(1, 100), 10)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((words: string[], options: { limit: number } & RunOptions) =>
      run(options, (context) => searchCommand(words, options, context)),
    );
  command
    .command('secret')
    .description('manage the secrets of your own Spaces')
    .command('set')
    .description('set a secret; the value is asked for, or read from stdin')
    .argument('<space>', 'owner/space')
    .argument('<key>', 'such as API_KEY')
    .option(...JSON_OPTION)
    .action((space: string, key: string, options: RunOptions) =>
      run(options, (context) => setSecret(space, key, context)),
    );
}

const LOGIN_HELP = `
A password manager can supply the password: with spaces.logins in the config,
such as [{"space": "http://192.168.0.10:7860", "username": "ada",
"command": "pass show app"}]`;

/** Runs a command about Spaces, and prints what it leaves. */
function runIn(
  world: World,
  options: RunOptions,
  work: (context: SpacesContext) => Promise<CommandResult>,
): Promise<void> {
  return runInWorld(world, options, ({ loaded, env, paths, ctx, ...place }) => {
    const { path, profile, config } = loaded;
    const { spaces, hub, signal } = ctx;
    return work({
      path,
      profile,
      pins: new PinStore({ path, profile, reserved: BUILT_IN }),
      sessions: sessionsDirectory(paths.state),
      config: ctx.config,
      spaces,
      hub,
      logins: createLogins({ env, paths }, () => config),
      signal,
      ...place,
    });
  });
}

/**
 * `hugwire spaces remove`: takes pins out of the config and the lock file.
 * @param words tools or Spaces
 * @param options of the command
 * @param context to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned, `cancelled` when the user does not agree
 */
export async function removeSpaces(
  words: readonly string[],
  { yes }: { yes?: boolean },
  context: SpacesContext,
): Promise<CommandResult> {
  const { pinned } = context.pins.read();
  const found = [...new Set(words.flatMap((word) => findPins(pinned, word)))];
  const names = found.map(({ tool, space, endpoint = '' }) => `${tool} (${endpoint || 'one endpoint'} of ${space})`);
  const unasked = {
    message: `Removing ${names.join(', ')} needs your approval, and nobody can be asked here.`,
    hint: `hugwire spaces remove ${words.join(' ')} --yes`,
  };
  const agreed = await confirm(`Remove ${names.join(', ')}?`, { yes, prompts: context.prompts, unasked });
  if (!agreed) throw cancelled();
  await context.pins.remove(found);
  return { text: names.map((name) => `Removed ${name}.`).join('\n'), data: { removed: found }, exitCode: 0 };
}
