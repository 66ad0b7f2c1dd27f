import { existsSync } from 'node:fs';
import { editConfig } from '../../config/edit.js';
import { readJsonFile } from '../../config/load.js';
import { applyProfile, type Config, configJsonSchema } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import { isObject, parseJson } from '../../lib/json.js';
import type { JsonSchema } from '../../lib/json-schema.js';
import { nearest } from '../../lib/nearest.js';
import { redact } from '../../lib/text.js';
import { findUnknownLimits, selectTools } from '../../tools/select.js';
import type { CommandResult } from '../terminal.js';
import { listInventory } from '../tools/list.js';

interface ChangeOptions {
  /** Of the config file. */
  path: string;
  /** `--profile`: changes what this profile says. */
  profile?: string;
}

/**
 * `hugwire config set`.
 * @param key such as `hub.timeoutSeconds`
 * @param words of the new value
 * @throws HugwireError `invalid_arguments` for an unknown key or a value that is not allowed
 */
export async function setKey(key: string, words: readonly string[], options: ChangeOptions): Promise<CommandResult> {
  const found = findKey(key);
  if (found.path.length === 1 && found.schema.type === 'object' && words.every((word) => !word.startsWith('{'))) {
    const names = Object.keys((found.schema.properties as object | undefined) ?? {});
    throw new HugwireError('invalid_arguments', `"${key}" is a section, not a value.`, {
      hint: `Set one of its keys${names.length > 0 ? `: ${names.map((name) => `${key}.${name}`).join(', ')}` : ''}.`,
    });
  }
  return changeKey(found.path, readValue(words, found), options);
}

/**
 * `hugwire config unset`: the default applies again. It also removes keys that hugwire does not know.
 * @param key such as `hub.timeoutSeconds`
 * @throws HugwireError `invalid_arguments` when neither hugwire nor the file knows the key
 */
export async function unsetKey(key: string, options: ChangeOptions): Promise<CommandResult> {
  const path = splitKey(key);
  const { path: file, profile } = options;
  const raw = existsSync(file) ? readJsonFile(file) : {};
  const place = profile === undefined ? [] : ['profiles', profile];
  if (valueOfKey(raw, [...place, ...path]) === undefined) findKey(key);
  return changeKey(path, undefined, options);
}

async function changeKey(
  path: readonly (string | number)[],
  value: unknown,
  { path: file, profile }: ChangeOptions,
): Promise<CommandResult> {
  const { written, before, config } = await editConfig(file, [{ path, value }], {
    profile,
    check: (after, inForce) => refuseUnknownNames(file, after, inForce),
  });
  const [old, now] = [valueOfKey(before, path), valueOfKey(config, path)];
  const key = writeKey(path);
  const data = { key, before: old, after: now, written, path: file, profile };
  const text = written ? `${key}: ${writeValue(old)} → ${writeValue(now)}` : `${key} stays ${writeValue(now)}`;
  const where = profile === undefined ? file : `profile ${profile} in ${file}`;
  return { text, data, hint: written ? `written to ${where}` : `nothing to change in ${where}`, exitCode: 0 };
}

/**
 * Refuses a change that names an unknown tool or toolset, which would have no effect. Names that were there before may stay,
 * since their Space may come back.
 * @param path of the config file; the record of pinned Spaces lies beside it
 * @param config what would be in force
 * @param before what is in force; unset if unknown
 * @throws HugwireError `invalid_arguments` with the nearest name
 */
function refuseUnknownNames(path: string, config: Config, before?: Config): void {
  const known = before ? findUnknownNames(path, before) : [];
  const fresh = findUnknownNames(path, config).filter((line) => !known.includes(line));
  if (fresh.length === 0) return;
  throw new HugwireError('invalid_arguments', `${[...new Set(fresh)].join('; ')}.`, { hint: 'Nothing was changed.' });
}

/** A line for each, in the file itself and in each of its profiles. */
function findUnknownNames(path: string, config: Config): string[] {
  return [undefined, ...Object.keys(config.profiles)].flatMap((name) => {
    const inForce = applyProfile(config, name);
    const tools = listInventory({ config: inForce, path }).map(({ tool }) => tool);
    return [...selectTools(tools, inForce.tools).warnings, ...findUnknownLimits(tools, inForce.limits)];
  });
}

/** Keys and positions in lists, from the top of the config. */
type ConfigPath = (string | number)[];

/** A key of the config as a person names it. */
interface ConfigKey {
  path: ConfigPath;
  /** What is allowed there. */
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
 * Finds what is allowed at a key.
 * @param text of the key
 * @throws HugwireError `invalid_arguments` for an unknown key; it names the nearest, or all
 */
export function findKey(text: string): ConfigKey {
  const given = splitKey(text);
  let schema: JsonSchema = configJsonSchema();
  for (const [depth, word] of given.entries()) {
    const inner = stepInto(schema, word);
    if (!inner) throw unknownKey(text, schema, given.slice(0, depth));
    schema = inner;
  }
  // The name of a limit or profile may consist of digits.
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
  // A person may leave out the section.
  if (above.length === 0) for (const key of listKeys(schema)) candidates.set(key.split('.').at(-1) ?? '', key);
  const word = String(splitKey(text)[above.length] ?? '');
  const meant = nearest(word, [...candidates.keys()]);
  const place = above.length === 0 ? 'The sections are' : `The keys of ${writeKey(above)} are`;
  const known = siblings.length > 0 ? `${place} ${siblings.join(', ')}.` : `${writeKey(above)} has no keys.`;
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
export function valueOfKey(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

const YES = new Set(['true', 'yes', 'on']);
const NO = new Set(['false', 'no', 'off']);

/** How words are read, by type; what cannot be read stays text, which the schema then refuses. */
const READERS: Record<string, (word: string) => unknown> = {
  boolean: (word) => (YES.has(word.toLowerCase()) ? true : NO.has(word.toLowerCase()) ? false : word),
  number: readNumber,
  integer: readNumber,
  object: (word) => parseJson(word) ?? word,
  array: (word) => parseJson(word) ?? word,
};

/**
 * Reads a value from the words of a command line, by what its key allows: a list is several words, or JSON.
 * @param words at least one
 * @param key where the value goes
 * @throws HugwireError `invalid_arguments` for several words where one belongs; it repeats none of them
 */
export function readValue(words: readonly string[], { path, schema }: ConfigKey): unknown {
  const [first = ''] = words;
  if (schema.type === 'array' && !(words.length === 1 && first.trimStart().startsWith('['))) {
    const items = isObject(schema.items) ? schema.items : {};
    return words.map((word) => readWord(word, items));
  }
  if (words.length > 1) {
    throw new HugwireError('invalid_arguments', `"${writeKey(path)}" takes one value.`, {
      hint: 'Put text with spaces in quotes.',
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

/**
 * Writes a value for a person: text as it is, anything else as JSON on one line.
 * @param value any JSON value; undefined when nothing is set
 */
export function writeValue(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
