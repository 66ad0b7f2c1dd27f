import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { keepPrepared, readStart } from '../engine/prepared.js';
import type { RuntimeOptions } from '../engine/runtime.js';
import { createService } from '../engine/service.js';
import { toAbsolute } from '../lib/files.js';
import { log } from '../lib/log.js';
import { fold, nearest } from '../lib/nearest.js';
import { serve } from '../stdio/stdio.js';
import { openStdio, type StdioTransport } from '../stdio/transport.js';
import type { World } from './context.js';

interface ServeFlags {
  demo?: boolean;
  /** `true` when no directory follows, as in a bundle whose user named none. */
  readFrom?: string[] | true;
}

/** `hugwire serve`. */
export function wire(command: Command, world: World): void {
  command
    .option('--demo', 'serve the demo world: no network, no token')
    .option('--read-from [directories...]', 'let Spaces have files of these directories too')
    .allowUnknownOption() // hosts append arguments of their own
    .allowExcessArguments()
    .action((options: ServeFlags) => {
      checkWords(command);
      return startServer(world, options);
    });
}

const DASHES = /^[\p{Pd}\u2212/]+/u;

/**
 * Warns about the words that `serve` does not know. One that may be meant as an option is refused: a server that ignored
 * `--read-onyl` would offer what it was told not to.
 */
function checkWords(command: Command): void {
  const options = [...command.options, ...(command.parent?.options ?? [])].map(({ long }) => long ?? '');
  for (const word of command.args) {
    const [name = ''] = word.slice(0, 100).split(/[=:]/, 1);
    const meant = nearest(name, [...options, '--help']);
    // A word without dashes may be anything, such as a directory: only what is about as long as the option was meant as one.
    const isOption = DASHES.test(name) && !name.slice(1).includes('/');
    if (meant && (isOption || Math.abs(fold(name).length - fold(meant).length) <= 2)) {
      const why = name === meant ? `option '${name}' takes no value` : `unknown option '${word.slice(0, 100)}'`;
      command.error(`error: ${why}\n(Did you mean ${meant}?)`);
    }
    log(`serve does not know "${word.slice(0, 100)}" and leaves it out`);
  }
}

/**
 * Serves until the client goes.
 * @param world the config and environment
 * @param options of the command
 */
export async function startServer(world: World, flags: ServeFlags = {}): Promise<void> {
  const { readOnly, dryRun } = world.options();
  const readFrom = Array.isArray(flags.readFrom) ? flags.readFrom.map((path) => toAbsolute(path, '--read-from')) : [];
  const { env, paths, transport } = world;
  if (!flags.demo) return serveStdio({ loaded: world.load(), env, paths, readOnly, dryRun, readFrom }, transport);
  const { openDemoWorld } = await import('./demo.js');
  await serveStdio({ ...(await openDemoWorld(env)), readOnly, dryRun, readFrom });
}

export interface ServeOptions extends Omit<RuntimeOptions, 'log' | 'recording'> {
  /** Lets go of what was started for this server, such as the demo world. */
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

/** stdout is the protocol; libraries that print must not reach it. */
function redirectConsole(): void {
  // biome-ignore lint/suspicious/noConsole: this is what keeps the console off stdout
  for (const method of ['log', 'info', 'debug'] as const) console[method] = console.error;
}
