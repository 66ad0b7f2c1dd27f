import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HugwireError } from '../errors.js';
import { changeFile } from '../files/change.js';
import { ownTokenFile, type Paths } from './paths.js';

/** Nobody but the user may read the file, or look into its directory. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/**
 * Stores a token in hugwire's own file, for this user alone: whole or not at all.
 * @param paths hugwire's directories
 * @param value the token
 * @returns the path of the file
 * @throws HugwireError `unavailable` when it cannot be written
 */
export async function storeToken(paths: Paths, value: string): Promise<string> {
  const path = ownTokenFile(paths);
  // What a looser umask once made is narrowed before the secret is there, not after.
  await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE }).catch(() => {});
  await chmod(dirname(path), DIRECTORY_MODE).catch(() => {});
  await chmod(path, FILE_MODE).catch(() => {});
  await changeFile(path, () => `${value}\n`, { mode: FILE_MODE });
  return path;
}

/**
 * Whether hugwire has a token file of its own, whatever is in it.
 * @param paths hugwire's directories
 */
export function hasOwnToken(paths: Paths): Promise<boolean> {
  return lstat(ownTokenFile(paths)).then(
    () => true,
    () => false,
  );
}

/**
 * Removes hugwire's own token file.
 * @param paths hugwire's directories
 * @throws HugwireError `unavailable` when it cannot be removed
 */
export async function removeToken(paths: Paths): Promise<void> {
  const path = ownTokenFile(paths);
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw new HugwireError('unavailable', `${path} cannot be removed (${(cause as NodeJS.ErrnoException).code}).`, {
      hint: 'Remove it by hand: it may hold a token.',
      cause,
    });
  }
}
