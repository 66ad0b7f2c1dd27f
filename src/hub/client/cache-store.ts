import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { withPatience } from '../../lib/files.js';
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

/** Of the files: what another version wrote is a miss. */
const FORMAT = 1;
const DIGEST_LENGTH = 64;
/** The digest, what is known of the answer, and the line ends; an answer with more than that is not kept. */
const LONGEST_HEAD = 16_384;
const LARGEST_BODY = 8 * 1024 * 1024;
const MEMORY_BYTES = 8 * 1024 * 1024;
/** About what an answer takes in memory beside its body. */
const OBJECT_BYTES = 2000;
/** An answer that is read is marked as used again at most this often. */
const TOUCH_EVERY_MS = 6 * 3_600_000;
/** How long a disk that refused a write is left alone. */
const WRITE_PAUSE_MS = 300_000;
const DAY_MS = 86_400_000;
/** A file that was being written for this long belongs to a process that is gone. */
const ABANDONED_MS = 3_600_000;
/** A sweep leaves this share of the allowed size, so that the next one is not due at once. */
const LEAVE = 0.8;
const FILES_AT_ONCE = 16;

const SALT_FILE = 'salt';
/** Touched by each sweep. */
const SWEEP_FILE = 'swept';
const ANSWER_FILE = /^[0-9a-f]{64}$/;
/** What is written before it is renamed. */
const PART_FILE = /^(?:[0-9a-f]{64}|salt)\.\d+$/;
/** What the cache was made of before: content and index of the package cacache. */
const OLD_ENTRY = /^(?:content-v\d+|index-v\d+|tmp|_lastverified)$/;

/**
 * Answers on disk, one file each, with the latest ones in memory too; or in memory alone. Several processes may share the
 * directory. Nothing here throws: what cannot be read is a miss, what cannot be written is not kept.
 */
export class AnswerStore {
  readonly #directory: string | undefined;
  readonly #maxBytes: number;
  /** The least recently used comes first. */
  readonly #memory = new Map<string, KeptAnswer>();
  #memoryBytes = 0;
  #salt?: Promise<string>;
  /** One write after the other: so the last answer of a key is the one that stays, and none falls into a sweep. */
  #writes: Promise<unknown> = Promise.resolve();
  #writtenBytes = 0;
  #writeAgainAt = 0;
  #sweptToday = false;

