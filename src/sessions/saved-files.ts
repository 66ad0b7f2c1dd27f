import { createHash } from 'node:crypto';
import { lstat, open } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { realPath } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { parseJsonObject } from '../lib/json.js';
import { readBytes } from '../lib/jsonl.js';
import { cleanText } from '../lib/text.js';
import { LineLog } from './memory/log.js';

/** A file that a Space made and that was saved on this computer, as it was then. */
export interface SavedFileRecord {
  /** Absolute; links resolved. */
  path: string;
  bytes: number;
  /** Of its content, in hex. */
  sha256: string;
  mimeType: string;
  /** ISO 8601. */
  savedAt: string;
  /** Id of the session in which it was saved. */
  session?: string;
}

/** Files that are known; the oldest are forgotten, which leaves them on the disk. */
const MAX_RECORDS = 10_000;
/** Above this the file is written anew, with what is still known. */
const MAX_BYTES = 8_000_000;

/**
 * Which files hugwire saved: one file of lines, which every server adds to. It says what may be sent to a Space unasked, and
 * what the resources and the dashboard show.
 */
export class SavedFileIndex {
  readonly #log: LineLog;
  readonly #session?: string;
  readonly #records = new Map<string, SavedFileRecord>();
  #reading: Promise<void> = Promise.resolve();

  /**
   * @param path of the index; it need not exist
   * @param session id of the one whose files are added
   */
  constructor(path: string, session?: string) {
    this.#log = new LineLog(path);
    this.#session = session;
  }

  /**
   * Adds a file that has just been saved.
   * @throws HugwireError `unavailable` when it cannot be recorded
   */
  async add({ path, ...file }: Omit<SavedFileRecord, 'savedAt' | 'session'>): Promise<void> {
    const record = { path: await realPath(path), ...file, savedAt: new Date().toISOString(), session: this.#session };
    await this.#log.locked(async () => {
      await this.#log.append([JSON.stringify(record)]);
      await this.#read();
      if (this.#log.size <= MAX_BYTES) return;
      await this.#log.replace([...this.#records.values()].map((one) => JSON.stringify(one)));
    });
  }

  /**
   * What was saved under a path; the file may be another one by now.
   * @param path absolute, links resolved
   */
  async find(path: string): Promise<SavedFileRecord | undefined> {
    await this.#read();
    return this.#records.get(path);
  }

  /**
   * The files of a session, the newest first.
   * @param session its id
   */
  async list(session: string): Promise<SavedFileRecord[]> {
    await this.#read();
    return [...this.#records.values()].filter((record) => record.session === session).reverse();
  }

  /** In turn: what was read last tells where the next reading begins. */
  #read(): Promise<void> {
    this.#reading = this.#reading
      .catch(() => {})
      .then(async () => {
        const { anew, lines } = await this.#log.read();
        if (anew) this.#records.clear();
        for (const line of lines) {
          const record = readRecord(line);
          if (!record) continue;
          this.#records.delete(record.path);
          this.#records.set(record.path, record);
          const [oldest] = this.#records.keys();
          if (this.#records.size > MAX_RECORDS && oldest !== undefined) this.#records.delete(oldest);
        }
      });
    return this.#reading;
  }
}

/** What a line tells; undefined when it makes no sense. */
function readRecord(line: string): SavedFileRecord | undefined {
  const { path, bytes, sha256, mimeType, savedAt, session } = parseJsonObject(line) ?? {};
  const isText = [path, sha256, mimeType, savedAt].every((value) => typeof value === 'string');
  if (!isText || !isAbsolute(String(path)) || !Number.isSafeInteger(bytes)) return undefined;
  const record = { path, bytes, sha256, mimeType, savedAt } as SavedFileRecord;
  return typeof session === 'string' ? { ...record, session } : record;
}

const MAX_LISTED = 100;
const MAX_TEXT_BYTES = 256 * 1024;
/** As base64 in one message of the protocol it must stay well under ten megabytes. */
const MAX_BLOB_BYTES = 5_000_000;
const IS_TEXT = /^text\/|^application\/(?:json|xml|yaml|toml|x-ndjson|jsonl)\b|\+(?:json|xml)\b/;

/**
 * The files that were saved in a session and are still there, the newest first.
 * @param index of all
 * @param session id
 */
export async function listSavedFiles(index: SavedFileIndex, session: string): Promise<SavedFileRecord[]> {
  const records = (await index.list(session)).slice(0, MAX_LISTED);
  const there = await Promise.all(records.map(isThere));
  return records.filter((_, at) => there[at]);
}

/**
 * Reads a file that was saved in a session.
 * @param index of all
 * @param session id
 * @param name of the file, without its directory
 * @returns undefined when no such file was saved, or it is gone, or another one by now
 * @throws HugwireError `too_large`
 */
export async function readSavedFile(
  index: SavedFileIndex,
  session: string,
  name: string,
): Promise<{ mimeType: string; text: string } | { mimeType: string; blob: string } | undefined> {
  const record = (await index.list(session)).find(({ path }) => basename(path) === name);
  if (!record || !(await isThere(record))) return undefined;
  const { path, bytes, mimeType, sha256 } = record;
  const isText = IS_TEXT.test(mimeType);
  const limit = isText ? MAX_TEXT_BYTES : MAX_BLOB_BYTES;
  if (bytes > limit) {
    throw new HugwireError(
      'too_large',
      `${path} is ${formatBytes(bytes)}; at most ${formatBytes(limit)} can be read here.`,
      { hint: 'Open the file itself.' },
    );
  }
  const content = await readWhole(path, limit);
  if (createHash('sha256').update(content).digest('hex') !== sha256) return undefined;
  return isText
    ? { mimeType, text: cleanText(content.toString('utf8')) }
    : { mimeType, blob: content.toString('base64') };
}

async function readWhole(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await readBytes(file, 0, limit);
  } finally {
    await file.close();
  }
}

/**
 * Whether a file is still where it was saved, and has as many bytes: no link, and nothing else.
 * @param record of the index
 */
export async function isThere({ path, bytes }: SavedFileRecord): Promise<boolean> {
  try {
    const facts = await lstat(path);
    return facts.isFile() && facts.size === bytes && (await realPath(path)) === path;
  } catch {
    return false;
  }
}
