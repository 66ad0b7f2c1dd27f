import { Command, CommanderError } from 'commander';
import * as z from 'zod';
import { loadConfig } from '../config/load.js';
import { configPath, isSet, OWN_VARIABLES, resolvePaths, unknownVariables } from '../config/paths.js';
import { explainError, HugwireError, toHugwireError } from '../lib/errors.js';
import { log } from '../lib/log.js';
import { nearest } from '../lib/nearest.js';
import { redact } from '../lib/text.js';
import { VERSION } from '../lib/version.js';
import type { StdioTransport } from '../stdio/transport.js';
import type { GlobalOptions, World } from './context.js';
import type { Style } from './terminal.js';

/** Adds arguments, options, subcommands and the action to a command. */
type WireCommand = (command: Command, world: World) => void;

/** The commands, in the order of the help. How each is wired is loaded when it is asked for: most starts serve. */
const COMMANDS: [name: string, description: string, load: () => Promise<{ wire: WireCommand }>][] = [
  ['serve', 'serve MCP on stdin and stdout; this is what an assistant runs', () => import('./serve.js')],
  [
    'install',
    'give hugwire to an assistant: show what its config needs, or write it',
    () => import('./install/command.js'),
  ],
  ['uninstall', 'take hugwire out of the config of an assistant', () => import('./uninstall.js')],
  ['call', 'call one tool from the shell', () => import('./call.js')],
  ['chat', 'talk to an assistant that has these tools', () => import('./chat/command.js')],
  ['write', 'decide on changes of the Hub that wait for you', () => import('./write.js')],
  ['spaces', 'pin Spaces as tools of their own, and look after them', () => import('./spaces/command.js')],
  [
    'assistants',
    'assistants: instructions for a model, with the tools it may use; find, add, make and share them',
    () => import('./assistants/command.js'),
  ],
  ['tools', 'look at the tools, and switch them on and off', () => import('./tools/command.js')],
  ['config', 'look at the configuration, and change it', () => import('./config/command.js')],
  ['api', 'serve assistants to any front end: OpenAI clients, Gradio, no-code tools', () => import('./api.js')],
  ['http', 'look after the keys for `hugwire serve --http`', () => import('./http.js')],
  ['doctor', 'check everything, and say what to do', () => import('./doctor/command.js')],
  ['auth', 'look at the token, log in and out', () => import('./auth/command.js')],
  ['memory', 'look at what assistants remember, and change it', () => import('./memory/command.js')],
  ['sessions', 'look at what assistants did: list, show, follow, export', () => import('./sessions/command.js')],
  ['dashboard', 'watch sessions, calls and Spaces in the browser', () => import('./dashboard.js')],
  ['cache', 'look at the cache of answers, or empty it', () => import('./cache.js')],
  ['demo', 'watch a whole conversation against a small Hub and Space on this machine', () => import('./demo.js')],
];

// Compiling a schema costs a start more than it saves in all the small messages that follow.
z.config({ jitless: true });

/**
 * Runs the command line of this process.
 * @param transport that has answered the first requests of a client; none: the command says what is opened
 */
export async function runProgram(transport?: StdioTransport): Promise<void> {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // `hugwire … | head` closes the pipe early, which is no failure.
    if (code === 'EPIPE') return;
    process.stderr.write(`hugwire: the output cannot be written (${code}).\n`);
    process.exitCode = 1;
  });
  try {
    await createProgram(process.env, transport).parseAsync(process.argv);
  } catch (caught) {
    if (caught instanceof CommanderError) {
      // It has said what is wrong; for --help and --version nothing is.
      process.exitCode = caught.exitCode === 0 ? 0 : 2;
      return;
    }
    const error = toHugwireError(caught);
    process.stderr.write(`hugwire: ${explainError(error)}\n`);
    process.exitCode = error.code === 'invalid_arguments' ? 2 : 1;
  }
}

/**
 * Makes the command line. A command knows its options and subcommands once it is addressed, or after `wireAll`.
 * @param env the environment
 * @param transport of a server that has begun to answer
 * @returns whose `parseAsync` throws CommanderError where commander would end the process
 */
export function createProgram(env: NodeJS.ProcessEnv, transport?: StdioTransport): Command {
  const program = new Command('hugwire')
    .description('The Hugging Face Hub and every Gradio Space behind any AI assistant: a local MCP server.')
    .version(VERSION, '-V, --version')
    .option('--config <file>', 'use this config file')
    .option('--profile <name>', 'lay this profile of the config over it')
    .option('--read-only', 'offer only tools that read')
    .option('--dry-run', 'tools that run or write check everything and tell what they would do, but do nothing')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    // What commander complains of it repeats, and that may be a token.
    .configureOutput({ outputError: (text, write) => write(redact(text)) })
    .exitOverride()
    .helpCommand(false);
  program.hook('preAction', (_, command) => refuseDryRun(program, command));
  const world = createWorld(program, env, transport);
  for (const [name, description] of COMMANDS) program.command(name).description(description);
  program.hook('preSubcommand', (_, command) => wireCommand(command, world));
  // Commander's own shows a command that is not wired yet.
  program
    .command('help [command...]')
    .description('display help for a command')
    .action(async (words: string[]) => void (await program.parseAsync([...words, '--help'], { from: 'user' })));
  // Only here: what a command of its own does not take, it refuses.
  program.allowExcessArguments().action(async () => {
    const [word] = program.args;
    if (word !== undefined) refuseCommand(program, word);
    if (process.stdin.isTTY) {
      const { print, styleFor } = await import('./terminal.js');
      return print({ text: renderGuide(styleFor()), exitCode: 0 });
    }
    await (await import('./serve.js')).startServer(world);
  });
  return program;
}

