import { HugwireError } from './errors.js';
import { isDeeper, isObject, parseJson } from './json.js';
import { alternativesOf, fits, type JsonSchema, typesOf } from './json-schema.js';
import { fold } from './nearest.js';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const WORDS: Record<string, boolean> = { true: true, yes: true, '1': true, false: false, no: false, '0': false };

/** Texts by which programs and models write that there is no value. */
const NOTHING = new Set(['', 'null', 'none', 'nil', 'undefined', '[]', '{}', '""', "''"]);
/** Fields that programs add to the arguments of every call, in their very spelling: those of n8n, Cline, Gemini CLI and the like. */
const NOISE = new Set(
  '_meta action chatInput sessionId tool toolCallId tool_call_id toolUseId tool_use_id task_progress wait_for_previous'.split(
    ' ',
  ),
);
/** Names under which all arguments are sent at once. */
const WHOLES = new Set('positional data args inputs input arguments params parameters kwargs'.split(' '));
/** Deeper values exhaust the stack of whatever reads, checks or shows them. */
const MAX_DEPTH = 100;
/** Keys of an object that stands for one value, and what may be beside them: `{"type": "text", "text": "a cat"}`. */
const CARRIERS = 'value text content id uri url path name query prompt input message'.split(' ');
const COMPANIONS = new Set('type kind label title annotations _meta'.split(' '));

/** Whether a value says that there is none: `null`, nothing in a text, list or object, or a word for it. */
export function isNothing(value: unknown): boolean {
  if (typeof value === 'string') {
    const word = value.trim();
    return word.length < 10 && NOTHING.has(word.toLowerCase());
  }
  return (value ?? undefined) === undefined || (typeof value === 'object' && Object.keys(value as object).length === 0);
}

/**
 * Whether a value was sent in place of leaving something out. What the schema takes as it is was meant.
 * @param schema of the value
 * @param required whether something must be given: then only text that cannot be a value counts
 */
export function isLeftOut(value: unknown, schema: JsonSchema, required: boolean): boolean {
  if (!isNothing(value) || fits(value, schema)) return false;
  if (Array.isArray(schema.enum) && schema.enum.includes(matchEnum(value, schema.enum))) return false;
  return !required || typeof value === 'string';
}

/**
 * Whether a program added an argument on its own account. To be asked only of names that the callee does not know: what it
 * takes is never noise.
 */
export function isNoise(name: string): boolean {
  return NOISE.has(name);
}

/**
 * Takes the arguments of a call out of whatever they are wrapped in: JSON text, a list around the object, one name for
 * all of them.
 * @param given anything
 * @param known names of the callee's own arguments, which are no wrapping
 * @param levels how many wrappings are taken off
 * @returns an object by name, a list by place, or the value of the only argument
 * @throws HugwireError `invalid_arguments` when they are nested too deeply
 */
export function openArguments(given: unknown, known: readonly string[], levels = 5): unknown {
  if (isNothing(given)) return {};
  if (isDeeper(given, MAX_DEPTH)) {
    throw new HugwireError('invalid_arguments', `The arguments are nested more than ${MAX_DEPTH} levels deep.`);
  }
  if (levels === 0) return given;
  if (typeof given === 'string') {
    const parsed = /^\s*["[{]/.test(given) ? parseJson(given) : undefined;
    return typeof parsed === 'object' || typeof parsed === 'string' ? openArguments(parsed, known, levels - 1) : given;
  }
  const knows = (name: string) => known.some((one) => one === name || (fold(name) !== '' && fold(one) === fold(name)));
  if (Array.isArray(given)) {
    const [only] = given;
    const isObjectOfNames = given.length === 1 && isObject(only) && Object.keys(only).some(knows);
    return isObjectOfNames ? openArguments(only, known, levels - 1) : given;
  }
  if (!isObject(given)) return given;
  const [only, ...more] = Object.keys(given).filter((name) => knows(name) || !isNoise(name));
  const isWhole = only !== undefined && more.length === 0 && WHOLES.has(only) && !knows(only);
  return isWhole ? openArguments(given[only], known, levels - 1) : given;
}

/**
 * Spreads an object that holds all arguments and was sent as one of them: `{"query": {"query": "bert", "limit": 5}}`.
 * @param named arguments by name
 * @param takesObject whether the argument of a name may be an object: then it is one
 */
export function spreadArguments(
  named: Record<string, unknown>,
  takesObject: (name: string) => boolean,
): Record<string, unknown> {
  const entries = Object.entries(named).flatMap(([name, value]) =>
    isObject(value) && Object.hasOwn(value, name) && !takesObject(name)
      ? Object.entries(value)
      : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

type Bend = (value: unknown, schema: JsonSchema) => unknown;

// What each type does with a value that is not of it. Whatever a function cannot bend it gives back as it came.
const BENDS: Record<string, Bend> = {
  integer: bendOne((value) => bendNumber(value, Number.isSafeInteger)),
  number: bendOne((value) => bendNumber(value, Number.isFinite)),
  boolean: bendOne(bendBoolean),
  string: bendOne((value) => (typeof value === 'number' ? String(value) : value)),
  array: bendArray,
  object: (value, schema) => bendObject(readJson(value, isObject), schema),
  null: (value) => value,
};

/** Bends one value: also when it is alone in a list, or stands in an object that says no more. */
function bendOne(bend: (value: unknown) => unknown): Bend {
  return (value) => bend(unwrap(value));
}

function unwrap(value: unknown, levels = 3): unknown {
  if (levels === 0) return value;
  if (Array.isArray(value)) return value.length === 1 ? unwrap(value[0], levels - 1) : value;
  if (!isObject(value)) return value;
  const carrier = CARRIERS.find((key) => Object.hasOwn(value, key));
  const tellsMore = ([key, inner]: [string, unknown]) => key !== carrier && !COMPANIONS.has(key) && !isNothing(inner);
  if (carrier === undefined || Object.entries(value).some(tellsMore)) return value;
  const inner = unwrap(value[carrier], levels - 1);
  return typeof inner === 'object' ? value : inner;
}

/**
 * Bends near misses into what a schema asks for: one value for a list and a list of one for a value, numbers and booleans given as text, JSON text for
 * an object or a list, a number or an object for text, an enum value in another case or spelling, and a property that
 * may be left out where its value says that there is none. Goes into properties and items. What does not bend comes back unchanged: telling so is the validator's task.
 * @param value what was given; never changed in place
 * @param schema without `$ref`
 */
export function coerce(value: unknown, schema: JsonSchema): unknown {
  if (value === undefined) return value;
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return coerceToAny(value, alternatives);
  if (Array.isArray(schema.enum)) {
    const member = matchEnum(unwrap(value), schema.enum);
    return schema.enum.includes(member) ? member : value;
  }

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
    else if (!isLeftOut(item, itemSchema, required.includes(name))) {
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
