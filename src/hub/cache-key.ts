import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubRequest } from './types.js';

const SALT_FILE = 'salt';

/** Names requests so that equal names mean equal answers, and no token can serve what another one fetched. */
export class CacheKeys {
  readonly #directory: string;
  #salt?: Promise<string>;

  /** @param directory of the cache; keeps the salt that all running servers share */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The key of a request. It tells nothing about the token: what goes in is a salted hash.
   * @param endpoint the Hub's address
   * @param path below it
   * @param request what is sent
   * @param token undefined for an anonymous caller
   */
  async keyOf(endpoint: string, path: string, request: HubRequest, token: string | undefined): Promise<string> {
    const caller = token === undefined ? 'anonymous' : hash(`${await this.#readSalt()}\n${token}`);
    return hash(
      JSON.stringify([
        endpoint,
        request.service ?? 'hub',
        request.method ?? 'GET',
        path,
        sorted(request.query),
        sorted(request.headers),
        request.body ?? null,
        request.truncate ? request.maxBytes : null,
        caller,
      ]),
    );
  }

  #readSalt(): Promise<string> {
    this.#salt ??= shareSalt(this.#directory);
    return this.#salt;
  }
}

/** The salt that lies in the directory; written first if there is none. Without a usable disk one for this process. */
async function shareSalt(directory: string): Promise<string> {
  const file = join(directory, SALT_FILE);
  const found = await readSalt(file);
  if (found) return found;
  const fresh = randomBytes(16).toString('hex');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(file, fresh, { mode: 0o600 });
  } catch {
    return fresh;
  }
  // Another server may have written its own in between: the last one stands for all.
  return (await readSalt(file)) ?? fresh;
}

async function readSalt(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

function sorted(values: Record<string, unknown> | undefined): [string, unknown][] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
