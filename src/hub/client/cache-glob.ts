import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';

/**
 * Stands in for the package `glob` in the bundle, where it would be an eighteenth of everything: cacache asks it for two
 * things only, all files below a folder (`cache/content/**`) and entries by their beginnings (`cache/*(content-*|index-*)`).
 * @param pattern with slashes, whatever the platform
 * @returns paths with slashes, in no order; none when the folder is not there
 * @throws Error for any other pattern
 */
export async function glob(pattern: string): Promise<string[]> {
  const folder = posix.dirname(pattern);
  const wanted = posix.basename(pattern);
  if (wanted === '**') {
    const entries = await list(() => readdir(folder, { recursive: true, withFileTypes: true }));
    // `parentPath` is not there before Node 20.12.
    const inFolder = (parent: string, name: string) => posix.join(parent.replaceAll('\\', '/'), name);
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => inFolder(entry.parentPath ?? entry.path, entry.name));
  }
  const beginnings = /^\*\(((?:[\w-]+\*\|?)+)\)$/.exec(wanted)?.[1]?.split('*|');
  if (!beginnings) throw new Error(`cacache is not known to ask for ${wanted}.`);
  const names = await list(() => readdir(folder));
  return names
    .filter((name) => beginnings.some((one) => name.startsWith(one.replace('*', ''))))
    .map((name) => posix.join(folder, name));
}

async function list<Entry>(read: () => Promise<Entry[]>): Promise<Entry[]> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
