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
import { examplesOf } from './examples.js';
import { nameCommands, nameInData } from './name-commands.js';
import type { Style } from './terminal.js';

/** Adds arguments, options, subcommands and the action to a command. */
type WireCommand = (command: Command, world: World) => void;

/** The commands, in the order of the help. How each is wired is loaded when it is asked for: most starts serve. */
const COMMANDS: [name: string, description: string, load: () => Promise<{ wire: WireCommand }>][] = [
  ['serve', 'serve MCP on stdin and stdout; an assistant runs this itself', () => import('./serve.js')],
  ['install', 'set up an AI client to use hugwire', () => import('./install/command.js')],
  ['uninstall', 'remove hugwire from the config of a client', () => import('./uninstall.js')],
  ['skill', 'print a skill that tells assistants when to use hugwire, and how', () => import('./skill.js')],
  ['call', 'call one tool from the shell', () => import('./call.js')],
  ['chat', 'talk to an assistant in the terminal', () => import('./chat/command.js')],
  ['write', 'approve or discard changes to the Hub that are waiting for you', () => import('./write.js')],
  ['download', 'download files, repositories and data to this machine', () => import('./download.js')],
  ['downloads', 'list what was downloaded, and remove it', () => import('./downloads.js')],
  ['spaces', 'pin Spaces as tools, and manage the pins', () => import('./spaces/command.js')],
  [
    'assistants',
    'find, add, create and share assistants: instructions for a model, with the tools it may use',
    () => import('./assistants/command.js'),
  ],
  ['tools', 'list the tools, and turn them on and off', () => import('./tools/command.js')],
  ['config', 'show the configuration, and change it', () => import('./config/command.js')],
  ['api', 'serve assistants to any front end: OpenAI clients, Gradio, no-code tools', () => import('./api.js')],
  ['http', 'manage the keys for `hugwire serve --http`', () => import('./http.js')],
  ['doctor', 'check the setup, and say how to fix what is wrong', () => import('./doctor/command.js')],
  ['auth', 'show the token, log in and out', () => import('./auth/command.js')],
  ['memory', 'show and change what assistants remember', () => import('./memory/command.js')],
  [
    'conversations',
    'see conversations with assistants: list, show, export, remove',
    () => import('./conversations/command.js'),
  ],
  ['approvals', 'approve or decline calls of assistants that are waiting for you', () => import('./approvals.js')],
  ['sessions', 'see what assistants did: list, show, follow, export', () => import('./sessions/command.js')],
  ['dashboard', 'watch sessions, calls and Spaces in the browser', () => import('./dashboard/command.js')],
  ['cache', 'show the cache of answers, or clear it', () => import('./cache.js')],
  ['completion', 'print the script that completes hugwire in your shell', () => import('./completion.js')],
  ['demo', 'watch a whole conversation with a small Hub and Space on this machine', () => import('./demo.js')],
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
      // It has said what is wrong, if anything: --help and --version end here too.
      process.exitCode = caught.exitCode === 0 ? 0 : 2;
      return;
    }
    const error = toHugwireError(caught);
    // The person who pressed Ctrl-C knows.
    if (error.code === 'cancelled' && process.exitCode) return;
    process.stderr.write(`hugwire: ${nameCommands(explainError(error))}\n`);
    process.exitCode = error.code === 'invalid_arguments' ? 2 : 1;
    if (!wantsJson(process.argv)) return;
    const { failureResult } = await import('../tools/run.js');
    process.stdout.write(`${JSON.stringify(nameInData(failureResult(error).data), null, 2)}\n`);
  }
}

/** Whether a program reads what the command prints. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes('--json');
}

/** Columns of the help, on terminals that are wide enough. */
const HELP_WIDTH = 80;

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
    .option('--profile <name>', 'apply this profile of the config')
    .option('--read-only', 'offer only tools that read')
    .option('--dry-run', 'check everything and say what would be done, but do nothing')
    .showSuggestionAfterError()
    .configureHelp({
      sortSubcommands: false,
      showGlobalOptions: true,
      helpWidth: Math.min(HELP_WIDTH, process.stdout.columns ?? HELP_WIDTH),
      minWidthToWrap: 20,
      boxWrap: wrapHelp,
    })
    // What commander complains of it repeats, and that may be a token.
    .configureOutput({ outputError: (text, write) => write(redact(text)) })
    .exitOverride()
    .helpCommand(false);
  program.hook('preAction', (_, command) => refuseDryRun(program, command));
  const world = createWorld(program, env, transport);
  for (const [name, description] of COMMANDS) program.command(name).description(description);
  addExamples(program);
  program.hook('preSubcommand', (_, command) => world.wire(command));
  // Commander's own shows commands that are not wired yet.
  program
    .command('help [command...]')
    .description('show the help of a command')
    .action(async (words: string[]) => void (await program.parseAsync([...words, '--help'], { from: 'user' })));
  // Only here: commands refuse what they do not take.
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
  for (const command of program.commands) await world.wire(command);
  return program;
}

