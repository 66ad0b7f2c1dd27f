// Its functions are loaded when one is called: a start needs none of them.
import { closeSync, promises as fs, futimesSync, openSync, realpath, writeSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { HugwireError } from './errors.js';
import { parseJsonObject } from './json.js';
import { explainPathTrap, isWindows } from './platform.js';
import { lookAtProcess, ownIdentity, type ProcessIdentity } from './processes.js';
import { explainSystemError, isMissing, systemCode } from './system-errors.js';
import { cleanLine } from './text.js';

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
    await replaceFile(path, after, before === undefined ? { mode } : {});
    return true;
  });
}

/**
 * `changeFile` for one that holds a secret: nobody but the user may read it, or look into its directory.
 * @throws HugwireError as `changeFile`
 */
export async function changeSecretFile(path: string, change: Parameters<typeof changeFile>[1]): Promise<boolean> {
  // What a looser umask once made is narrowed before the secret is there, not after.
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(() => {});
  await fs.chmod(dirname(path), 0o700).catch(() => {});
  await fs.chmod(path, 0o600).catch(() => {});
  return changeFile(path, change, { mode: 0o600 });
}

/**
 * Writes a file whole or not at all. Links are followed.
 * @param path of the file; its directory is made if need be
 * @param content all of it
 * @param options `mode`: its permissions; without, an existing file keeps its own
 * @throws HugwireError `unavailable` when it cannot be written
 */
export async function replaceFile(path: string, content: string | Buffer, options: ChangeOptions = {}): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    // A copy: it notes the permissions of the file in there.
    await withPatience(() => writeFileAtomic(path, content, { ...options }));
  } catch (cause) {
    throw fileFailure(path, 'written', cause);
  }
}

/** What Windows says of a file that another program has open, or that is being removed. */
const HELD = ['EPERM', 'EACCES', 'EBUSY'];
const HELD_MS = 2_000;

/**
 * Does something with a file that other programs may have open: what Windows refuses meanwhile is tried again for two seconds.
 * @param action replaces, makes, reads or removes the file; it may be done several times
 * @throws what the last try threw
 */
export async function withPatience<Result>(action: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + HELD_MS;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 200)) {
    try {
      return await action();
    } catch (cause) {
      if (!isWindows() || !HELD.includes(systemCode(cause)) || performance.now() > until) throw cause;
    }
    await new Promise((wake) => setTimeout(wake, pause * (0.5 + Math.random() / 2)));
  }
}

/**
 * Keeps other processes that ask for the same lock away while some work is done. A lock that a process left behind when it
 * died is free at once.
 * @param path of the file that the work is about; it need not exist, and its directory is made
 * @param work what to do
 * @param options how long to wait for the lock, in milliseconds, and what to throw when it is held for longer
 * @returns what the work gives
 * @throws HugwireError `unavailable` when the directory cannot be written, or the lock is held for too long
 */
export async function withFileLock<Result>(
  path: string,
  work: () => Promise<Result>,
  { patienceMs = PATIENCE_MS, busy }: { patienceMs?: number; busy?: HugwireError } = {},
): Promise<Result> {
  const file = `${resolve(path)}.lock`;
  const until = performance.now() + patienceMs;
  let release: (() => Promise<void>) | undefined;
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    for (let pause = 20; ; pause = Math.min(pause * 1.2, 200)) {
      const found = await withPatience(async () => (await takeLock(file)) ?? (await removeDeadLock(file)));
      if (typeof found === 'function') {
        release = found;
        break;
      }
      if (found) continue;
      if (performance.now() > until) break;
      await new Promise((wake) => setTimeout(wake, pause * (0.5 + Math.random() / 2)));
    }
  } catch (cause) {
    throw fileFailure(path, 'locked', cause);
  }
  if (!release) throw busy ?? (await lockedOut(path, file));
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
    if (systemCode(cause) === 'EEXIST') return undefined;
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
    await withPatience(async () => (await isOurs()) && fs.rm(file, { force: true }));
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
export async function removeDeadLock(file: string): Promise<boolean> {
  const found = await readLock(file);
  if (!found) return true;
  if (!(await isVoid(found))) return false;
  const claim = `${file}.${found.id}`;
  const release = await takeLock(claim);
  if (!release) {
    // Who holds the claim may be dead as well.
    await removeDeadLock(claim);
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

/**
 * Whether a lock file was left behind by a process that died.
 * @param file of the lock
 */
export async function isDeadLock(file: string): Promise<boolean> {
  const found = await readLock(file);
  return found !== undefined && (await isVoid(found));
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
 * @param path of the file
 * @param options `utf8Only`: refuse UTF-16, which hugwire's own files may be in, and those of other programs may not
 * @returns undefined when there is no file
 * @throws HugwireError `unavailable` when it cannot be read, or is no text, which writing it would spoil
 */
export async function readText(path: string, options?: { utf8Only: boolean }): Promise<string | undefined> {
  try {
    return decodeText(await withPatience(() => fs.readFile(path)), options);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw fileFailure(path, 'read', cause);
  }
}

/**
 * Text that a person may have written: UTF-8, or UTF-16 with its byte order mark, as PowerShell 5 writes it. The mark stays.
 * @param bytes of a file
 * @param options `utf8Only`: see `readText`
 * @throws TypeError with the code `ERR_ENCODING_INVALID_ENCODED_DATA` when it is neither
 */
export function decodeText(bytes: Uint8Array, { utf8Only = false } = {}): string {
  const start = utf8Only ? '' : Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[start] ?? 'utf-8';
  return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
}

/**
 * Makes an empty directory for what is removed again soon.
 * @param name begins its name
 * @returns its path
 * @throws HugwireError `unavailable` when the system's directory for that is missing, full or not to be written
 */
export async function makeTemporary(name: string): Promise<string> {
  const directory = tmpdir();
  try {
    return await fs.mkdtemp(join(directory, `${name}-`));
  } catch (cause) {
    throw fileFailure(directory, 'written to', cause);
  }
}

/**
 * Where a path really leads, all links resolved. Where the system itself cannot tell, on RAM disks and for very long paths, the
 * links are followed one by one.
 * @param path of something that is there
 * @throws the system's error
 */
export async function realPath(path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (cause) {
    const walked = isMissing(cause) ? undefined : await promisify(realpath)(path).catch(() => undefined);
    // Only the system knows what a short name such as PROGRA~1 stands for, which may be hidden.
    if (walked === undefined || (isWindows() && /~\d/.test(walked))) throw cause;
    return walked;
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
 * The absolute path that a person means.
 * @param path with `~` for the home directory; relative to where hugwire was started
 * @param what names it in the error, such as `--config`
 * @throws HugwireError `invalid_arguments` when Windows would take it for something else
 */
export function toAbsolute(path: string, what: string): string {
  const expanded = expandHome(path);
  const trap = explainPathTrap(expanded);
  if (trap === undefined) return resolve(expanded);
  throw new HugwireError('invalid_arguments', `${what}: "${cleanLine(path, 200)}" ${trap}.`);
}

/**
 * Writes what somebody asked for into a file that only they can read.
 * @param path of the file
 * @param text all of it
 * @param force whether a file that is there may be replaced
 * @throws HugwireError `invalid_arguments` when it is there; `unavailable` when it cannot be written
 */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  const file = toAbsolute(path, '--output');
  try {
    await fs.writeFile(file, text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') {
      throw new HugwireError('invalid_arguments', `${path} already exists.`, {
        hint: 'Name another file, or add --force.',
      });
    }
    throw fileFailure(path, 'written', cause);
  }
}
