import { coerce, matchEnum } from '../lib/coerce.js';
import { isObject } from '../lib/json.js';
import { isWithin, type JsonSchema } from '../lib/json-schema.js';
import { fold } from '../lib/nearest.js';
import { cleanLine, splitAt } from '../lib/text.js';

/** Characters of a choice or a default at most. */
const MAX_WORDS = 80;
const MAX_KEY = 64;
/** Characters that are looked at to make a key of an app's own. */
const MAX_READ = 256;
const MAX_DESCRIPTION = 160;
/** What every host takes as the name of a property. */
const KEY = /^[a-zA-Z0-9_.-]{1,64}$/;
/** Names that mean something else to programs, or to a host. */
const TAKEN_KEYS = /^(?:__proto__|x-mcp-header)$/i;

type Restore = (value: unknown) => unknown;

/** A schema whose every word is clean and short, and the way back to the app's own words. */
export interface AliasedSchema {
  schema: JsonSchema;
  /** The key under which each property is listed, by the app's own. */
  keys: ReadonlyMap<string, string>;
  /** What stands for other words, and what it is sent as. */
  aliases: [listed: string, sent: string][];
  /** Puts the app's own keys and values back; missing where all are listed as they are. */
  restore?: Restore;
}

/**
 * Puts short, clean words in place of an app's own where those hide something, go on for long, or are refused by some host:
 * keys, choices and defaults. Whatever needs no alias stays as it is.
 * @param schema from `hostSchema`
 */
export function aliasSchema(schema: JsonSchema): AliasedSchema {
  if (isObject(schema.properties)) return aliasObject(schema, schema.properties as Record<string, JsonSchema>);
  if (isObject(schema.items)) return aliasList(schema, schema.items);
  if (Array.isArray(schema.enum)) return aliasChoices(schema, schema.enum);
  return typeof schema.default === 'string' ? aliasDefault(schema, schema.default) : unchanged(schema);
}

function unchanged(schema: JsonSchema): AliasedSchema {
  return { schema, keys: new Map(), aliases: [] };
}

function aliasObject(schema: JsonSchema, properties: Record<string, JsonSchema>): AliasedSchema {
  const keys = nameAll(Object.keys(properties), plainKey, '_', MAX_KEY);
  const parts = Object.entries(properties).map(([key, one]) => {
    const listed = keys.get(key) ?? key;
    const inner = aliasSchema(one);
    return { ...inner, key, listed, schema: listed === key ? inner.schema : tellName(key, listed, inner.schema) };
  });
  const { required } = schema;
  const listed: JsonSchema = {
    ...schema,
    properties: Object.fromEntries(parts.map((part) => [part.listed, part.schema])),
    ...(Array.isArray(required) ? { required: required.map((key) => keys.get(key) ?? key) } : {}),
  };
  const aliases = parts.flatMap((part) => part.aliases);
  if (parts.every(({ key, listed, restore }) => key === listed && !restore)) return { schema: listed, keys, aliases };
  const restore: Restore = (value) => {
    const read = coerce(value, { type: 'object' });
    if (!isObject(read)) return value;
    const restored = Object.entries(read).map(([name, inner]): [string, unknown] => {
      const is = (test: (part: (typeof parts)[number]) => boolean) => parts.find(test);
      const part =
        is(({ listed }) => listed === name) ??
        is(({ key }) => key === name) ??
        is(({ listed }) => fold(listed) === fold(name));
      return part ? [part.key, part.restore ? part.restore(inner) : inner] : [name, inner];
    });
    return Object.fromEntries(restored);
  };
  return { schema: listed, keys, aliases, restore };
}

/** The name that the app itself uses may say what is meant, where the key cannot. */
function tellName(key: string, listed: string, schema: JsonSchema): JsonSchema {
  const name = cleanLine(key, MAX_KEY);
  if (fold(name) === fold(listed)) return schema;
  return { ...schema, description: cleanLine([name, schema.description].filter(Boolean).join('; '), MAX_DESCRIPTION) };
}

function aliasList(schema: JsonSchema, items: JsonSchema): AliasedSchema {
  const inner = aliasSchema(items);
  const listed = { ...schema, items: inner.schema };
  const { restore: restoreItem, aliases } = inner;
  if (!restoreItem) return { ...unchanged(listed), aliases };
  const restore: Restore = (value) => {
    const read = coerce(value, inner.schema.enum ? listed : { type: 'array' });
    return Array.isArray(read) ? read.map(restoreItem) : value;
  };
  return { ...unchanged(listed), aliases, restore };
}

function aliasChoices(schema: JsonSchema, members: string[]): AliasedSchema {
  const names = nameAll(members, (member) => cleanLine(member, MAX_WORDS) || '(empty)', ' (', MAX_WORDS);
  const aliases = [...names].flatMap(([sent, listed]): [string, string][] => (sent === listed ? [] : [[listed, sent]]));
  if (aliases.length === 0) return unchanged(schema);
  const listed = [...names.values()];
  const own = new Map(aliases);
  const value = typeof schema.default === 'string' ? { default: names.get(schema.default) } : {};
  const restore: Restore = (given) => {
    const meant = matchEnum(given, listed);
    return own.get(meant as string) ?? meant;
  };
  return { ...unchanged({ ...schema, enum: listed, ...value }), aliases, restore };
}

function aliasDefault(schema: JsonSchema, value: string): AliasedSchema {
  const listed = cleanLine(value, MAX_WORDS);
  if (listed === value) return unchanged(schema);
  const { default: _, ...rest } = schema;
  if (listed === '' || !isWithin(listed, rest)) return unchanged(rest);
  const restore: Restore = (given) => (given === listed ? value : given);
  return { ...unchanged({ ...schema, default: listed }), aliases: [[listed, value]], restore };
}

/**
 * Names each of several words: as it is where that is clean, else by what is left of it, with a number where that is taken.
 * @param words all different
 * @param clean gives back what is clean already
 * @param joint before the number; an opening bracket is closed behind it
 * @param max length of a name
 * @returns the names by the words, all different
 */
function nameAll(
  words: readonly string[],
  clean: (word: string) => string,
  joint: string,
  max: number,
): Map<string, string> {
  const taken = new Set(words.filter((word) => clean(word) === word));
  const nameOne = (word: string): string => {
    const base = clean(word);
    if (base === word) return word;
    for (let count = 1; ; count += 1) {
      const ending = count === 1 ? '' : `${joint}${count}${joint.endsWith('(') ? ')' : ''}`;
      const name = `${base.slice(0, splitAt(base, max - ending.length)).trimEnd()}${ending}`;
      if (taken.has(name)) continue;
      taken.add(name);
      return name;
    }
  };
  return new Map(words.map((word) => [word, nameOne(word)]));
}

function plainKey(key: string): string {
  if (KEY.test(key) && !TAKEN_KEYS.test(key)) return key;
  const name = toAscii(key)
    .replace(/[^a-zA-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  return (/^[a-z]/i.test(name) ? name : `input_${name}`).replace(/_$/, '').slice(0, MAX_KEY);
}

/**
 * The same in ASCII letters, as far as each letter has one; white space and all else is kept.
 * @param text any text; its beginning is read
 */
export function toAscii(text: string): string {
  return text
    .slice(0, MAX_READ)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '');
}
