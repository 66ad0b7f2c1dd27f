import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure, replaceFile, withFileLock } from '../../lib/files.js';
import { appendLines, lineBytes, readBytes, wholeLines } from '../../lib/jsonl.js';
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

/**
 * A file of lines that several processes add to and read along. Lines are added whole, under a lock, so that no process
 * can replace the file meanwhile.
 */
export class LineLog {
  readonly path: string;
  #seen?: { inode: number; size: number; modified: number };
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
      const file = await open(this.path, 'r');
      try {
        const { ino, size, mtimeMs } = await file.stat();
        const seen = this.#seen;
        const [same, grown] = [ino === seen?.inode && size >= this.#offset, size !== seen?.size];
        if (same && !grown && mtimeMs === seen?.modified) return { anew: false, lines: [] };
        const goesOn = same && grown && (await this.#hasTail(file));
        return { anew: !goesOn, ...(await this.#readFrom(file, goesOn ? this.#offset : 0)) };
      } finally {
        await file.close();
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
    let file: FileHandle | undefined;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      file = await open(this.path, 'a+', 0o600);
      await appendLines(file, lines);
    } catch (cause) {
      throw fileFailure(this.path, 'written', cause);
    } finally {
      await file?.close();
    }
  }

  /**
   * Replaces the file as a whole. The lock must be held.
   * @param lines all that is to be in it
   * @throws HugwireError `unavailable` when it cannot be written; the file is then as before
   */
  async replace(lines: readonly string[]): Promise<void> {
    await replaceFile(this.path, lineBytes(lines), { mode: 0o600 });
  }

  async #hasTail(file: FileHandle): Promise<boolean> {
    const { length } = this.#tail;
    return this.#tail.equals(await readBytes(file, this.#offset - length, length));
  }

  async #readFrom(file: FileHandle, start: number): Promise<Omit<NewLines, 'anew'>> {
    const { ino, size, mtimeMs } = await file.stat();
    const bytes = await readBytes(file, start, size - start);
    const { lines, end } = wholeLines(bytes);
    this.#offset = start + end;
    // Copied, or the small piece would keep all that was read.
    const last = bytes.subarray(Math.max(0, end - TAIL_BYTES), end);
    this.#tail = Buffer.concat(start === 0 ? [last] : [this.#tail, last]).subarray(-TAIL_BYTES);
    this.#seen = { inode: ino, size, modified: mtimeMs };
    return {
      lines: lines.map(({ text }) => text).filter((text) => text.trim() !== ''),
      rest: bytes.toString('utf8', end) || undefined,
    };
  }
}
