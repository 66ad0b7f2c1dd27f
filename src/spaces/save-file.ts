import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HugwireError } from '../errors.js';
import { expandHome } from '../files/home.js';

const MAX_TRIES = 10_000;

/** A file being written; nobody sees it under its own name before it is whole. */
export interface Draft {
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Gives the file its name: `stem_1.extension`, or the next number that is free.
   * @returns the absolute path
   */
  publish(stem: string, extension: string): Promise<string>;
  /** Removes what was written; does nothing after `publish`. */
  discard(): Promise<void>;
}

/**
 * Begins a file in a directory, which is made if need be. Several processes may do so in the same directory.
 * @param directory where to save; a leading `~` is the home directory
 * @throws HugwireError `unavailable` that says what is wrong with the directory or the disk, here and in every method
 */
export async function draftFile(directory: string): Promise<Draft> {
  const home = resolve(expandHome(directory));
  const path = join(home, `.hugwire-${randomBytes(9).toString('base64url')}.part`);
  const handle = await explained(home, async () => {
    await mkdir(home, { recursive: true });
    return open(path, 'wx');
  });
  return new OpenDraft(home, path, handle);
}

class OpenDraft implements Draft {
  #open = true;

  constructor(
    readonly directory: string,
    readonly path: string,
    readonly handle: FileHandle,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    await explained(this.directory, () => this.handle.writeFile(chunk));
  }

  async publish(stem: string, extension: string): Promise<string> {
    return explained(this.directory, async () => {
      await this.#close();
      for (let count = 1; count <= MAX_TRIES; count += 1) {
        const target = join(this.directory, `${stem}_${count}.${extension}`);
        if (await claim(this.path, target)) return target;
      }
      const target = join(this.directory, `${stem}_${randomBytes(6).toString('hex')}.${extension}`);
      await rename(this.path, target);
      return target;
    });
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.handle.close();
  }
}

/** Moves a file to a name that nobody has; false when somebody has it. */
async function claim(path: string, target: string): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(path, target);
    await rm(path, { force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
  }
  // The file system has no links: take the name first, then replace what is now ours.
  try {
    await (await open(target, 'wx')).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  await rename(path, target);
  return true;
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'hugwire may not write there',
  EPERM: 'hugwire may not write there',
  EROFS: 'it is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  ENAMETOOLONG: 'the path is too long',
};

async function explained<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = codeOf(cause);
    const reason = REASONS[code] ?? `the system says ${code || 'no'}`;
    throw new HugwireError('unavailable', `Nothing can be saved in ${directory}: ${reason}.`, {
      hint: 'files.saveTo in the config names another directory.',
      cause,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
