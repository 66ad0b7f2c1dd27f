import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.js';
import type { Paths } from '../config/paths.js';
import { describeState } from '../config/watch.js';
import { writeInstructions } from '../engine/instructions.js';
import { createRecording } from '../engine/recording.js';
import { createRuntime } from '../engine/runtime.js';
import { expandHome } from '../lib/files.js';
import { log } from '../lib/log.js';
import { VERSION } from '../lib/version.js';
import { lockPath } from '../spaces/lock.js';
import { serve } from '../stdio/stdio.js';
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
    .action((options: ServeFlags) => startServer(world, options));
}

/**
 * Serves until the client goes.
 * @param world the config and environment
 * @param options of the command
 */
export async function startServer(world: World, flags: ServeFlags = {}): Promise<void> {
  const { readOnly, dryRun } = world.options();
  const readFrom = Array.isArray(flags.readFrom) ? flags.readFrom.map((path) => resolve(expandHome(path))) : [];
  const { env, paths } = world;
  if (!flags.demo) return serveStdio({ loaded: world.load(), env, paths, readOnly, dryRun, readFrom });
  const { openDemoWorld } = await import('./demo.js');
  await serveStdio({ ...(await openDemoWorld(env)), readOnly, dryRun, readFrom });
}

/** The config is followed once the tools were listed, or from then on at the latest. */
const FOLLOW_AFTER_LIST_MS = 50;
const FOLLOW_AT_LATEST_MS = 1000;

export interface ServeOptions {
  loaded: LoadedConfig;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  readOnly?: boolean;
  dryRun?: boolean;
  readFrom?: readonly string[];
  /** Lets go of what was started for this server, such as the demo world. */
  close?(): Promise<void>;
}

/**
 * Serves MCP on this process's stdin and stdout until the client goes.
 * @param options the config and where it came from
 */
async function serveStdio(options: ServeOptions): Promise<void> {
  const { loaded, env, paths, readOnly, dryRun, readFrom, close } = options;
  redirectConsole();
  // Before the runtime reads the files: what changes from now on is found when the watch begins.
  const seen = describeState(loaded, [lockPath(loaded.path)]);
  let following = false;
  const recording = createRecording(paths, loaded, () => runtime, dryRun);
  const { recorder } = recording;
  const runtime = createRuntime({
    loaded,
    env,
    paths,
    readOnly,
    dryRun,
    readFrom,
    log,
    recording: recording.context,
  });
  process.on('exit', () => recorder.settleNow());
  const serving = await serve(
    {
      serverInfo: { name: 'hugwire', title: 'hugwire', version: VERSION },
      instructions: writeInstructions(dryRun || loaded.config.tools.dryRun),
      ...runtime,
      onCall: ({ tool, milliseconds, failed }) => log(`${tool} ${failed ? 'failed' : 'ok'} ${milliseconds} ms`),
      ...recording.hooks,
      onList() {
        recording.hooks.onList?.();
        setTimeout(follow, FOLLOW_AFTER_LIST_MS).unref();
      },
    },
    {
      stdin: process.stdin,
      stdout: process.stdout,
      on: (event, listener) => process.on(event, listener as () => void),
      exit: (code) => process.exit(code),
      log,
    },
    () => runtime.close(),
    // In turn: the recorder still writes where the other removes.
    (reason) => recorder.end(reason).finally(close),
  );
  setTimeout(follow, FOLLOW_AT_LATEST_MS).unref();

  /** Loading the watcher costs more than all the rest of the start: not before the first answers are out. */
  function follow(): void {
    if (following) return;
    following = true;
    void import('../engine/follow.js').then(({ followConfig }) =>
      followConfig({ loaded, seen, runtime, recording, serving }),
    );
  }
}

/** stdout is the protocol; libraries that print must not reach it. */
function redirectConsole(): void {
  // biome-ignore lint/suspicious/noConsole: this is what keeps the console off stdout
  for (const method of ['log', 'info', 'debug'] as const) console[method] = console.error;
}
