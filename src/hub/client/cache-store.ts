import { mkdir, stat } from 'node:fs/promises';
import type * as cacache from 'cacache';
import type { CacheObject, verify } from 'cacache';
import type { LRUCache } from 'lru-cache';
import type { CacheKind } from '../types.js';

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

interface StoreOptions {
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

/** A sweep leaves this share of the allowed size, so that the next one is not due at once. */
const LEAVE = 0.8;

/** What lies in the cache. */
export interface CacheInfo {
  directory: string;
  answers: number;
  bytes: number;
  /** When the oldest and the newest answer were last used, milliseconds since the epoch. */
  oldest?: number;
  newest?: number;
  /** Answers and bytes by kind. */
  kinds: Record<string, { answers: number; bytes: number }>;
}

/**
 * Brings the cache down to its size: what was used least recently goes first, then all content that no answer needs.
 * Other processes may use the cache meanwhile; at worst they miss an answer.
 * @param directory of the cache
 * @param maxBytes the size it may have
 */
export async function sweepCache(directory: string, maxBytes: number): Promise<void> {
  const { default: cacache } = await import('cacache');
  try {
    const entries = await listEntries(directory);
    const total = entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
    const drop = new Set(total > maxBytes ? leastUsedBeyond(entries, maxBytes * LEAVE) : []);
    const filter = (entry: CacheObject) => !drop.has(entry.key);
    // The package's types give `filter` the wrong type.
    await cacache.verify(directory, { filter } as unknown as verify.Options);
  } catch {
    // A disk that cannot be swept is left as it is: no answer depends on it.
  }
}

/**
 * Counts what lies in the cache.
 * @param directory of the cache; it need not exist
 */
export async function cacheInfo(directory: string): Promise<CacheInfo> {
  const entries = await listEntries(directory);
  const kinds: CacheInfo['kinds'] = {};
  for (const entry of entries) {
    const kind = String(entry.metadata?.kind ?? 'other');
    const { answers, bytes } = kinds[kind] ?? { answers: 0, bytes: 0 };
    kinds[kind] = { answers: answers + 1, bytes: bytes + (entry.size ?? 0) };
  }
  const times = entries.map(({ time }) => time);
  return {
    directory,
    answers: entries.length,
    bytes: entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0),
    oldest: times.length > 0 ? Math.min(...times) : undefined,
    newest: times.length > 0 ? Math.max(...times) : undefined,
    kinds,
  };
}

/**
 * Removes every answer. Running servers go on and fill the cache anew.
 * @param directory of the cache; it need not exist
 * @returns what was there
 */
export async function clearCache(directory: string): Promise<CacheInfo> {
  const before = await cacheInfo(directory);
  const { default: cacache } = await import('cacache');
  if (await exists(directory)) await cacache.rm.all(directory);
  return before;
}

async function listEntries(directory: string): Promise<CacheObject[]> {
  const { default: cacache } = await import('cacache');
  return (await exists(directory)) ? Object.values(await cacache.ls(directory)) : [];
}

function leastUsedBeyond(entries: CacheObject[], maxBytes: number): string[] {
  let bytes = 0;
  return entries
    .toSorted((a, b) => b.time - a.time)
    .filter((entry) => {
      bytes += entry.size ?? 0;
      return bytes > maxBytes;
    })
    .map(({ key }) => key);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
