import type { Command } from 'commander';
import { cacheDirectory } from '../config/paths.js';
import { type CacheInfo, cacheInfo, clearCache } from '../hub/client/cache-store.js';
import { formatBytes, formatDuration, plural } from '../lib/format.js';
import type { World } from './context.js';
import { type CommandResult, JSON_OPTION, type JsonOption, print } from './terminal.js';

const ACTIONS = [
  ['info', 'show where the cache is and what it holds'],
  ['clear', 'remove all cached answers'],
] as const;

/** `hugwire cache`. */
export function wire(command: Command, world: World): void {
  for (const [action, description] of ACTIONS) {
    command
      .command(action)
      .description(description)
      .option(...JSON_OPTION)
      .action(async (options: JsonOption) => {
        const { enabled, maxMegabytes } = world.load().config.cache;
        const directory = cacheDirectory(world.paths);
        print(await runCacheCommand({ action, directory, enabled, maxMegabytes }), options);
      });
  }
}

interface CacheCommand {
  action: 'info' | 'clear';
  /** The answer cache's directory. */
  directory: string;
  /** From the config. */
  enabled: boolean;
  maxMegabytes: number;
  now?: number;
}

/**
 * `hugwire cache info` and `hugwire cache clear`.
 * @param command what to do, and where the cache lies
 */
export async function runCacheCommand(command: CacheCommand): Promise<CommandResult> {
  const info = command.action === 'clear' ? await clearCache(command.directory) : await cacheInfo(command.directory);
  const text = command.action === 'clear' ? describeClearing(info) : describeCache(info, command);
  return { text, data: info, exitCode: 0 };
}

function describeClearing({ answers, bytes, directory }: CacheInfo): string {
  if (answers === 0) return `Nothing to remove in ${directory}.`;
  return `Removed ${plural(answers, 'answer')} (${formatBytes(bytes)}) from ${directory}.`;
}

function describeCache(info: CacheInfo, { enabled, maxMegabytes, now = Date.now() }: CacheCommand): string {
  const age = (time: number) => `${formatDuration(Math.max(0, (now - time) / 1000))} ago`;
  const lines = [
    `Directory  ${info.directory}`,
    `Answers    ${info.answers} (${formatBytes(info.bytes)} of ${formatBytes(maxMegabytes * 1_000_000)})`,
  ];
  if (!enabled) lines.push('The cache is off: cache.enabled is false in the config.');
  if (info.oldest !== undefined && info.newest !== undefined) {
    lines.push(`Last used  between ${age(info.oldest)} and ${age(info.newest)}`);
  }
  const kinds = Object.entries(info.kinds).sort(([one, a], [other, b]) => b.bytes - a.bytes || (one < other ? -1 : 1));
  for (const [kind, { answers, bytes }] of kinds) lines.push(`  ${kind.padEnd(11)}${answers}  ${formatBytes(bytes)}`);
  return lines.join('\n');
}
