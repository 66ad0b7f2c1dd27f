import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/**
 * Whether a path leads below a directory, as far as the two names tell.
 * @param path absolute
 * @param directory absolute
 */
export function isBelow(path: string, directory: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/**
 * Finds a file that was saved. A journal may have been changed, and so may what lies at the path: only what really is
 * a file in the directory counts.
 * @param path as the journal tells it
 * @param directory that files are saved to
 * @returns where it is, links resolved, and its size in bytes; undefined when it is gone, no file, or elsewhere
 */
export async function locateSaved(
  path: string,
  directory: string,
): Promise<{ path: string; bytes: number } | undefined> {
  try {
    const [home, real] = await Promise.all([realpath(directory), realpath(path)]);
    const facts = await stat(real);
    return isBelow(real, home) && facts.isFile() ? { path: real, bytes: facts.size } : undefined;
  } catch {
    return undefined;
  }
}
