import type { Journal } from './journal.js';
import type { Entry } from './types.js';

/** What waits at most; beyond that the journal is made unasked. */
const MAX_QUEUE = 100;

export interface LateJournalOptions {
  /** Makes the journal; asked for once. */
  make(): Promise<Journal>;
  /** Told when it cannot be made. */
  onFailure(error: unknown): void;
}

/** A journal that is made when it is asked for: what is written before then waits, in its order. */
export class LateJournal {
  readonly #options: LateJournalOptions;
  #queue: Entry[] = [];
  #opening?: Promise<void>;
  #journal?: Journal;

  /** @param options how it is made */
  constructor(options: LateJournalOptions) {
    this.#options = options;
  }

  /** Whether it is there, or being made. */
  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  /** Makes it, unless that was done. Never throws, never waits. */
  open(): void {
    this.#opening ??= this.#make().catch(this.#options.onFailure);
  }

  write(entry: Entry): void {
    if (this.#journal) this.#journal.write(entry);
    else if (this.#queue.push(entry) > MAX_QUEUE) this.open();
  }

  /** Drops what waits. */
  forget(): void {
    this.#queue = [];
  }

  /** Resolves when all that was written since it was opened is on disk. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.#journal?.settled();
  }

  /** Writes everything and closes the file, if there is one. */
  async close(): Promise<void> {
    await this.#opening;
    // What cannot be closed can be left: the process ends.
    await this.#journal?.close().catch(() => {});
  }

  /** Writes what is left at once, as the process ends. */
  settleNow(): void {
    this.#journal?.settleNow();
  }

  async #make(): Promise<void> {
    const journal = await this.#options.make();
    for (const entry of this.#queue) journal.write(entry);
    this.#queue = [];
    this.#journal = journal;
  }
}
