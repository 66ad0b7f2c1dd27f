import type { Hash } from 'node:crypto';
import { constants, promises as fs } from 'node:fs';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { cleanLine, showWords } from '../../lib/text.js';
import { sleep } from '../../lib/time.js';
import { repoPath } from '../reference.js';
import type { HubAnswer, HubClient } from '../types.js';
import { PIECE_BYTES, placeFailure, type RepoCommit, type RepoFile, startHash } from './place.js';

/** Tries in a row that bring no byte. */
const MAX_TRIES = 6;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 20_000;
/** A wait that the Hub itself asks for is kept up to here; its windows last five minutes. */
const MAX_TOLD_MS = 600_000;
/** Failures that another try may mend; what the disk says is `unavailable` as well, but has no server behind it. */
const PASSING = ['timeout', 'offline', 'unavailable', 'rate_limited'];

/** The ETags under which files were served, by path: with them a server says itself whether the rest still fits. */
export interface Validators {
  get(path: string): string | undefined;
  set(path: string, etag: string): unknown;
}

/** Bytes that are written at once: what has come and is not written yet is lost when the process is killed. */
const WRITE_BYTES = 256 * 1024;

export interface FetchOptions {
  signal: AbortSignal;
  validators: Validators;
  /** Told how many bytes more are there; fewer where they had to be thrown away. */
  onBytes(change: number): void;
  /** Told of what is waited for, and when it goes on. */
  onStatus?(status: string | undefined): void;
}

/**
 * Fetches a file into the place where its bytes are gathered, from where the last try stopped, and checks it: what it holds then
 * is what the Hub names. Bytes that are wrong are thrown away, and fetched once more.
 * @param hub the Hub
 * @param at which commit
 * @param file of it
 * @param partial where its bytes are gathered
 * @param options whom to tell
 * @throws HugwireError when it cannot be had; what has come stays for the next try
 */
export async function fetchFile(
  hub: HubClient,
  at: RepoCommit,
  file: RepoFile,
  partial: string,
  options: FetchOptions,
): Promise<void> {
  const gathered = await Gathered.open(partial, file, options.onBytes);
  try {
    for (let tries = 0; ; tries += 1) {
      await fetchRest(hub, at, file, gathered, options);
      const found = gathered.digest();
      if (found === file.etag) return;
      await gathered.restart();
      if (tries === 1) await fs.rm(partial, { force: true });
      if (tries === 1) throw wrongBytes(file, found, new URL(hub.endpoint).host);
    }
  } finally {
    await gathered.close();
  }
}

function wrongBytes({ path, etag, isLarge }: RepoFile, found: string, host: string): HugwireError {
  const hash = isLarge ? 'SHA-256' : 'git hash';
  return new HugwireError(
    'unavailable',
    `The bytes of ${showWords(path, 200)} were wrong twice: their ${hash} is ${found.slice(0, 12)}…, and ${host} names ${etag.slice(0, 12)}….`,
    {
      hint: 'They were thrown away. A proxy or mirror between may change files: check HF_ENDPOINT and HTTPS_PROXY, then try again.',
    },
  );
}

/** Asks until all bytes are there: each time for what is missing, for as long as that brings anything. */
async function fetchRest(
  hub: HubClient,
  at: RepoCommit,
  file: RepoFile,
  gathered: Gathered,
  { signal, validators, onStatus = () => {} }: FetchOptions,
): Promise<void> {
  let failures = 0;
  while (gathered.length < file.size) {
    const before = gathered.length;
    try {
      await ask(hub, at, file, gathered, validators);
      if (gathered.length < file.size) throw cutShort(file, gathered.length);
    } catch (caught) {
      const error = toHugwireError(caught);
      if (signal.aborted || gathered.failure || !PASSING.includes(error.code)) throw gathered.failure ?? error;
      failures = gathered.length > before ? 1 : failures + 1;
      if (failures >= MAX_TRIES) throw error;
      const told = (error.retryAfterSeconds ?? 0) * 1000;
      if (told > MAX_TOLD_MS) throw error;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS) * (0.75 + Math.random() / 2);
      onStatus(error.code === 'rate_limited' ? 'waiting for the rate limit of the Hub' : 'trying again');
      await sleep(Math.max(told, pause), signal);
      onStatus(undefined);
    }
  }
}

const cutShort = ({ path, size }: RepoFile, length: number) =>
  new HugwireError('unavailable', `The server ended ${showWords(path, 200)} after ${length} of ${size} bytes.`);

