import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { HugwireError } from '../errors.js';

const CHUNK = 64 * 1024;

/** What tells an open file from every other, and from itself with other bytes. */
export interface FileState {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
}

/**
 * Opens a regular file for reading; never waits, as opening a pipe would.
 * @param path absolute
 * @param shown what messages call it
 * @throws HugwireError `not_found`, or `blocked` for what may not be read or is no regular file
 */
export async function openRegular(path: string, shown: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    const code = codeOf(cause);
    const words = code === 'EACCES' || code === 'EPERM' ? 'may not be read by hugwire' : `cannot be read (${code})`;
    throw new HugwireError(code === 'ENOENT' ? 'not_found' : 'blocked', `"${shown}" ${words}.`, { cause });
  }
  throw new HugwireError('blocked', `"${shown}" is no regular file.`, {
    hint: 'Only files can be sent: no directories, pipes or devices.',
  });
}

/** The state of an open file, for `readUnchanged`. */
export async function stateOf(handle: FileHandle): Promise<FileState> {
  const { dev, ino, size, mtimeNs } = await handle.stat({ bigint: true });
  return { dev, ino, size, mtimeNs };
}

/**
 * Reads an open file from its beginning.
 * @param maxBytes at most
 * @returns what there is, up to that
 */
export async function readHead(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const head = Buffer.alloc(maxBytes);
  const { bytesRead } = await handle.read(head, 0, maxBytes, 0);
  return head.subarray(0, bytesRead);
}

/**
 * Reads a file in pieces, provided that it is the one that was checked, and still is at the end. It is opened with the
 * first piece and closed with the last, or when the reader leaves.
 * @param path absolute, links resolved
 * @param state of the file when it was checked
 * @param shown what messages call it
 * @throws HugwireError `blocked` when it was replaced or changed, or cannot be read any more
 */
export async function* readUnchanged(path: string, state: FileState, shown: string): AsyncGenerator<Uint8Array> {
  const handle = await openRegular(path, shown);
  try {
    await refuseChanged(handle, state, shown);
    const size = Number(state.size);
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, at).catch((cause) => {
        throw new HugwireError('blocked', `"${shown}" cannot be read (${codeOf(cause)}).`, { cause });
      });
      if (bytesRead === 0) throw changed(shown);
      // Up to the size that was checked and announced.
      yield buffer.subarray(0, Math.min(bytesRead, size - at));
      at += bytesRead;
    }
    await refuseChanged(handle, state, shown);
  } finally {
    await handle.close();
  }
}

async function refuseChanged(handle: FileHandle, state: FileState, shown: string): Promise<void> {
  const now = await stateOf(handle);
  const isSame = (Object.keys(now) as (keyof FileState)[]).every((key) => now[key] === state[key]);
  if (!isSame) throw changed(shown);
}

function changed(shown: string): HugwireError {
  return new HugwireError('blocked', `"${shown}" was changed while it was being sent.`, {
    hint: 'Nothing was run. Call again once the file is complete.',
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
