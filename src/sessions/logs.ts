import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { fileFailure, withFileLock, withPatience } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { appendLines, readLines } from '../lib/jsonl.js';
import { isMissing } from '../lib/system-errors.js';

export interface LogInfo {
  name: string;
  /** When it was last added to, in milliseconds since 1970. */
  changedAt: number;
  bytes: number;
}

/**
 * Logs of lines that are only added to, by several processes at once: files of this machine, or the shared store. Their names
 * are hexadecimal digits and dashes.
 */
export interface Logs {
  /** @returns false when there is one of that name */
  begin(name: string, line: string): Promise<boolean>;
  /**
   * Adds lines, all or none; they are kept when it resolves.
   * @param length adds them only when there are so many lines
   * @returns false when there is no such log, or it has another length
   * @throws HugwireError `too_large`, or `unavailable` when they cannot be kept; the log is then as before
   */
  add(name: string, lines: readonly string[], length?: number): Promise<boolean>;
  /** Its lines; none where there is no such log. */
  read(name: string): AsyncIterable<string>;
  /**
   * The one that was added to last comes first.
   * @param prefix of their names
   */
  list(prefix?: string): Promise<LogInfo[]>;
  /** @returns whether there was one: of several that remove it at once, one alone is told so */
  remove(name: string): Promise<boolean>;
  /**
   * Removes what was not added to for long, where that does not happen by itself.
   * @param olderThan milliseconds since 1970
   * @returns how many logs, and their bytes
   */
  prune(olderThan: number): Promise<{ count: number; bytes: number }>;
  /**
   * Does some work while no other process does so for the same log. It can be added to meanwhile.
   * @param busy what is thrown when others are not over within `waitMs`
   */
  alone<Result>(name: string, work: () => Promise<Result>, waitMs: number, busy: HugwireError): Promise<Result>;
}

export const LOG_LIMITS = {
  /** Bytes of a line: a message with several pictures. */
  line: 32 * 2 ** 20,
  /** Bytes of a log: all of it is read into memory. */
  log: 256 * 2 ** 20,
};

const FILE = /^([0-9a-f-]{16,64})\.jsonl$/;

/** Logs in a directory, one file each that only this user may read. */
export class FileLogs implements Logs {
  readonly #directory: string;

  /** @param directory made with the first log */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async begin(name: string, line: string): Promise<boolean> {
    await this.#makeDirectory();
    return this.#write(name, 'a+', async (file, path) => {
      // A process that was killed may have left a part of the first line.
      for await (const _ of readLines(path, 0, LOG_LIMITS.line)) return false;
      await appendLines(file, [line]);
      return true;
    });
  }

  async add(name: string, lines: readonly string[], length?: number): Promise<boolean> {
    checkLines(lines);
    // Without a file it was removed, and is not to come back without its beginning.
    const flags = constants.O_RDWR | constants.O_APPEND;
    return this.#write(name, flags, async (file, path) => {
      const { size } = await file.stat();
      const more = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      if (size + more > LOG_LIMITS.log) throw tooLarge('The conversation', LOG_LIMITS.log);
      if (length !== undefined) {
        let count = 0;
        for await (const _ of readLines(path, 0, LOG_LIMITS.line)) count += 1;
        if (count !== length) return false;
      }
      await appendLines(file, lines);
      return true;
    });
  }

  async *read(name: string): AsyncGenerator<string> {
    const path = this.#pathOf(name);
    try {
      for await (const { text } of readLines(path, 0, LOG_LIMITS.line)) yield text;
    } catch (cause) {
      if (!isMissing(cause)) throw fileFailure(path, 'read', cause);
    }
  }

  async list(prefix = ''): Promise<LogInfo[]> {
    const names = await readdir(this.#directory).catch((cause) => {
      if (isMissing(cause)) return [];
      throw fileFailure(this.#directory, 'read', cause);
    });
    const found = await Promise.all(
      names.map(async (file): Promise<LogInfo[]> => {
        const name = FILE.exec(file)?.[1];
        if (name === undefined || !name.startsWith(prefix)) return [];
        // Another process may be removing it.
        const facts = await stat(join(this.#directory, file)).catch(() => undefined);
        return facts?.isFile() ? [{ name, changedAt: facts.mtimeMs, bytes: facts.size }] : [];
      }),
    );
    return found.flat().sort((one, other) => other.changedAt - one.changedAt || (one.name < other.name ? 1 : -1));
  }

  async remove(name: string): Promise<boolean> {
    const path = this.#pathOf(name);
    try {
      // `rm` would tell several that they removed it.
      await withPatience(() => unlink(path));
      return true;
    } catch (cause) {
      if (isMissing(cause)) return false;
      throw fileFailure(path, 'removed', cause);
    }
  }

  async alone<Result>(name: string, work: () => Promise<Result>, waitMs: number, busy: HugwireError): Promise<Result> {
    await this.#makeDirectory();
    return withFileLock(join(this.#directory, `${name}.turn`), work, { patienceMs: waitMs, busy });
  }

  async prune(olderThan: number): Promise<{ count: number; bytes: number }> {
    const pruned = { count: 0, bytes: 0 };
    for (const { name, changedAt, bytes } of await this.list()) {
      if (changedAt >= olderThan || !(await this.remove(name))) continue;
      pruned.count += 1;
      pruned.bytes += bytes;
    }
    return pruned;
  }

  async #write(
    name: string,
    flags: string | number,
    work: (file: FileHandle, path: string) => Promise<boolean>,
  ): Promise<boolean> {
    const path = this.#pathOf(name);
    return withFileLock(path, async () => {
      let file: FileHandle | undefined;
      try {
        file = await withPatience(() => open(path, flags, 0o600));
        return await work(file, path);
      } catch (cause) {
        if (cause instanceof HugwireError) throw cause;
        if (isMissing(cause)) return false;
        throw fileFailure(path, 'written', cause);
      } finally {
        await file?.close();
      }
    });
  }

  async #makeDirectory(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      // What a looser umask or another program made is narrowed before anything is in it.
      await chmod(this.#directory, 0o700);
    } catch (cause) {
      throw fileFailure(this.#directory, 'made', cause);
    }
  }

  #pathOf(name: string): string {
    return join(this.#directory, `${name}.jsonl`);
  }
}

/** @throws HugwireError `too_large` when one of the lines cannot be kept */
export function checkLines(lines: readonly string[]): void {
  const isTooLong = (line: string) => Buffer.byteLength(line) > LOG_LIMITS.line;
  if (lines.some(isTooLong)) throw tooLarge('A message', LOG_LIMITS.line);
}

/**
 * @param what is too large
 * @param most bytes of it
 */
export function tooLarge(what: string, most: number): HugwireError {
  return new HugwireError('too_large', `${what} is too large to be kept: the most is ${formatBytes(most)}.`, {
    hint: 'Begin another conversation, or send smaller pictures and files.',
  });
}
