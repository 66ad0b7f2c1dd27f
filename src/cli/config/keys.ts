import { configJsonSchema } from '../../config/schema.js';
import { HugwireError } from '../../errors.js';
import { isObject, type JsonSchema } from '../../schema/json-schema.js';
import { nearest } from '../../schema/nearest.js';
import { redact } from '../../text/redact.js';

/** Keys and positions in lists, from the top of the config. */
export type ConfigPath = (string | number)[];

/** A key of the config as a person names it. */
export interface ConfigKey {
  path: ConfigPath;
  /** What may stand there. */
  schema: JsonSchema;
}

/**
 * Splits a key as a person writes it: `hub.offline`, `spaces.pinned[0].tool`, `spaces.pinned.0.tool`.
 * @param text of the key
 */
export function splitKey(text: string): ConfigPath {
  const words = text
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/^\./, '')
    .split('.');
  return words.map((word) => (/^\d+$/.test(word) ? Number(word) : word));
}

/**
 * Finds what may stand at a key.
 * @param text of the key
 * @throws HugwireError `invalid_arguments` when the config has no such key; it names the nearest, or those there are
 */
export function findKey(text: string): ConfigKey {
  const given = splitKey(text);
  let schema: JsonSchema = configJsonSchema();
  for (const [depth, word] of given.entries()) {
    const inner = stepInto(schema, word);
    if (!inner) throw unknownKey(text, schema, given.slice(0, depth));
    schema = inner;
  }
  // A name of a limit or profile may be made of digits.
  return { path: given, schema };
}

function stepInto(schema: JsonSchema, word: string | number): JsonSchema | undefined {
  if (typeof word === 'number') return isObject(schema.items) ? schema.items : undefined;
  const { properties, additionalProperties } = schema;
  if (isObject(properties)) {
    const found = Object.hasOwn(properties, word) ? properties[word] : undefined;
    return isObject(found) ? found : undefined;
  }
  return word !== '' && isObject(additionalProperties) ? additionalProperties : undefined;
}

function unknownKey(text: string, schema: JsonSchema, above: ConfigPath): HugwireError {
  const siblings = Object.keys(isObject(schema.properties) ? schema.properties : {}).filter((key) => key !== '$schema');
  const candidates = new Map(siblings.map((name) => [name, writeKey([...above, name])]));
  // Somebody who leaves the section out knows the last word.
  if (above.length === 0) for (const key of listKeys(schema)) candidates.set(key.split('.').at(-1) ?? '', key);
  const word = String(splitKey(text)[above.length] ?? '');
  const meant = nearest(word, [...candidates.keys()]);
  const place = above.length === 0 ? 'There are' : `Below ${writeKey(above)} there are`;
  const known = siblings.length > 0 ? `${place} ${siblings.join(', ')}.` : `${writeKey(above)} has nothing below it.`;
  return new HugwireError('invalid_arguments', `The config has no key "${redact(text).slice(0, 80)}".`, {
    hint: meant ? `Did you mean ${candidates.get(meant)}?` : known,
  });
}

/** The keys of the sections, as `hub.offline`. */
function listKeys(schema: JsonSchema): string[] {
  const children = (one: unknown) => Object.entries(isObject(one) && isObject(one.properties) ? one.properties : {});
  return children(schema).flatMap(([section, inner]) => children(inner).map(([name]) => `${section}.${name}`));
}

/**
 * Writes a key as a person reads it.
 * @param path keys and positions
 */
export function writeKey(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

/**
 * The value at a key.
 * @param root where to look
 * @param path keys and positions
 * @returns undefined where there is none
 */
export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