  /**
   * @param directory made with the first answer that is kept; only this user may read it. Undefined: nothing is written
   * @param maxBytes the size that it may grow to
   */
  constructor(directory: string | undefined, maxBytes: number) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
  }

  /** A secret that all processes with this directory share, for hashes that tell nothing of what went into them. */
  salt(): Promise<string> {
    this.#salt ??=
      this.#directory === undefined ? Promise.resolve(randomBytes(16).toString('hex')) : shareSalt(this.#directory);
    return this.#salt;
  }

  /** @param key SHA-256 in hex */
  async get(key: string): Promise<KeptAnswer | undefined> {
    const known = this.#memory.get(key) ?? (await this.#read(key));
    if (known) this.#remember(key, known);
    return known;
  }

  /**
   * Keeps an answer; the disk is written in the background.
   * @param key SHA-256 in hex
   * @param answer what to keep; larger ones than a tenth of the cache are not
   */
  put(key: string, answer: KeptAnswer): void {
    if (answer.bytes.length > Math.min(LARGEST_BODY, this.#maxBytes / 10)) return;
    this.#remember(key, answer);
    // Who is logged in is nobody else's business, and soon wrong.
    const directory = this.#directory;
    if (directory && answer.kind !== 'account') this.#inBackground(() => this.#write(key, answer, directory));
  }

  /** @param key of an answer that is no longer true */
  async remove(key: string): Promise<void> {
    this.#forget(key);
    const directory = this.#directory;
    if (directory) this.#inBackground(() => rm(join(directory, key), { force: true }));
    await this.#writes;
  }

  /** Resolves once everything is on disk: for programs that end right after. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  #remember(key: string, answer: KeptAnswer): void {
    this.#forget(key);
    this.#memory.set(key, answer);
    this.#memoryBytes += answer.bytes.length + OBJECT_BYTES;
    for (const oldest of this.#memory.keys()) {
      if (this.#memoryBytes <= Math.min(MEMORY_BYTES, this.#maxBytes)) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#memory.get(key);
    if (!known) return;
    this.#memory.delete(key);
    this.#memoryBytes -= known.bytes.length + OBJECT_BYTES;
  }

  async #read(key: string): Promise<KeptAnswer | undefined> {
    if (this.#directory === undefined) return undefined;
    const path = join(this.#directory, key);
    try {
      const { mtimeMs, size } = await stat(path);
      const kept = size > LARGEST_BODY + LONGEST_HEAD ? undefined : decode(key, await readFile(path));
      const now = new Date();
      if (!kept) await this.remove(key);
      else if (now.getTime() - mtimeMs > TOUCH_EVERY_MS) this.#inBackground(() => utimes(path, now, now));
      return kept;
    } catch {
      return undefined;
    }
  }

  async #write(key: string, answer: KeptAnswer, directory: string): Promise<void> {
    if (Date.now() < this.#writeAgainAt) return;
    const file = encode(key, answer);
    if (file.length - answer.bytes.length > LONGEST_HEAD) return;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceFile(join(directory, key), file);
    } catch {
      this.#writeAgainAt = Date.now() + WRITE_PAUSE_MS;
      return;
    }
    this.#writtenBytes += file.length;
    if (this.#writtenBytes > this.#maxBytes / 10 || (await this.#isSweepDue(directory))) {
      this.#writtenBytes = 0;
      await sweepCache(directory, this.#maxBytes);
    }
  }

  /** Short-lived servers never write a tenth of the cache: the first one of a day sweeps for all. */
  async #isSweepDue(directory: string): Promise<boolean> {
    if (this.#sweptToday) return false;
    this.#sweptToday = true;
    const last = await stat(join(directory, SWEEP_FILE)).catch(() => ({ mtimeMs: 0 }));
    return !(Date.now() - last.mtimeMs < DAY_MS);
  }

  #inBackground(write: () => Promise<unknown>): void {
    this.#writes = this.#writes.then(write).catch(() => {});
  }
}

/** A line with the digest of all that follows, a line of JSON, and the body. */
function encode(key: string, { bytes, ...facts }: KeptAnswer): Buffer {
  const content = Buffer.concat([Buffer.from(`${JSON.stringify({ format: FORMAT, key, ...facts })}\n`), bytes]);
  return Buffer.concat([Buffer.from(`${sha256(content)}\n`), content]);
}

/** Undefined when the file is damaged, or is not what this version of hugwire wrote for this key. */
function decode(key: string, file: Buffer): KeptAnswer | undefined {
  const content = file.subarray(DIGEST_LENGTH + 1);
  if (file.toString('latin1', 0, DIGEST_LENGTH) !== sha256(content)) return undefined;
  const end = content.indexOf('\n');
  const { format, key: itsKey, ...facts } = JSON.parse(content.toString('utf8', 0, end));
  return format === FORMAT && itsKey === key ? { ...facts, bytes: content.subarray(end + 1) } : undefined;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The salt that lies in the directory; written first if there is none. Without a usable disk one for this process. */
async function shareSalt(directory: string): Promise<string> {
  const path = join(directory, SALT_FILE);
  const found = await readSalt(path);
  if (found) return found;
  const fresh = randomBytes(16).toString('hex');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await replaceFile(path, fresh);
  } catch {
    return fresh;
  }
  // Another server may have written its own in between: the last one stands for all.
  return (await readSalt(path)) ?? fresh;
}

/**
 * Writes a file that is there whole or not at all, which only this user may read. What a crash of the machine leaves half
 * written is found when it is read, so the disk is not waited for; the first search loads no library for it either.
 */
