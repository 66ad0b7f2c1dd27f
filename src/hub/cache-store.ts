import { mkdir } from 'node:fs/promises';
import type * as cacache from 'cacache';
import type { LRUCache } from 'lru-cache';
import { sweepCache } from './cache-sweep.js';
import type { CacheKind } from './types.js';

/** An answer of the Hub as it is kept. */
export interface KeptAnswer {
  kind: CacheKind;
  status: number;
  url: string;
  headers: [string, string][];
  truncated: boolean;
  /** When the Hub last said that this is current, milliseconds since the epoch. */
  checkedAt: number;
  bytes: Uint8Array;
}

export interface StoreOptions {
  directory: string;
  maxMegabytes: number;
  now(): number;
}

const MEMORY_BYTES = 8 * 1024 * 1024;
const LARGEST_BYTES = 8 * 1024 * 1024;
/** An entry that is read is marked as used again at most this often. */
const TOUCH_EVERY_MS = 6 * 3_600_000;
/** How long a disk that refused a write is left alone. */
const WRITE_PAUSE_MS = 300_000;
const DAY_MS = 86_400_000;

/**
 * Answers on disk, with the latest ones in memory too. Several processes may share the directory. Nothing here throws:
 * what cannot be read is a miss, what cannot be written is not kept.
 */
export class AnswerStore {
  readonly #options: StoreOptions;
  readonly #maxBytes: number;
  #tools?: Promise<{ cacache: typeof cacache; memory: LRUCache<string, KeptAnswer> }>;
  /** One write after the other: so the last answer of a key is the one that stays, and none falls into a sweep. */
  #writes: Promise<unknown> = Promise.resolve();
  #writtenBytes = 0;
  #writeAgainAt = 0;
  #sweptToday = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#maxBytes = options.maxMegabytes * 1_000_000;
  }

  /** @param key as CacheKeys made it */
  async get(key: string): Promise<KeptAnswer | undefined> {
    const { memory } = await this.#load();
    const known = memory.get(key) ?? (await this.#read(key));
    if (known && !memory.has(key)) memory.set(key, known);
    return known;
  }

  /**
   * Keeps an answer; the disk is written in the background.
   * @param key as CacheKeys made it
   * @param answer what to keep; larger ones than a tenth of the cache are not
   */
  async put(key: string, answer: KeptAnswer): Promise<void> {
    if (answer.bytes.length > Math.min(LARGEST_BYTES, this.#maxBytes / 10)) return;
    const { memory } = await this.#load();
    memory.set(key, answer);
    // Who is logged in is nobody else's business, and soon wrong.
    if (answer.kind !== 'account') this.#inBackground(() => this.#write(key, answer));
  }

  /** @param key of an answer that is no longer true */
  async remove(key: string): Promise<void> {
    const { cacache, memory } = await this.#load();
    memory.delete(key);
    this.#inBackground(() => cacache.rm.entry(this.#options.directory, key));
    await this.#writes;
  }

  /** Resolves once everything is on disk: for programs that end right after. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  async #read(key: string): Promise<KeptAnswer | undefined> {
    const { cacache } = await this.#load();
    const { directory, now } = this.#options;
    const entry = await cacache.get.info(directory, key).catch(() => null);
    if (!entry) return undefined;
    const bytes = await cacache.get.byDigest(directory, entry.integrity).catch(() => undefined);
    // Damaged content must go, or the next write would find the file there and leave it.
    if (!bytes) await cacache.rm.content(directory, entry.integrity).catch(() => {});
    const kept = bytes && toKeptAnswer(entry.metadata, bytes);
    if (!kept) await this.remove(key);
    else if (now() - entry.time > TOUCH_EVERY_MS) {
      const { metadata, size } = entry;
      this.#inBackground(() => cacache.index.insert(directory, key, entry.integrity, { metadata, size }));
    }
    return kept;
  }

  async #write(key: string, answer: KeptAnswer): Promise<void> {
    const { directory, now } = this.#options;
    if (now() < this.#writeAgainAt) return;
    const { cacache } = await this.#load();
    const { bytes, ...metadata } = answer;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await cacache.put(directory, key, bytes, { metadata });
    } catch {
      this.#writeAgainAt = now() + WRITE_PAUSE_MS;
      return;
    }
    this.#writtenBytes += bytes.length;
    if (this.#writtenBytes > this.#maxBytes / 10 || (await this.#isSweepDue())) {
      this.#writtenBytes = 0;
      await sweepCache(directory, this.#maxBytes);
    }
  }

  /** Short-lived servers never write a tenth of the cache: the first one of a day sweeps for all. */
  async #isSweepDue(): Promise<boolean> {
    if (this.#sweptToday) return false;
    this.#sweptToday = true;
    const { cacache } = await this.#load();
    const last = await cacache.verify.lastRun(this.#options.directory).catch(() => new Date(0));
    return !(this.#options.now() - last.getTime() < DAY_MS);
  }

  #inBackground(write: () => Promise<unknown>): void {
    this.#writes = this.#writes.then(write).catch(() => {});
  }

  #load() {
    this.#tools ??= Promise.all([import('cacache'), import('lru-cache')]).then(
      ([{ default: cacache }, { LRUCache }]) => ({
        cacache,
        memory: new LRUCache<string, KeptAnswer>({
          maxSize: MEMORY_BYTES,
          sizeCalculation: (answer) => answer.bytes.length + 2000,
        }),
      }),
    );
    return this.#tools;
  }
}

/** Undefined when the entry was not written by this version of hugwire. */
function toKeptAnswer(metadata: Partial<KeptAnswer> | undefined, bytes: Uint8Array): KeptAnswer | undefined {
  if (!metadata || typeof metadata.checkedAt !== 'number' || typeof metadata.status !== 'number') return undefined;
  if (typeof metadata.kind !== 'string' || typeof metadata.url !== 'string') return undefined;
  if (typeof metadata.truncated !== 'boolean' || !Array.isArray(metadata.headers)) return undefined;
  return { ...(metadata as Omit<KeptAnswer, 'bytes'>), bytes };
}
