import { resolve } from 'node:path';
import type { Command } from 'commander';
import { expandHome } from '../../files/home.js';
import { serveStdio } from '../serve.js';
import type { World } from '../world.js';

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
  const { openDemoWorld } = await import('../demo.js');
  await serveStdio({ ...(await openDemoWorld(env)), readOnly, dryRun, readFrom });
}