async function replaceFile(path: string, content: Buffer | string): Promise<void> {
  const part = `${path}.${randomBytes(6).readUIntBE(0, 6)}`;
  try {
    await writeFile(part, content, { mode: 0o600, flag: 'wx' });
    await withPatience(() => rename(part, path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

async function readSalt(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

/**
 * Brings the cache down to its size: what was used least recently goes first. Removes what killed processes and earlier
 * versions left behind, too. Other processes may use the cache meanwhile; at worst they miss an answer.
 * @param directory of the cache
 * @param maxBytes the size it may have
 */
export async function sweepCache(directory: string, maxBytes: number): Promise<void> {
  const answers = await listFiles(directory, ANSWER_FILE);
  let total = answers.reduce((sum, { size }) => sum + size, 0);
  const wanted = total > maxBytes ? maxBytes * LEAVE : maxBytes;
  for (const { path, size } of answers.sort((one, other) => one.usedAt - other.usedAt)) {
    if (total <= wanted) break;
    await rm(path, { force: true }).catch(() => {});
    total -= size;
  }
  await removeRemains(directory);
  await writeFile(join(directory, SWEEP_FILE), '', { mode: 0o600 }).catch(() => {});
}

async function removeRemains(directory: string): Promise<void> {
  const parts = await listFiles(directory, PART_FILE);
  const abandoned = parts.filter(({ usedAt }) => Date.now() - usedAt > ABANDONED_MS).map(({ path }) => path);
  const old = (await listFiles(directory, OLD_ENTRY)).map(({ path }) => path);
  for (const path of [...abandoned, ...old]) await rm(path, { recursive: true, force: true }).catch(() => {});
}

/**
 * Counts what lies in the cache.
 * @param directory of the cache; it need not exist
 */
export async function cacheInfo(directory: string): Promise<CacheInfo> {
  const limit = pLimit(FILES_AT_ONCE);
  const files = await listFiles(directory, ANSWER_FILE);
  const answers = await Promise.all(
    files.map(({ path, size, usedAt }) => limit(async () => ({ usedAt, ...(await readHead(path, size)) }))),
  );
  const kinds: CacheInfo['kinds'] = {};
  for (const { kind, bytes } of answers) {
    const before = kinds[kind] ?? { answers: 0, bytes: 0 };
    kinds[kind] = { answers: before.answers + 1, bytes: before.bytes + bytes };
  }
  const times = answers.map(({ usedAt }) => usedAt).sort((one, other) => one - other);
  const bytes = answers.reduce((sum, answer) => sum + answer.bytes, 0);
  return { directory, answers: answers.length, bytes, oldest: times[0], newest: times.at(-1), kinds };
}

/**
 * Removes every answer. Running servers go on and fill the cache anew.
 * @param directory of the cache; it need not exist
 * @returns what was there
 */
export async function clearCache(directory: string): Promise<CacheInfo> {
  const before = await cacheInfo(directory);
  for (const { path } of await listFiles(directory, ANSWER_FILE)) await rm(path, { force: true });
  await removeRemains(directory);
  return before;
}

/** The kind of an answer, and the bytes of its body. */
async function readHead(path: string, size: number): Promise<{ kind: string; bytes: number }> {
  try {
    const file = await open(path);
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(LONGEST_HEAD), 0, LONGEST_HEAD, 0)
      .finally(() => file.close());
    const end = buffer.subarray(0, bytesRead).indexOf('\n', DIGEST_LENGTH + 1);
    const { kind } = JSON.parse(buffer.toString('utf8', DIGEST_LENGTH + 1, end));
    return { kind: String(kind), bytes: size - end - 1 };
  } catch {
    return { kind: 'other', bytes: size };
  }
}

/** The entries of the directory whose names look like this; none when there is no directory. */
async function listFiles(directory: string, name: RegExp): Promise<{ path: string; size: number; usedAt: number }[]> {
  const limit = pLimit(FILES_AT_ONCE);
  const names = await readdir(directory).catch(() => []);
  const found = names.filter((one) => name.test(one)).map((one) => limit(() => describeFile(join(directory, one))));
  return (await Promise.all(found)).filter((file) => file !== undefined);
}

async function describeFile(path: string) {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, size, usedAt: mtimeMs };
  } catch {
    // Another process removed it meanwhile.
    return undefined;
  }
}
