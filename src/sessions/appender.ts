/** Where whole lines go. Tests give one that fails. */
export interface Sink {
  /**
   * Writes some of the bytes.
   * @returns how many
   */
  write(bytes: Buffer): Promise<number>;
  /** The same at once, for the end of the process. */
  writeNow(bytes: Buffer): number;
  close(): Promise<void>;
}

/** A disk that does not keep up must not fill the memory. */
const MAX_WAITING = 8 * 2 ** 20;

/**
 * Writes lines in their order without making anybody wait: what comes within one turn of the event loop goes out in one
 * write, and what comes while that runs, in the next. The first failure ends it: lines are then dropped.
 */
export class Appender {
  readonly #open: () => Promise<Sink>;
  readonly #onFailure: (error: unknown) => void;
  #sink?: Sink;
  #lines: string[] = [];
  #waiting = 0;
  #writing?: Promise<void>;
  #failed = false;

  /**
   * @param open gives the sink; asked for with the first line
   * @param onFailure told once, when lines begin to be dropped
   */
  constructor(open: () => Promise<Sink>, onFailure: (error: unknown) => void) {
    this.#open = open;
    this.#onFailure = onFailure;
  }

  /** @param line without its end */
  add(line: string): void {
    if (this.#failed) return;
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting > MAX_WAITING) this.#fail(new Error('the disk does not keep up'));
    else this.#writing ??= this.#write();
  }

  /** Resolves when all that was added is written, or dropped. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Writes what was added and lets go of the sink; nothing can be added after. */
  async close(): Promise<void> {
    await this.settled();
    this.#failed = true;
    await this.#sink?.close();
  }

  /**
   * Writes what is left before the process ends. A write that is under way is not waited for: where the disk hangs, the
   * process would as well.
   */
  settleNow(): void {
    if (this.#writing && !this.#idle) return;
    try {
      for (let rest = this.#take(); this.#sink && rest.length > 0; ) rest = rest.subarray(this.#sink.writeNow(rest));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** True between being asked to write and writing: nothing is on its way then. */
  #idle = false;

  async #write(): Promise<void> {
    try {
      this.#sink ??= await this.#open();
      this.#idle = true;
      await new Promise((resolve) => setImmediate(resolve));
      this.#idle = false;
      for (let rest = this.#take(); rest.length > 0; rest = rest.length > 0 ? rest : this.#take()) {
        rest = rest.subarray(await this.#sink.write(rest));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#lines.map((line) => `${line}\n`).join(''));
    this.#lines = [];
    this.#waiting = 0;
    return bytes;
  }

  #fail(error: unknown): void {
    this.#lines = [];
    this.#waiting = 0;
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(error);
  }
}
