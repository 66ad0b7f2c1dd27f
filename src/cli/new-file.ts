import { writeFile } from 'node:fs/promises';
import { HugwireError } from '../errors.js';

/**
 * Writes what somebody asked for into a file that only they can read.
 * @param path of the file
 * @param text all of it
 * @param force whether a file that is there may be replaced
 * @throws HugwireError `invalid_arguments` when it is there; `unavailable` when it cannot be written
 */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new HugwireError('invalid_arguments', `${path} is there already.`, {
        hint: 'Name another file, or add --force.',
      });
    }
    throw new HugwireError('unavailable', `${path} cannot be written (${code}).`, { cause });
  }
}
