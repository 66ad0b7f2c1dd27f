import { HugwireError } from '../../errors.js';
import { isObject, type JsonSchema } from '../../schema/json-schema.js';
import { type ConfigKey, writeKey } from './keys.js';

const YES = new Set(['true', 'yes', 'on']);
const NO = new Set(['false', 'no', 'off']);

/** How the words of each type are read; what they cannot be read as stays text, and the schema then refuses it. */
const READERS: Record<string, (word: string) => unknown> = {
  boolean: (word) => (YES.has(word.toLowerCase()) ? true : NO.has(word.toLowerCase()) ? false : word),
  number: readNumber,
  integer: readNumber,
  object: (word) => readJson(word) ?? word,
  array: (word) => readJson(word) ?? word,
};

/**
 * Reads a value from the words of a command line, by what may stand at its key: a list is several words, or JSON.
 * @param words at least one
 * @param key where the value goes
 * @throws HugwireError `invalid_arguments` for several words where one value belongs; it repeats none of them
 */
export function readValue(words: readonly string[], { path, schema }: ConfigKey): unknown {
  const [first = ''] = words;
  if (schema.type === 'array' && !(words.length === 1 && first.trimStart().startsWith('['))) {
    const items = isObject(schema.items) ? schema.items : {};
    return words.map((word) => readWord(word, items));
  }
  if (words.length > 1) {
    throw new HugwireError('invalid_arguments', `"${writeKey(path)}" takes one value.`, {
      hint: 'Put a text with spaces in quotes.',
    });
  }
  return readWord(first, schema);
}

function readWord(word: string, { type }: JsonSchema): unknown {
  return (READERS[String(type)] ?? ((text: string) => text))(word);
}

function readNumber(word: string): number | string {
  return word.trim() !== '' && Number.isFinite(Number(word)) ? Number(word) : word;
}

function readJson(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return undefined;
  }
}

/**
 * Writes a value for a person: text bare, anything else as JSON on a line.
 * @param value any JSON value; undefined when nothing is set
 */
export function writeValue(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
