// Its functions are loaded when one is called: a start needs none of them.
import { constants, promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { startProgram } from './children.js';
import { cancelled } from './errors.js';
import { systemCode } from './system-errors.js';
import { sleep } from './time.js';

/** Takes a lock of the system; the lock goes when the file is closed, or the process dies. */
type Take = (path: string, signal: AbortSignal, onWait: () => void) => Promise<fs.FileHandle | undefined>;

/**
 * Runs work under a lock that Python's `filelock` takes as well: `flock` on the systems of the Unix family, an exclusively opened
 * file on Windows. Node has neither. macOS and Windows lock a file as they open it. On Linux the program `flock` does it: it
 * locks the open file that it is given, and what it has locked stays so in this process.
 *
 * Where there is no such program, or the file system knows no locks, the work runs without one: what it does must be right then too.
 * @param path of the lock file; its directory is made, and it stays there, as others leave it
 * @param work what to do
 * @param options `signal` gives up the wait; `onWait` is told once when somebody else has the lock
 * @throws HugwireError `cancelled`, or what the work throws
 */
export async function withSystemLock<Result>(
  path: string,
  work: () => Promise<Result>,
  { signal, onWait = () => {} }: { signal: AbortSignal; onWait?: () => void },
): Promise<Result> {
  await fs.mkdir(dirname(path), { recursive: true });
  const take = Object.hasOwn(OPENING, process.platform) ? takeByOpening : takeByProgram;
  const handle = await take(path, signal, onWait);
  try {
    return await work();
  } finally {
    await handle?.close().catch(() => {});
  }
}

/** What makes opening a file lock it: O_EXLOCK of BSD, UV_FS_O_EXLOCK of libuv. Node names neither. */
const OPENING: Partial<Record<NodeJS.Platform, number>> = {
  darwin: 0x20 | constants.O_NONBLOCK,
  win32: 0x1000_0000,
};
/** What is said of a file that is locked, or that another program on Windows has open. */
const LOCKED = ['EAGAIN', 'EWOULDBLOCK', 'EBUSY', 'EACCES', 'EPERM'];
const POLL_MS = 200;

const takeByOpening: Take = async (path, signal, onWait) => {
  const flags = constants.O_RDWR | constants.O_CREAT | (OPENING[process.platform] ?? 0);
  for (let tries = 0; ; tries += 1) {
    try {
      return await fs.open(path, flags, LOCK_MODE);
    } catch (error) {
      if (!LOCKED.includes(systemCode(error))) return undefined;
    }
    if (tries === 0) onWait();
    await sleep(POLL_MS, signal);
  }
};

/** As Python makes them: several users may share a cache. */
const LOCK_MODE = 0o664;
/** What `flock -n` exits with where another has the lock. */
const HELD = 1;

const takeByProgram: Take = async (path, signal, onWait) => {
  const handle = await fs.open(path, 'a', LOCK_MODE).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const code = await runFlock(['-n'], handle.fd, signal);
    if (code !== HELD) return handle;
    onWait();
    await runFlock([], handle.fd, signal);
    if (signal.aborted) throw cancelled();
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/** @returns what it exits with; undefined where there is no such program, or it was ended */
function runFlock(options: string[], fd: number, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = startProgram('flock', [...options, '3'], {
      env: process.env,
      stdio: ['ignore', 'ignore', 'ignore', fd],
      signal,
    });
    child.once('error', () => resolve(undefined));
    child.once('exit', (code) => resolve(code ?? undefined));
  });
}
