import type { Command } from 'commander';
import { serveStdio } from '../serve.js';
import type { World } from '../world.js';

/** `hugwire serve`. */
export function wire(command: Command, world: World): void {
  command
    .option('--demo', 'serve the demo world: no network, no token')
    .allowUnknownOption() // hosts append arguments of their own
    .allowExcessArguments()
    .action((options: { demo?: boolean }) => startServer(world, options));
}

/**
 * Serves until the client goes.
 * @param world the config and environment
 * @param options of the command
 */
export async function startServer(world: World, { demo }: { demo?: boolean } = {}): Promise<void> {
  const { readOnly, dryRun } = world.options();
  if (!demo) return serveStdio({ loaded: world.load(), env: world.env, paths: world.paths, readOnly, dryRun });
  const { openDemoWorld } = await import('../demo.js');
  await serveStdio({ ...(await openDemoWorld(world.env)), readOnly, dryRun });
}