const wired = new WeakSet<Command>();

async function wireCommand(command: Command, world: World): Promise<void> {
  const found = COMMANDS.find(([name]) => name === command.name());
  if (!found || wired.has(command)) return;
  wired.add(command);
  (await found[2]()).wire(command, world);
  addHelp(command, command.name());
}

/** The help of a command has examples, and explains best what is wrong with its words. */
function addHelp(command: Command, path: string): void {
  command.showHelpAfterError(`See: hugwire ${path} --help`);
  addExamples(command, path);
  for (const one of command.commands) addHelp(one, `${path} ${one.name()}`);
}

function addExamples(command: Command, path = ''): void {
  const lines = examplesOf(path).map((line) => `\n  ${line}`);
  command.addHelpText('after', `\nExamples:${lines.join('')}`);
}

/** Wraps text between words, and breaks words that are longer than a line. */
function wrapHelp(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`\\S.{0,${width - 1}}(?=\\s|$)|\\S{1,${width}}|^$`, 'g')) ?? [])
    .map((line) => line.trimEnd())
    .join('\n');
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
  const world: World = {
    env,
    paths,
    transport,
    options,
    configPath: path,
    load: () => loadConfig(path(), { required: options().config !== undefined, profile: options().profile }),
    program,
    wire: (command) => wireCommand(command, world),
  };
  return world;
}

/**
 * Warns about unknown variables whose names begin as hugwire's own do.
 * @returns whether one of them was likely meant to be HUGWIRE_READ_ONLY: a typo must not turn on what should be off
 */
function readVariables(env: NodeJS.ProcessEnv): boolean {
  let readOnly = false;
  for (const name of unknownVariables(env)) {
    const own = (variable: string) => variable.slice('HUGWIRE_'.length);
    const meant = OWN_VARIABLES.find((one) => own(one) === nearest(own(name), OWN_VARIABLES.map(own)));
    const counts = meant === 'HUGWIRE_READ_ONLY' && isSet(env[name]);
    readOnly ||= counts;
    const what = counts ? 'read as HUGWIRE_READ_ONLY' : `ignored; did you mean ${meant ?? OWN_VARIABLES.join(' or ')}?`;
    log(`unknown variable ${name.slice(0, 60)}: ${what}`);
  }
  return readOnly;
}

/** The commands that know what to do with --dry-run; `doctor` changes nothing anyway. */
const KNOWS_DRY_RUN = ['hugwire', 'serve', 'api', 'call', 'chat', 'download', 'install', 'uninstall', 'doctor'];

/** Other commands would change files all the same, which nobody who says --dry-run expects. */
function refuseDryRun(program: Command, command: Command): void {
  if (!program.opts<GlobalOptions>().dryRun || KNOWS_DRY_RUN.includes(command.name())) return;
  throw new HugwireError(
    'invalid_arguments',
    '--dry-run is for `hugwire serve`, `call`, `download`, `install` and `uninstall`.',
    {
      hint: 'Nothing was done. Run the command without --dry-run.',
    },
  );
}

/** Commander would say "too many arguments", since hugwire alone is a command as well. */
function refuseCommand(program: Command, word: string): never {
  const meant = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return program.error(`error: unknown command '${word}'${meant ? `\n(Did you mean ${meant}?)` : ''}`);
}

/** What `hugwire` prints when a person types it: what it is, and what to try. */
function renderGuide({ bold, cyan, dim }: Style): string {
  const client = JSON.stringify({ mcpServers: { hugwire: { command: 'npx', args: ['-y', 'hugwire'] } } });
  return `
  ${bold('hugwire')} ${dim(VERSION)}
  The Hugging Face Hub and every Gradio Space behind any AI assistant.

  ${bold('See it work')}      ${cyan('npx hugwire demo')}              ${dim('no network, no token')}
  ${bold('Ask the Hub')}      ${cyan('npx hugwire call hub_search query=whisper')}
  ${bold('All commands')}     ${cyan('npx hugwire --help')}

  ${bold('Set up your assistant')}: ${cyan('npx hugwire install')}, or add this to its MCP config
  ${cyan(client)}

  ${dim('An assistant starts hugwire itself and talks to it over stdin. To do that by hand: hugwire serve')}
`;
}
