import type { Command } from 'commander';
import { cacheDirectory } from '../../config/paths.js';
import { runCacheCommand } from '../cache.js';
import { print } from '../output.js';
import type { World } from '../world.js';

const ACTIONS = [
  ['info', 'print where the cache is and what it holds'],
  ['clear', 'remove every answer from it'],
] as const;

/** `hugwire cache`. */
export function wire(command: Command, world: World): void {
  for (const [action, description] of ACTIONS) {
    command
      .command(action)
      .description(description)
      .option('--json', 'print JSON')
      .action(async ({ json }: { json?: boolean }) => {
        const { enabled, maxMegabytes } = world.load().config.cache;
        const directory = cacheDirectory(world.paths);
        print({ output: await runCacheCommand({ action, directory, enabled, maxMegabytes, json }), exitCode: 0 });
      });
  }
}
