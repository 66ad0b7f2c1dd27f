import type { Command } from 'commander';
import { ownTokenFile } from '../../config/paths.js';
import { hasOwnToken, removeToken } from '../../config/token.js';
import { connectHub } from '../../engine/runtime.js';
import { HugwireError } from '../../lib/errors.js';
import { log } from '../../lib/log.js';
import { createNetwork } from '../../lib/network.js';
import type { World } from '../context.js';
import { confirm, openPrompts } from '../prompts.js';
import {
  type CommandResult,
  catchInterrupts,
  JSON_OPTION,
  type JsonOption,
  print,
  screenOf,
  withSpinner,
} from '../terminal.js';
import { type LoginOptions, logIn, openLoginWorld } from './login.js';
import { refuseToken, runSource } from './source.js';
import { showStatus } from './status.js';
import { howToSwitchOff, surveyToken, type TokenWorld } from './token.js';

/** `hugwire auth`. */
export function wire(command: Command, world: World): void {
  wireStatus(command, world);
  wireLogin(command, world);
  wireLogout(command, world);
  wireSource(command, world);
}

function wireStatus(command: Command, world: World): void {
  const { env, paths } = world;
  command
    .command('status')
    .description('show which token is used and why, and what it can do')
    .option(...JSON_OPTION)
    .action(async (options: JsonOption) => {
      const { config } = world.load();
      const survey = await surveyToken({ config: config.token, env, paths });
      // The token that the survey found, and no other: a command is run only once.
      const token = async () => survey.found;
      const hub = connectHub(config, { env, network: createNetwork(env), log, token });
      const status = await withSpinner('Asking the Hub about the token', () =>
        showStatus({ survey, hub, screen: screenOf() }),
      );
      print(status, options);
    });
}

function wireLogin(command: Command, world: World): void {
  const login = command
    .command('login')
    .description('log in with the browser, a prompt or stdin, and store the token for hugwire')
    .option('--token-stdin', 'read the token from stdin')
    .option('--paste', 'ask for a token, even if the browser could be used')
    .option('--yes', 'open the browser without asking');
  // Known only to refuse it with the reason, without repeating it.
  const hidden = login.createOption('--token [value]').hideHelp();
  login
    .addOption(hidden)
    .allowExcessArguments()
    .action(async ({ token, yes, ...options }: LoginOptions & { token?: unknown; yes?: boolean }) => {
      if (token !== undefined || login.args.length > 0) refuseArgument(login.args);
      print(await runLogin(options, yes, world));
    });
}

/** An argument where none belongs is a token, or a mistake. */
function refuseArgument(words: readonly string[]): never {
  for (const word of words) refuseToken(word);
  throw new HugwireError('invalid_arguments', 'Tokens are not accepted as arguments, where others can see them.', {
    hint: 'Run `hugwire auth login`, which asks for the token, or pass it on stdin with --token-stdin.',
  });
}

async function runLogin(options: LoginOptions, yes: boolean | undefined, world: World): Promise<CommandResult> {
  const controller = new AbortController();
  const release = catchInterrupts(() => controller.abort());
  try {
    return await logIn(options, await openLoginWorld(world, { yes, signal: controller.signal }));
  } finally {
    release();
  }
}

function wireLogout(command: Command, world: World): void {
  const { env, paths } = world;
  command
    .command('logout')
    .description("remove hugwire's own token, and no other")
    .option('--yes', 'do not ask')
    .action(async ({ yes }: { yes?: boolean }) => {
      const unasked = { message: 'There is no terminal to ask in.', hint: 'Add --yes to agree.' };
      const agree = (path: string) => confirm(`Remove ${path}?`, { yes, prompts: openPrompts(env), unasked });
      print(await logOut({ config: world.load().config.token, env, paths }, agree));
    });
}

function wireSource(command: Command, world: World): void {
  const { env, paths } = world;
  command
    .command('source')
    .description('show where the token is read from, or set it')
    .argument('[source]', 'auto, env, file, command or none')
    .argument('[detail]', 'name of the variable, path of the file, or the command to run')
    .option(...JSON_OPTION)
    .action(async (source: string | undefined, detail: string | undefined, options: JsonOption) => {
      const { profile } = world.options();
      const load = () => world.load().config;
      const result = await runSource({ source, detail }, { env, paths, profile, configPath: world.configPath(), load });
      print(result, options);
    });
}

/**
 * `hugwire auth logout`: removes hugwire's own token file, and no other.
 * @param world where the token is
 * @param agree asks before anything is removed
 * @returns where a token still comes from, and how to turn that off; exit code 1 when the user said no
 * @throws HugwireError `unavailable` when the file cannot be removed
 */
export async function logOut(world: TokenWorld, agree: (path: string) => Promise<boolean>): Promise<CommandResult> {
  const path = ownTokenFile(world.paths);
  const there = await hasOwnToken(world.paths);
  if (there && !(await agree(path))) return { text: 'Nothing was removed.', exitCode: 1 };
  if (there) await removeToken(world.paths);
  const done = there
    ? `Logged out: removed ${path}\nThe token stays valid until you revoke it on the Hub.`
    : `Nothing to remove: hugwire has no token of its own (${path}).`;
  const { places } = await surveyToken(world);
  const left = places.find(({ used }) => used)?.place;
  const none = 'To use no token at all: `hugwire auth source none`.';
  const rest = left ? [`A token still comes from ${left}. ${howToSwitchOff(left)}`, none] : [];
  return { text: [done, ...rest].join('\n'), exitCode: 0 };
}
