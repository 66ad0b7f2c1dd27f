// Its functions are loaded when one is called: a start needs none of them.
import { closeSync, promises as fs, futimesSync, openSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { HugwireError } from './errors.js';
import { parseJsonObject } from './json.js';
import { lookAtProcess, ownIdentity, type ProcessIdentity } from './processes.js';
import { explainSystemError, isMissing, systemCode } from './system-errors.js';

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
 * Keeps other processes that ask for the same lock away while some work is done. A lock that a process left behind when it
 * died is free at once.
 * @param path of the file that the work is about; it need not exist, and its directory is made
 * @param work what to do
 * @returns what the work gives
 * @throws HugwireError `unavailable` when the directory cannot be written, or the lock is held for too long
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const file = `${resolve(path)}.lock`;
  const until = performance.now() + PATIENCE_MS;
  let release: (() => Promise<void>) | undefined;
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    for (let pause = 20; ; pause = Math.min(pause * 1.2, 200)) {
      release = await takeLock(file);
      if (release) break;
      if (await removeVoid(file)) continue;
      if (performance.now() > until) break;
      await new Promise((wake) => setTimeout(wake, pause * (0.5 + Math.random() / 2)));
    }
  } catch (cause) {
    throw fileFailure(path, 'locked', cause);
  }
  if (!release) throw await lockedOut(path, file);
  try {
    return await work();
  } finally {
    // A lock that somebody took away meanwhile is no reason to fail work that is done.
    await release().catch(() => {});
  }
}

/** How long to wait for a lock. */
const PATIENCE_MS = 10_000;
/** A lock whose owner cannot be looked at is renewed meanwhile; dated longer ago than this, or as far ahead, it is void. */
const STALE_MS = 10_000;
/** The same for a lock whose owner died as it was about to write it: nothing else takes as long. */
const EMPTY_MS = 1_000;
const RENEW_MS = 3_000;
const MAX_LOCK_BYTES = 4096;

/** What a lock file says of who made it, and when that was, in milliseconds. */
interface Lock {
  /** Of this one taking of the lock. */
  id: string;
  /** Missing in those of hugwire 0.1.0, and where the process died as it wrote. */
  owner?: ProcessIdentity;
  renewedAt: number;
  isEmpty: boolean;
  isDirectory: boolean;
}

/**
 * Makes a lock file.
 * @returns what removes it again; undefined when there is one
 * @throws the system's error
 */
async function takeLock(file: string): Promise<(() => Promise<void>) | undefined> {
  const { randomBytes } = await import('node:crypto');
  const id = randomBytes(6).toString('hex');
  const text = `${JSON.stringify({ id, ...(await ownIdentity()) })}\n`;
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (cause) {
    // Windows says so of a file that is being removed.
    const isTaken = ['EEXIST', ...(process.platform === 'win32' ? ['EPERM'] : [])].includes(systemCode(cause));
    if (isTaken) return undefined;
    throw cause;
  }
  try {
    // At once, so that hardly any process dies before its lock says whose it is.
    writeSync(handle, text);
  } catch (cause) {
    closeSync(handle);
    await fs.rm(file, { force: true });
    throw cause;
  }
  const isOurs = async () => (await readLock(file))?.id === id;
  const renewing = setInterval(() => {
    const now = new Date();
    try {
      // By its handle: the path may lead to somebody else's by now.
      futimesSync(handle, now, now);
    } catch {
      // Then it grows old, which matters only where nobody can look at its owner.
    }
  }, RENEW_MS).unref();
  const release = async () => {
    clearInterval(renewing);
    closeSync(handle);
    if (await isOurs()) await fs.rm(file, { force: true });
  };
  // Held up before it was written, it may have been taken for one of a dead process.
  if (await isOurs()) return release;
  await release();
  return undefined;
}

/**
 * Removes a lock file whose owner is dead. Only who holds the claim to that very lock may do so: of several that find it at
 * once, none removes the lock that another has taken meanwhile.
 * @returns whether the lock is worth another try at once
 */
async function removeVoid(file: string): Promise<boolean> {
  const found = await readLock(file);
  if (!found) return true;
  if (!(await isVoid(found))) return false;
  const claim = `${file}.${found.id}`;
  const release = await takeLock(claim);
  if (!release) {
    // Who holds the claim may be dead as well.
    await removeVoid(claim);
    return false;
  }
  try {
    const still = await readLock(file);
    if (still?.id === found.id && (await isVoid(still))) await (still.isDirectory ? fs.rmdir(file) : fs.unlink(file));
  } finally {
    await release();
  }
  return true;
}

/** Reads a lock file; undefined when there is none. */
async function readLock(file: string): Promise<Lock | undefined> {
  try {
    const facts = await fs.lstat(file);
    const isFile = facts.isFile() && facts.size <= MAX_LOCK_BYTES;
    const { id, pid, start, host } = (isFile && parseJsonObject(await fs.readFile(file, 'utf8'))) || {};
    const isKnown = /^[0-9a-f]{12}$/.test(String(id)) && Number.isInteger(pid) && Number(pid) > 0;
    const owner = { pid: Number(pid), start: Number(start), host: String(host) };
    const isDirectory = facts.isDirectory();
    const about = { renewedAt: facts.mtimeMs, isEmpty: facts.size === 0 && !isDirectory, isDirectory };
    return isKnown ? { id: String(id), owner, ...about } : { id: `${facts.ino}-${facts.mtimeMs}`, ...about };
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

async function isVoid({ owner, renewedAt, isEmpty }: Lock): Promise<boolean> {
  const state = owner ? await lookAtProcess(owner) : 'unknown';
  if (state !== 'unknown') return state === 'dead';
  return Math.abs(Date.now() - renewedAt) > (isEmpty ? EMPTY_MS : STALE_MS);
}

async function lockedOut(path: string, file: string): Promise<HugwireError> {
  const { owner } = (await readLock(file).catch(() => undefined)) ?? {};
  const who = owner ? `process ${owner.pid} on ${owner.host.split(' ')[0]}` : 'another process';
  return new HugwireError('unavailable', `${path} cannot be changed: ${who} holds ${file}.`, {
    hint: 'Try again in a moment; end that process if it hangs.',
  });
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
