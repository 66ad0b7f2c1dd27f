import { readFile, rm, stat, writeFile } from 'node:fs/promises';

const nameOf = (path: string, number: number) => (number === 1 ? `${path}.bak` : `${path}.bak.${number}`);

/**
 * Keeps a state of a file beside it, as `FILE.bak`, or `FILE.bak.2` and so on where that is another state: an earlier
 * backup is never overwritten, be it hugwire's or somebody else's.
 * @param path of the file, which is there; the backup gets its permissions
 * @param text of the state
 * @returns where the backup is
 */
export async function keepBackup(path: string, text: string): Promise<string> {
  const { mode } = await stat(path);
  for (let number = 1; ; number++) {
    const backup = nameOf(path, number);
    const there = await readFile(backup, 'utf8').catch(ignoreMissing);
    if (there === text) return backup;
    if (there !== undefined) continue;
    try {
      await writeFile(backup, text, { mode: mode & 0o777, flag: 'wx' });
      return backup;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      await rm(backup, { force: true });
      throw error;
    }
  }
}

/**
 * The states of a file that were kept beside it, the latest first.
 * @param path of the file
 */
export async function readBackups(path: string): Promise<string[]> {
  const texts: string[] = [];
  for (let number = 1; ; number++) {
    const text = await readFile(nameOf(path, number), 'utf8').catch(ignoreMissing);
    if (text === undefined) return texts.reverse();
    texts.push(text);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