/**
 * Makes every command known with its options and subcommands; for what lists them.
 * @param program fresh from `createProgram`
 * @param env the environment
 */
export async function wireAll(program: Command, env: NodeJS.ProcessEnv): Promise<Command> {
  const world = createWorld(program, env);
  for (const command of program.commands) await wireCommand(command, world);
  return program;
}

async function wireCommand(command: Command, world: World): Promise<void> {
  const found = COMMANDS.find(([name]) => name === command.name());
  if (!found) return;
  (await found[2]()).wire(command, world);
  pointToHelp(command, `hugwire ${command.name()}`);
}

/** What is wrong with the words of a command, its help tells best. */
function pointToHelp(command: Command, words: string): void {
  command.showHelpAfterError(`See: ${words} --help`);
  for (const one of command.commands) pointToHelp(one, `${words} ${one.name()}`);
}

function createWorld(program: Command, env: NodeJS.ProcessEnv, transport?: StdioTransport): World {
  const paths = resolvePaths(env);
  // A bundle's switch can set a variable, but not leave an option out.
  const readOnly = isSet(env.HUGWIRE_READ_ONLY) || readVariables(env);
  const options = () => {
    const given = program.opts<GlobalOptions>();
    return { ...given, readOnly: readOnly || given.readOnly };
  };
  const path = () => configPath(paths.config, options().config);
  return {
    env,
    paths,
    transport,
    options,
    configPath: path,
    load: () => loadConfig(path(), { required: options().config !== undefined, profile: options().profile }),
  };
}

/**
 * Warns about variables with a name like hugwire's own that it does not know.
 * @returns whether one of them was likely meant to be HUGWIRE_READ_ONLY: a slip must not offer what should be refused
 */
function readVariables(env: NodeJS.ProcessEnv): boolean {
  let readOnly = false;
  for (const name of unknownVariables(env)) {
    const own = (variable: string) => variable.slice('HUGWIRE_'.length);
    const meant = OWN_VARIABLES.find((one) => own(one) === nearest(own(name), OWN_VARIABLES.map(own)));
    const counts = meant === 'HUGWIRE_READ_ONLY' && isSet(env[name]);
    readOnly ||= counts;
    const what = counts ? 'read as HUGWIRE_READ_ONLY' : `ignored; did you mean ${meant ?? OWN_VARIABLES.join(' or ')}?`;
    log(`The variable ${name.slice(0, 60)} is unknown: ${what}`);
  }
  return readOnly;
}

/** The commands that know what to do with --dry-run; `doctor` changes nothing anyway. */
const KNOWS_DRY_RUN = ['hugwire', 'serve', 'api', 'call', 'chat', 'install', 'uninstall', 'doctor'];

/** Other commands would change files all the same, and nobody who says --dry-run expects that. */
function refuseDryRun(program: Command, command: Command): void {
  if (!program.opts<GlobalOptions>().dryRun || KNOWS_DRY_RUN.includes(command.name())) return;
  throw new HugwireError('invalid_arguments', '--dry-run is for `hugwire serve`, `call`, `install` and `uninstall`.', {
    hint: 'Leave it out. Nothing was done.',
  });
}

/** Commander would say "too many arguments", since hugwire alone is a command as well. */
function refuseCommand(program: Command, word: string): never {
  const meant = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return program.error(`error: unknown command '${word}'${meant ? `\n(Did you mean ${meant}?)` : ''}`);
}

/** What `hugwire` prints when a person types it: what it is, and the three things to try. */
function renderGuide({ bold, cyan, dim }: Style): string {
  const client = JSON.stringify({ mcpServers: { hugwire: { command: 'npx', args: ['-y', 'hugwire'] } } });
  return `
  ${bold('hugwire')} ${dim(VERSION)}
  The Hugging Face Hub and every Gradio Space behind any AI assistant.

  ${bold('See it work')}      ${cyan('npx hugwire demo')}              ${dim('no network, no token')}
  ${bold('Ask the Hub')}      ${cyan('npx hugwire call hub_search query=whisper')}
  ${bold('Every command')}    ${cyan('npx hugwire --help')}

  ${bold('Give it to your assistant')}: ${cyan('npx hugwire install')}, or add this to its MCP config
  ${cyan(client)}

  ${dim('An assistant starts hugwire by itself and talks to it over stdin; to do so by hand: hugwire serve')}
`;
}
