import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { configSchema } from '../config/schema.js';
import { keepPrepared, readStart } from '../engine/prepared.js';
import type { RuntimeOptions } from '../engine/runtime.js';
import { createService } from '../engine/service.js';
import type { HttpOptions, HttpSettings } from '../http/serve.js';
import { HugwireError } from '../lib/errors.js';
import { toAbsolute } from '../lib/files.js';
import { log } from '../lib/log.js';
import { fold, nearest } from '../lib/nearest.js';
import { serve } from '../stdio/stdio.js';
import { openStdio, type StdioTransport } from '../stdio/transport.js';
import type { World } from './context.js';

export interface ServeFlags {
  demo?: boolean;
  /** `true` when no directory follows, as in a bundle whose user named none. */
  readFrom?: string[] | true;
  http?: boolean;
  host?: string;
  port?: string;
  auth?: string;
  publicUrl?: string;
  sessions?: boolean;
  sse?: boolean;
  state?: string;
  metricsPort?: string;
}

/** The options for HTTP only; each wins over the key of its name below `http` in the config. */
const HTTP_OPTIONS = ['host', 'port', 'auth', 'publicUrl', 'sessions', 'sse', 'state', 'metricsPort'] as const;

/** Their values and descriptions. */
const HTTP_HELP: Record<(typeof HTTP_OPTIONS)[number], [value: string, description: string]> = {
  host: ['<address>', 'the address to listen on (127.0.0.1)'],
  port: ['<number>', 'the port; 0 picks a free one (3000)'],
  auth: ['<mode>', 'who may call: local, anonymous or hub-token'],
  publicUrl: ['<url>', 'behind a proxy: the address that clients see'],
  sessions: ['', 'keep sessions for older clients'],
  sse: ['', 'also serve HTTP+SSE, for clients from 2024'],
  state: ['<address>', 'Redis or Valkey, to share state between instances (memory)'],
  metricsPort: ['<number>', 'serve /metrics for Prometheus on 127.0.0.1; 0 picks a free port'],
};

/**
 * Adds the options of serving over HTTP to a command.
 * @param names of the keys of `http`
 * @param when words before each description that say when the option applies
 */
export function addHttpOptions(command: Command, names: readonly (typeof HTTP_OPTIONS)[number][], when = ''): Command {
  for (const name of names) {
    const [value, description] = HTTP_HELP[name];
    command.option(`${toOption(name)} ${value}`.trim(), `${when}${description}`);
  }
  return command;
}

/** `hugwire serve`. */
export function wire(command: Command, world: World): void {
  command
    .option('--demo', 'serve the demo world: no network, no token')
    .option('--read-from [directories...]', 'allow files in these directories to be sent to Spaces')
    .option('--http', 'serve over HTTP instead of stdin and stdout');
  addHttpOptions(command, HTTP_OPTIONS, 'with --http: ')
    .allowUnknownOption() // hosts append arguments of their own
    .allowExcessArguments()
    .action((options: ServeFlags) => {
      checkWords(command);
      return startServer(world, options);
    });
}

const DASHES = /^[\p{Pd}\u2212/]+/u;

/**
 * Warns about the words that `serve` does not know. One that looks like a misspelt option is refused: a server that ignored
 * `--read-onyl` would offer what it was told not to.
 */
function checkWords(command: Command): void {
  // Without --http, a host's own argument cannot be meant as one of the options for HTTP.
  const idle: readonly (string | undefined)[] = command.opts<ServeFlags>().http ? [] : HTTP_OPTIONS.map(toOption);
  const known = [...command.options, ...(command.parent?.options ?? [])].map(({ long }) => long ?? '');
  const options = known.filter((option) => !idle.includes(option));
  for (const word of command.args) {
    const [name = ''] = word.slice(0, 100).split(/[=:]/, 1);
    const meant = nearest(name, [...options, '--help']);
    // A word without dashes may be anything, such as a directory: it must be about as long as the option.
    const isOption = DASHES.test(name) && !name.slice(1).includes('/');
    if (meant && (isOption || Math.abs(fold(name).length - fold(meant).length) <= 2)) {
      const why = name === meant ? `option '${name}' takes no value` : `unknown option '${word.slice(0, 100)}'`;
      command.error(`error: ${why}\n(Did you mean ${meant}?)`);
    }
    log(`serve ignores "${word.slice(0, 100)}", which it does not know`);
  }
}

/**
 * Serves until the client goes.
 * @param world the config and environment
 * @param flags of the command
 * @param describe tells how to connect over HTTP
 */
