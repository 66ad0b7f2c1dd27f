import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile } from '../config/load.js';
import { type Config, httpKey, KEY_NAME } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { changeFile } from '../lib/files.js';
import { parseJson } from '../lib/json.js';

/** What a key opens; the key itself is kept nowhere. */
export interface Key {
  name: string;
  /** Of the key, in hex. */
  sha256: string;
  /** Of the config, laid over it for whoever has the key. */
  profile?: string;
  /** As `limits` of the config, over which they win. */
  limits?: Config['limits'];
  /** Whether whoever has it may agree to what assistants ask; unless told, one without a profile may. */
  approve?: boolean;
  /** Names of the assistants that it is good for; all, unless told. */
  assistants?: string[];
}

/** What lies in the file, beside the secret that session ids are signed with. */
const keyFile = z.looseObject({
  secret: z.string().regex(/^[0-9a-f]{64}$/),
  keys: z.array(httpKey.extend({ name: z.string().regex(KEY_NAME) })),
});
type KeyFile = z.output<typeof keyFile>;

/**
 * Where the keys are kept: readable for the user of this machine alone.
 * @param directory hugwire's state
 */
export function keysFile(directory: string): string {
  return join(directory, 'http-keys.json');
}

/**
 * All keys that open the server: those of the file, which `hugwire http keys` writes, and those of the config.
 * @param directory hugwire's state
 * @param config the configuration in force; of two keys of one name its own counts
 * @throws HugwireError `invalid_arguments` when the file is broken
 */
export function readKeys(directory: string, { http }: Pick<Config, 'http'>): Key[] {
  const path = keysFile(directory);
  const kept = existsSync(path) ? check(readJsonFile(path), path).keys : [];
  const declared = Object.entries(http.keys).map(([name, key]) => ({ ...key, name }));
  return [...kept.filter(({ name }) => !Object.hasOwn(http.keys, name)), ...declared];
}

/**
 * Makes the file at the first start, and a key where one is wanted and there is none yet.
 * @param directory hugwire's state
 * @param config the configuration in force
 * @param isWanted whether callers need a key
 * @returns 32 bytes to sign with; and the key, if it was made just now: it is shown this once
 * @throws HugwireError when the file cannot be read or written, or is broken
 */
export async function openKeys(directory: string, { http }: Pick<Config, 'http'>, isWanted = true) {
  const isNeeded = isWanted && Object.keys(http.keys).length === 0;
  let made: string | undefined;
  let secret = '';
  await change(directory, (file) => {
    secret = file.secret;
    if (file.keys.length > 0 || !isNeeded) return file;
    const { key, sha256 } = makeKey();
    made = key;
    return { ...file, keys: [{ name: 'first', sha256 }] };
  });
  return { secret: Buffer.from(secret, 'hex'), made };
}

/**
 * Makes a key.
 * @param directory hugwire's state
 * @param about its name, and what whoever has it may
 * @returns the key: it is shown this once
 * @throws HugwireError `invalid_arguments` when there is one of that name
 */
export async function addKey(directory: string, about: Omit<Key, 'sha256'>): Promise<string> {
  const { key, sha256 } = makeKey();
  if (!KEY_NAME.test(about.name)) {
    throw new HugwireError('invalid_arguments', 'The name of a key has letters, digits, - and _, at most 40.');
  }
  await change(directory, (file) => {
    if (file.keys.some(({ name }) => name === about.name)) {
      throw new HugwireError('invalid_arguments', `A key named ${about.name} already exists.`, {
        hint: `Choose another name, or: hugwire http keys remove ${about.name}`,
      });
    }
    return { ...file, keys: [...file.keys, { ...about, sha256 }] };
  });
  return key;
}

/**
 * Takes a key away: whoever has it is let in no more.
 * @param directory hugwire's state
 * @param name of the key
 * @returns whether there was one
 */
export async function removeKey(directory: string, name: string): Promise<boolean> {
  let found = false;
  await change(directory, (file) => {
    const keys = file.keys.filter((key) => key.name !== name);
    found = keys.length < file.keys.length;
    return { ...file, keys };
  });
  return found;
}

/**
 * Finds whose key it is. It takes the same time whichever it is, and however much of it is right.
 * @param given as a caller has sent it
 * @param keys that open the server
 */
export function findKey(given: string, keys: readonly Key[]): Key | undefined {
  const hash = digest(given);
  const found = keys.filter(({ sha256 }) => timingSafeEqual(hash, Buffer.from(sha256, 'hex')));
  return found[0];
}

const digest = (key: string) => createHash('sha256').update(key).digest();

function makeKey(): { key: string; sha256: string } {
  // Told at a glance from the Hub's tokens, and known to what keeps secrets out of logs.
  const key = `hugwire_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: digest(key).toString('hex') };
}

async function change(directory: string, edit: (file: KeyFile) => KeyFile): Promise<void> {
  const path = keysFile(directory);
  const write = (text: string | undefined) => {
    const file =
      text === undefined ? { secret: randomBytes(32).toString('hex'), keys: [] } : check(parseJson(text), path);
    return `${JSON.stringify(check(edit(file), path), null, 2)}\n`;
  };
  await changeFile(path, write, { mode: 0o600 });
}

/** @throws HugwireError `invalid_arguments` when it is not what hugwire writes; it shows no value */
function check(found: unknown, path: string): KeyFile {
  const { data, error } = keyFile.safeParse(found);
  if (data) return data;
  const key = error.issues[0]?.path.join('.') || 'the file';
  throw new HugwireError('invalid_arguments', `${path}: ${key} is not what hugwire writes there.`, {
    hint: 'Correct it, or remove the file: the next start makes another key.',
  });
}
