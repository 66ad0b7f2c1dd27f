import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/schema.js';

/** `http.keys`: who may call, by name. */
export type Keys = Config['http']['keys'];

/** A key that a caller has shown. */
export type FoundKey = Keys[string] & { name: string };

/** Tells a key from the Hub's tokens at a glance, and lets the log leave it out. */
const PREFIX = 'hugwire_';

/** Makes a key; only its hash is kept anywhere. */
export function makeKey(): { key: string; sha256: string } {
  const key = PREFIX + randomBytes(32).toString('base64url');
  return { key, sha256: hashKey(key).toString('hex') };
}

const hashKey = (key: string) => createHash('sha256').update(key).digest();

/**
 * Finds whose key it is. It takes the same time whichever it is, and how much of it is right.
 * @param given as a caller has sent it
 * @param keys that open the server
 */
export function findKey(given: string, keys: Keys): FoundKey | undefined {
  const hash = hashKey(given);
  const found = Object.entries(keys).filter(([, { sha256 }]) => timingSafeEqual(hash, Buffer.from(sha256, 'hex')));
  const [first] = found;
  return first && { ...first[1], name: first[0] };
}
