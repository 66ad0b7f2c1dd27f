import { isObject, parseJson } from './json.js';
import { alternativesOf, fits, type JsonSchema, typesOf } from './json-schema.js';
import { fold } from './nearest.js';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const WORDS: Record<string, boolean> = { true: true, yes: true, '1': true, false: false, no: false, '0': false };

type Bend = (value: unknown, schema: JsonSchema) => unknown;

// What each type does with a value that is not of it. Whatever a function cannot bend it gives back as it came.
const BENDS: Record<string, Bend> = {
  integer: (value) => bendNumber(value, Number.isSafeInteger),
  number: (value) => bendNumber(value, Number.isFinite),
  boolean: bendBoolean,
  string: (value) => (typeof value === 'number' ? String(value) : value),
  array: bendArray,
  object: (value, schema) => bendObject(readJson(value, isObject), schema),
  null: (value) => value,
};

/**
 * Bends near misses into what a schema asks for: one value for a list, numbers and booleans given as text, JSON text for
 * an object or a list, a number for text, an enum value in another case or spelling, and `null` for a property that may
 * be left out. Goes into properties and items. What does not bend comes back unchanged: telling so is the validator's task.
 * @param value what was given; never changed in place
 * @param schema without `$ref`
 */
export function coerce(value: unknown, schema: JsonSchema): unknown {
  if (value === undefined) return value;
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return coerceToAny(value, alternatives);
  if (Array.isArray(schema.enum)) return matchEnum(value, schema.enum);

  const types = typesOf(schema);
  // A value of one of the right types is only looked into, never turned into another of them.
  const type = types.find((one) => fits(value, { type: one }));
  if (type) return type === 'array' || type === 'object' ? BENDS[type]?.(value, schema) : value;
  for (const one of types) {
    const bent = BENDS[one]?.(value, schema);
    if (fits(bent, { type: one })) return bent;
  }
  return value;
}

function coerceToAny(value: unknown, alternatives: JsonSchema[]): unknown {
  const fitting = alternatives.find((one) => fits(value, one));
  if (fitting) return coerce(value, fitting);
  for (const one of alternatives) {
    const bent = coerce(value, one);
    if (fits(bent, one)) return bent;
  }
  return value;
}

/**
 * The member of an enum that a value means: the same, or the only one that reads the same without case and separators.
 * @param value what was given
 * @param members the enum
 * @returns the member, or the value itself when none or several could be meant
 */
export function matchEnum(value: unknown, members: readonly unknown[]): unknown {
  if (members.includes(value) || value === null || typeof value === 'object') return value;
  const words = members.filter((member) => typeof member !== 'object' || member === null);
  const same = words.filter((member) => String(member) === String(value));
  if (same.length === 1) return same[0];
  const wanted = fold(String(value));
  if (wanted === '') return value;
  const alike = words.filter((member) => fold(String(member)) === wanted);
  return alike.length === 1 ? alike[0] : value;
}

function bendNumber(value: unknown, isRight: (number: number) => boolean): unknown {
  if (typeof value !== 'string' || !NUMBER.test(value.trim())) return value;
  const number = Number(value);
  return isRight(number) ? number : value;
}

function bendBoolean(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') return value;
  const word = String(value).trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : value;
}

function bendArray(value: unknown, schema: JsonSchema): unknown {
  const parsed = readJson(value, Array.isArray);
  if (parsed === null) return value;
  const list = Array.isArray(parsed) ? parsed : splitEnumNames(parsed, schema);
  const tuple = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  const rest = schema.items;
  return list.map((item, index) => {
    const itemSchema = tuple[index] ?? rest;
    return isObject(itemSchema) ? coerce(item, itemSchema) : item;
  });
}

// "model,dataset" is a list only where each part is a name that the enum knows: elsewhere a comma is part of the text.
function splitEnumNames(value: unknown, schema: JsonSchema): unknown[] {
  const members = isObject(schema.items) ? schema.items.enum : undefined;
  if (typeof value !== 'string' || !Array.isArray(members) || members.includes(value)) return [value];
  const parts = value.split(',').map((part) => matchEnum(part.trim(), members));
  return parts.every((part) => members.includes(part)) ? parts : [value];
}

function bendObject(value: unknown, schema: JsonSchema): unknown {
  if (!isObject(value) || !isObject(schema.properties)) return value;
  const properties = schema.properties;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const closed = schema.additionalProperties === undefined || schema.additionalProperties === false;

  const entries: [string, unknown][] = [];
  for (const [given, item] of Object.entries(value)) {
    const name = closed ? findProperty(given, value, properties) : given;
    const itemSchema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!isObject(itemSchema)) entries.push([name, item]);
    else if (item !== null || required.includes(name) || fits(null, itemSchema)) {
      entries.push([name, coerce(item, itemSchema)]);
    }
  }
  return Object.fromEntries(entries);
}

// `mimeType` for `mime_type`, unless that is there too.
function findProperty(given: string, value: Record<string, unknown>, properties: Record<string, unknown>): string {
  if (Object.hasOwn(properties, given)) return given;
  const alike = Object.keys(properties).filter((name) => fold(name) === fold(given));
  const [only] = alike;
  return alike.length === 1 && only !== undefined && !Object.hasOwn(value, only) ? only : given;
}

function readJson(value: unknown, isRight: (parsed: unknown) => boolean): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  const parsed = parseJson(value);
  return isRight(parsed) ? parsed : value;
}
