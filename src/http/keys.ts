import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { changeFile, readText } from '../lib/files.js';
import { parseJsonObject } from '../lib/json.js';

/** What opens the server, and what it signs with. */
export interface Keys {
  /** SHA-256 of each key, as hex. */
  digests: string[];
  /** The first key, where it was made just now: it is kept nowhere. */
  made?: string;
  /** 32 bytes. */
  secret: Uint8Array;
}

/**
 * Where the keys are kept.
 * @param directory hugwire's state
 */
export function keysFile(directory: string): string {
  return join(directory, 'http-keys.json');
}

/**
 * Reads the keys, and makes them at the first start.
 * @param directory hugwire's state
 * @throws HugwireError `unavailable` when the file cannot be read or written
 */
export async function openKeys(directory: string): Promise<Keys> {
  const file = keysFile(directory);
  let made: string | undefined;
  const make = (text: string | undefined) => {
    if (text !== undefined) return undefined;
    made = `hugwire_${randomBytes(24).toString('base64url')}`;
    const content = { secret: randomBytes(32).toString('hex'), keys: [{ name: 'first', sha256: digest(made) }] };
    return `${JSON.stringify(content, null, 2)}\n`;
  };
  await changeFile(file, make, { mode: 0o600 });
  const { secret, keys } = parseJsonObject((await readText(file)) ?? '') ?? {};
  const digests = (Array.isArray(keys) ? keys : []).map(({ sha256 }: { sha256?: unknown }) => String(sha256));
  if (typeof secret !== 'string' || !/^[0-9a-f]{64}$/.test(secret)) {
    throw new HugwireError('unavailable', `${file} is broken.`, {
      hint: 'Remove it: the next start makes another key.',
    });
  }
  return { digests, made, secret: Buffer.from(secret, 'hex') };
}

/** SHA-256, as hex. */
export function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
