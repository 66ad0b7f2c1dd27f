// Its functions are loaded when one is called: a start needs none of them.
import { promises as fs } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { HugwireError } from './errors.js';
import { explainSystemError, isMissing, systemCode } from './system-errors.js';

/** A lock that was not renewed for this long belongs to a process that is gone. */
const STALE_MS = 10_000;
const RETRIES = { retries: 60, factor: 1.2, minTimeout: 20, maxTimeout: 200, randomize: true };

interface ChangeOptions {
  /** Permissions of a file that is made anew, such as 0o600; an existing file keeps its own. */
  mode?: number;
}

/**
 * Changes a text file: whole or not at all, one process at a time, so that two commands at once lose nothing. Links are
 * followed, and permissions stay.
 * @param path of the file; its directory is made if need be
 * @param change gets the text, or undefined when there is no file, and gives the new text; undefined, or the same text,
 *   leaves the file alone. What it throws is thrown on.
 * @returns whether the file was written
 * @throws HugwireError `unavailable` when the file cannot be read or written, or another process keeps it locked
 */
export async function changeFile(
  path: string,
  change: (text: string | undefined) => string | undefined | Promise<string | undefined>,
  { mode }: ChangeOptions = {},
): Promise<boolean> {
  return withFileLock(path, async () => {
    const before = await readText(path);
    const after = await change(before);
    if (after === undefined || after === before) return false;
    const { default: writeFileAtomic } = await import('write-file-atomic');
    try {
      await writeFileAtomic(path, after, before === undefined && mode !== undefined ? { mode } : {});
    } catch (cause) {
      throw fileFailure(path, 'written', cause);
    }
    return true;
  });
}

/**
 * Keeps other processes that ask for the same lock away while some work is done.
 * @param path of the file that the work is about; it need not exist, and its directory is made
 * @param work what to do
 * @returns what the work gives
 * @throws HugwireError `unavailable` when the directory cannot be written, or the lock is held for too long
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const { default: lockfile } = await import('proper-lockfile');
  let release: () => Promise<void>;
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    release = await lockfile.lock(path, {
      realpath: false,
      stale: STALE_MS,
      retries: RETRIES,
      // A lock that is lost while the work goes on would otherwise be thrown from a timer, which ends the process.
      onCompromised: () => {},
    });
  } catch (cause) {
    throw fileFailure(path, 'locked', cause);
  }
  try {
    return await work();
  } finally {
    // A lock that somebody took away meanwhile is no reason to fail work that is done.
    await release().catch(() => {});
  }
}

/**
 * Reads a text file that need not be there; a byte order mark is part of the text.
 * @returns undefined when there is no file
 * @throws HugwireError `unavailable` when it cannot be read, or is no UTF-8, which writing it would spoil
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await fs.readFile(path));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw fileFailure(path, 'read', cause);
  }
}

/**
 * What went wrong with a file, in words a person can act on.
 * @param path of the file
 * @param doing what could not be done, such as `written`
 * @param cause what the system said
 */
export function fileFailure(path: string, doing: string, cause: unknown): HugwireError {
  const { file: reason, hint } = explainSystemError(cause) ?? { file: systemCode(cause) || String(cause) };
  return new HugwireError('unavailable', `${path} cannot be ${doing}: ${reason}.`, { hint, cause });
}

/**
 * Replaces a leading `~` by the user's home directory.
 * @param path a path as a person writes it
 */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') || path.startsWith('~\\') ? join(homedir(), path.slice(1)) : path;
}

/**
 * Writes what somebody asked for into a file that only they can read.
 * @param path of the file
 * @param text all of it
 * @param force whether a file that is there may be replaced
 * @throws HugwireError `invalid_arguments` when it is there; `unavailable` when it cannot be written
 */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  try {
    await fs.writeFile(path, text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') {
      throw new HugwireError('invalid_arguments', `${path} is there already.`, {
        hint: 'Name another file, or add --force.',
      });
    }
    throw fileFailure(path, 'written', cause);
  }
}
