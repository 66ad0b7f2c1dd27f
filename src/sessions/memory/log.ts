import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure, withFileLock } from '../../lib/files.js';
import { isMissing } from '../../lib/system-errors.js';

/** What is new in the file since it was last read. */
export interface NewLines {
  /** The file was replaced or changed by hand: forget all that it said, these are all its lines. */
  anew: boolean;
  lines: string[];
  /** What stands behind the last line end: being written, half-written, or by a person. It comes again next time. */
  rest?: string;
}

/** How much of what was read is looked at again, to see that it is still the same file. */
const TAIL_BYTES = 256;

interface Seen {
  inode: number;
  size: number;
  modified: number;
}

/**
 * A file of lines that several processes add to and read along. Lines are added whole, under a lock, so that no process
 * can replace the file meanwhile.
 */
export class LineLog {
  readonly path: string;
  #seen: Seen | undefined;
  /** Bytes that were read: up to the end of the last whole line. */
  #offset = 0;
  #tail: Buffer = Buffer.alloc(0);

  /** @param path of the file; it need not exist */
  constructor(path: string) {
    this.path = path;
  }

  /** Bytes of the file when it was last read. */
  get size(): number {
    return this.#seen?.size ?? 0;
  }

  /**
   * Reads what was added since the last time; all of it when the file is another.
   * @throws HugwireError `unavailable` when it cannot be read
   */
  async read(): Promise<NewLines> {
    try {
      const { ino, size, mtimeMs } = await stat(this.path);
      const seen = this.#seen;
      const [same, grown] = [ino === seen?.inode && size >= this.#offset, size !== seen?.size];
      if (same && !grown && mtimeMs === seen?.modified) return { anew: false, lines: [] };
      const handle = await open(this.path, 'r');
      try {
        const goesOn = same && grown && (await this.#hasTail(handle));
        return { anew: !goesOn, ...(await this.#readFrom(handle, goesOn ? this.#offset : 0)) };
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (!isMissing(cause)) throw fileFailure(this.path, 'read', cause);
      const anew = this.#seen !== undefined;
      this.#seen = undefined;
      this.#offset = 0;
      return { anew, lines: [] };
    }
  }

  /**
   * Keeps other processes from adding while some work is done.
   * @param work what to do; only within it may `append` be called
   */
  locked<Result>(work: () => Promise<Result>): Promise<Result> {
    return withFileLock(this.path, work);
  }

  /**
   * Adds lines, all or none. The lock must be held.
   * @throws HugwireError `unavailable` when they cannot be written; the file is then as before
   */
  async append(lines: readonly string[]): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      handle = await open(this.path, 'a+', 0o600);
      const { size } = await handle.stat();
      // A process that died while it wrote has left half a line.
      const half = size > 0 && (await readBytes(handle, size - 1, 1))[0] !== 0x0a;
      const text = `${half ? '\n' : ''}${lines.join('\n')}\n`;
      try {
        await handle.appendFile(text);
        await handle.datasync();
      } catch (cause) {
        await handle.truncate(size);
        throw cause;
      }
    } catch (cause) {
      throw fileFailure(this.path, 'written', cause);
    } finally {
      await handle?.close();
    }
  }

  /**
   * Replaces the file as a whole. The lock must be held.
   * @param lines all that is to be in it
   * @throws HugwireError `unavailable` when it cannot be written; the file is then as before
   */
  async replace(lines: readonly string[]): Promise<void> {
    const { default: writeFileAtomic } = await import('write-file-atomic');
    try {
      await writeFileAtomic(this.path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    } catch (cause) {
      throw fileFailure(this.path, 'written', cause);
    }
  }

  async #hasTail(handle: FileHandle): Promise<boolean> {
    const length = this.#tail.length;
    return this.#tail.equals(await readBytes(handle, this.#offset - length, length));
  }

  async #readFrom(handle: FileHandle, start: number): Promise<Omit<NewLines, 'anew'>> {
    const { ino, size, mtimeMs } = await handle.stat();
    const bytes = await readBytes(handle, start, size - start);
    const end = bytes.lastIndexOf(0x0a) + 1;
    const whole = bytes.subarray(0, end);
    this.#offset = start + end;
    this.#tail = Buffer.concat([start === 0 ? Buffer.alloc(0) : this.#tail, whole]).subarray(-TAIL_BYTES);
    this.#seen = { inode: ino, size, modified: mtimeMs };
    const lines = whole.toString('utf8').split('\n');
    const rest = bytes.subarray(end).toString('utf8');
    return { lines: lines.filter((line) => line.trim() !== ''), ...(rest ? { rest } : {}) };
  }
}

async function readBytes(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