export async function startServer(
  world: World,
  flags: ServeFlags = {},
  describe?: HttpOptions['describe'],
): Promise<void> {
  const { readOnly, dryRun } = world.options();
  const readFrom = Array.isArray(flags.readFrom) ? flags.readFrom.map((path) => toAbsolute(path, '--read-from')) : [];
  const { env, paths, transport } = world;
  const open = async (): Promise<ServeOptions> => {
    if (!flags.demo) return { loaded: world.load(), env, paths, readOnly, dryRun, readFrom };
    const { openDemoWorld } = await import('./demo.js');
    return { ...(await openDemoWorld(env)), readOnly, dryRun, readFrom };
  };
  if (flags.http) return serveOverHttp(await open(), flags, describe);
  const without = HTTP_OPTIONS.filter((name) => flags[name] !== undefined);
  for (const name of without) log(`${toOption(name)} has no effect without --http`);
  await serveStdio(await open(), flags.demo ? undefined : transport);
}

/** Serves MCP over HTTP until a signal comes. */
async function serveOverHttp(
  { close, ...options }: ServeOptions,
  flags: ServeFlags,
  describe: HttpOptions['describe'],
): Promise<void> {
  const { serveHttp } = await import('../http/serve.js');
  // An address may hold a password, which the list of processes would show.
  const given = readSettings(options.loaded.config.http, { state: options.env.HUGWIRE_STATE || undefined, ...flags });
  const api: HttpOptions['api'] = async (parts) =>
    (await import('../assistants/api/open.js')).openApi({ ...options, log, ...parts });
  await serveHttp(
    { ...options, log, given, api, describe, close },
    {
      on: (event, listener) => process.on(event, listener as () => void),
      exit: (code) => process.exit(code),
      log,
      print: (text) => process.stderr.write(text),
    },
  );
}

/**
 * The settings of HTTP on the command line.
 * @throws HugwireError `invalid_arguments` that names the option
 */
function readSettings(http: HttpSettings, flags: ServeFlags): Partial<HttpSettings> {
  const given = HTTP_OPTIONS.filter((name) => flags[name] !== undefined);
  const read = (name: keyof ServeFlags) =>
    name === 'port' || name === 'metricsPort' ? Number(flags[name] || Number.NaN) : flags[name];
  const said = Object.fromEntries(given.map((name) => [name, read(name)]));
  const { data, error } = configSchema.shape.http.safeParse({ ...http, ...said });
  if (data) return Object.fromEntries(given.map((name) => [name, data[name]]));
  const [issue] = error.issues;
  const option = toOption(String(issue?.path[0]));
  throw new HugwireError('invalid_arguments', `${option}: ${issue?.message}`, { hint: 'See: hugwire serve --help' });
}

/** The option of a key of `http`. */
function toOption(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export interface ServeOptions extends Omit<RuntimeOptions, 'log' | 'recording'> {
  /** Stops what was started for this server, such as the demo world. */
  close?(): Promise<void>;
}

/**
 * Serves MCP on this process's stdin and stdout until the client goes.
 * @param options the config and where it came from
 * @param transport that has begun to answer
 */
async function serveStdio(
  { close, ...options }: ServeOptions,
  transport: StdioTransport = openStdio(log),
): Promise<void> {
  redirectConsole();
  const { env } = options;
  if (process.stdin.isTTY) for (const line of TERMINAL_HELP) log(line);
  const start = readStart(process.argv.slice(2), env);
  const service = createService({ ...options, log });
  process.on('exit', () => service.settleNow());
  await serve(
    // In turn: the recorder still writes where the other removes.
    { ...service, end: (reason) => service.end(reason).finally(close) },
    transport,
    { on: (event, listener) => process.on(event, listener as () => void), exit: (code) => process.exit(code), log },
    (prepared) => {
      // The config may have been written while it was read.
      if (start && isDeepStrictEqual(readStart(process.argv.slice(2), env), start)) keepPrepared(start, prepared, env);
    },
  );
}

/** Nobody types MCP: who starts this in a terminal is new here, or tries something out. */
const TERMINAL_HELP = [
  'waiting for an MCP client on stdin: JSON-RPC messages, one on each line',
  'your AI client starts this command itself; to set one up: hugwire install',
  'to try a tool in the shell: hugwire call hub_search query=whisper',
  'Ctrl-C or Ctrl-D ends the server',
];

/** stdout is the protocol; libraries that print must not reach it. */
function redirectConsole(): void {
  // biome-ignore lint/suspicious/noConsole: this is what keeps the console off stdout
  for (const method of ['log', 'info', 'debug'] as const) console[method] = console.error;
}