async function ask(
  hub: HubClient,
  { kind, id, commit }: RepoCommit,
  file: RepoFile,
  gathered: Gathered,
  validators: Validators,
): Promise<void> {
  const { path, size } = file;
  const from = gathered.length;
  const range: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const validator = validators.get(path);
  if (from > 0 && validator !== undefined) range['if-range'] = validator;
  await hub.request(repoPath(kind, id, 'resolve', commit, ...path.split('/')), {
    // Packed bytes could not be gone on with.
    headers: { 'accept-encoding': 'identity', ...range },
    repo: { kind, id, revision: commit },
    file: path,
    repeatable: false,
    // A web page that comes in its place is read too, to say what it is.
    maxBytes: Math.max(size, PIECE_BYTES),
    async onBody(answer, pieces) {
      refuseOther(answer, file);
      const start = startOf(answer, size);
      if (start !== from && start !== 0) {
        throw new HugwireError(
          'unavailable',
          `The server sent another part of ${showWords(path, 200)} than was asked for.`,
        );
      }
      if (start !== from) await gathered.restart();
      const etag = answer.headers.get('etag');
      // A weak one says nothing of the bytes.
      if (size > PIECE_BYTES && etag?.startsWith('"') && etag !== validator) validators.set(path, etag);
      await gathered.take(pieces);
    },
  });
}

/** Something between may answer in the server's place: that must not cost the bytes that are here. */
function refuseOther({ status, headers }: Pick<HubAnswer, 'status' | 'headers'>, { path, size }: RepoFile): void {
  const length = headers.get('content-length');
  if (status === 206 || length === null || headers.has('content-encoding') || Number(length) === size) return;
  throw new HugwireError(
    'unavailable',
    `The server sent ${cleanLine(length, 20)} bytes in place of the ${size} of ${showWords(path, 200)}.`,
  );
}

/** The place of an answer's first byte in the file. */
function startOf({ status, headers }: Pick<HubAnswer, 'status' | 'headers'>, size: number): number {
  if (status !== 206) return 0;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  return start === undefined || (total !== '*' && Number(total) !== size) ? Number.NaN : Number(start);
}

const sumOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);

/** Windows knows no O_NOFOLLOW. */
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** What there is of a file, and the hash of it. */
class Gathered {
  length = 0;
  /** What the disk refused; no server can mend it. */
  failure?: HugwireError;
  #hash: Hash;
  readonly #file: RepoFile;
  readonly #path: string;
  readonly #handle: fs.FileHandle;
  readonly #onBytes: (change: number) => void;

  private constructor(path: string, file: RepoFile, handle: fs.FileHandle, onBytes: (change: number) => void) {
    this.#path = path;
    this.#file = file;
    this.#handle = handle;
    this.#onBytes = onBytes;
    this.#hash = startHash(file);
  }

  static async open(path: string, file: RepoFile, onBytes: (change: number) => void): Promise<Gathered> {
    try {
      // Never emptied as it is opened: where locks do not work, another process may be gathering the same bytes.
      const handle = await fs.open(path, OPEN_FLAGS, 0o666);
      const gathered = new Gathered(path, file, handle, onBytes);
      await gathered.#readBack();
      return gathered;
    } catch (error) {
      throw placeFailure(path, error);
    }
  }

  async #readBack(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > this.#file.size) return this.#handle.truncate(0);
    const options = { start: 0, highWaterMark: PIECE_BYTES, autoClose: false };
    for await (const piece of this.#handle.createReadStream(options)) this.#count(piece as Buffer);
  }

  #count(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.length += piece.length;
    this.#onBytes(piece.length);
  }

  /** Adds pieces as they come. What comes beyond the file's size makes the bytes wrong. */
  async take(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    let waiting: Uint8Array[] = [];
    let bytes = 0;
    const write = async () => {
      const [at, parts] = [this.length, waiting];
      [waiting, bytes] = [[], 0];
      await this.#write(parts, at);
      for (const part of parts) this.#count(part);
    };
    try {
      for await (const piece of pieces) {
        const room = this.#file.size - this.length - bytes;
        if (piece.length > room) {
          throw new HugwireError(
            'unavailable',
            `The server sent more than the ${this.#file.size} bytes of ${showWords(this.#file.path, 200)}.`,
          );
        }
        waiting.push(piece);
        bytes += piece.length;
        if (bytes >= WRITE_BYTES) await write();
      }
    } finally {
      // What came before the connection broke is worth keeping.
      if (bytes > 0 && !this.failure) await write();
    }
  }

  async #write(parts: Uint8Array[], at: number): Promise<void> {
    try {
      const { bytesWritten } = await this.#handle.writev(parts, at);
      // A disk that is nearly full takes a part; the next write says why.
      const rest = bytesWritten < sumOf(parts) ? Buffer.concat(parts).subarray(bytesWritten) : new Uint8Array();
      for (let done = 0; done < rest.length; ) {
        const step = await this.#handle.write(rest, done, rest.length - done, at + bytesWritten + done);
        done += step.bytesWritten;
      }
    } catch (error) {
      this.failure = placeFailure(this.#path, error);
      throw this.failure;
    }
  }

  /** Throws all bytes away. */
  async restart(): Promise<void> {
    this.#onBytes(-this.length);
    this.length = 0;
    this.#hash = startHash(this.#file);
    await this.#handle.truncate(0);
  }

  /** The hash of all bytes; to be asked for once. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
