import type { OutputUnit, Schema, Validator } from '@cfworker/json-schema';
import { isObject } from './json.js';
import { measureOnce } from './large-json.js';
import { cleanLine, cleanText, cutText, quote } from './text.js';

/** A JSON Schema of draft 2020-12, as far as hugwire reads and writes it. */
export type JsonSchema = { [keyword: string]: unknown };

/**
 * Whether a value is nested no deeper than anything real is: deeper ones exhaust the stack of whatever walks through them.
 * @param value any JSON value, which nobody changes
 */
export function isShallow(value: unknown): boolean {
  return measureOnce(value).levels <= MAX_LEVELS;
}

const MAX_LEVELS = 64;

const TYPE_TESTS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
  null: (value) => value === null,
};

/** The types that a schema names, as far as JSON knows them; none when it leaves the type open. */
export function typesOf(schema: JsonSchema): string[] {
  const named: unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  return named.filter((type): type is string => typeof type === 'string' && Object.hasOwn(TYPE_TESTS, type));
}

/** The alternatives of a schema (`anyOf` or `oneOf`); none when it has no such keyword. */
export function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const list = schema.anyOf ?? schema.oneOf;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/**
 * Whether a value has the right shape on its first level: type, enum, required properties. Deeper levels and bounds are
 * the validator's task.
 * @param value any JSON value
 * @param schema without `$ref`
 */
export function fits(value: unknown, schema: JsonSchema): boolean {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0 && !alternatives.some((one) => fits(value, one))) return false;
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => TYPE_TESTS[type]?.(value))) return false;
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false;
  if (!isObject(value) || !Array.isArray(schema.required)) return true;
  return schema.required.every((name) => Object.hasOwn(value, name));
}

/**
 * Whether a value has the right shape and keeps the bounds of its type: all that a schema of a tool list asks of a plain
 * value.
 * @param value any JSON value
 * @param schema from `hostSchema`
 */
export function isWithin(value: unknown, schema: JsonSchema): boolean {
  const { minimum, maximum, minLength, maxLength } = schema;
  const alternatives = alternativesOf(schema);
  if (!fits(value, schema) || (alternatives.length > 0 && !alternatives.some((one) => isWithin(value, one))))
    return false;
  const keeps = (size: number, least: unknown, most: unknown) =>
    !(size < Number(least ?? size) || size > Number(most ?? size));
  if (typeof value === 'number') return keeps(value, minimum, maximum);
  if (typeof value !== 'string' || (minLength === undefined && maxLength === undefined)) return true;
  return keeps([...value].length, minLength, maxLength);
}

const checkers = new WeakMap<JsonSchema, Promise<Validator>>();

/**
 * Checks a value and says in words what is wrong with it. The schema is interpreted, never turned into code: it may come
 * from a stranger.
 * @param value any JSON value
 * @param schema of draft 2020-12, as `repairSchema` leaves it: without `$ref`, `pattern` and `format`
 * @returns undefined when it fits, else such as `must be at most 50, not 99` or `.size must be a whole number, not "big"`
 */
export async function findFault(value: unknown, schema: JsonSchema): Promise<string | undefined> {
  const checker = checkers.get(schema) ?? makeChecker(schema);
  checkers.set(schema, checker);
  try {
    const { valid, errors } = (await checker).validate(value);
    if (valid) return undefined;
    const failure = mostTelling(errors);
    return failure ? explain(failure, value, schema) : 'does not fit its schema';
  } catch {
    // What cannot be checked (the validator fails on a key with half a surrogate pair) is left to whoever gets it.
    return undefined;
  }
}

async function makeChecker(schema: JsonSchema): Promise<Validator> {
  const { Validator } = await import('@cfworker/json-schema');
  // A copy, since the validator writes into it.
  return new Validator(structuredClone(schema) as Schema, '2020-12');
}

/** Keywords whose failure only says that something below them failed. */
const WRAPPERS = new Set(['properties', 'patternProperties', 'items', 'prefixItems', 'allOf', 'if']);
const IN_UNION = /\/(?:anyOf|oneOf)\//;

// Of the failures within a union none tells more than the union's own, which comes before them.
function mostTelling(errors: OutputUnit[]): OutputUnit | undefined {
  const own = errors.filter(({ keyword }, at) => !(WRAPPERS.has(keyword) || isPassedOn(keyword, errors[at + 1])));
  return own.find(({ keywordLocation }) => !IN_UNION.test(keywordLocation)) ?? own[0];
}

/** Whether `additionalProperties` holds a schema that failed, rather than `false`. */
function isPassedOn(keyword: string, next: OutputUnit | undefined): boolean {
  return keyword === 'additionalProperties' && next?.keyword !== 'false';
}

const TYPE_NAMES: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** What to say of a failed keyword, from what the schema has under it and the value that failed. */
type Words = (asked: unknown, value: unknown, schema: JsonSchema) => string;

const eitherOf: Words = (alternatives) => {
  const types = [alternatives].flat().flatMap((one) => (isObject(one) ? (one.type ?? []) : []));
  const names = [...new Set(types.map(nameType))];
  return names.length > 0 ? `must be ${names.join(' or ')}` : 'does not match any of the allowed forms';
};

const WORDS: Record<string, Words> = {
  type: (type) => `must be ${[type].flat().map(nameType).join(' or ')}`,
  enum: (values) => `must be one of ${listValues([values].flat())}`,
  const: (value) => `must be ${showValue(value)}`,
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
  exclusiveMinimum: (limit) => `must be more than ${limit}`,
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
  multipleOf: (step) => `must be a multiple of ${step}`,
  minLength: (limit) => `must have at least ${limit} characters`,
  maxLength: (limit) => `must have at most ${limit} characters`,
  minItems: (limit) => `must have at least ${limit} items`,
  maxItems: (limit) => `must have at most ${limit} items`,
  uniqueItems: () => 'must not contain the same item twice',
  required: (names, value) =>
    `must have "${[names].flat().find((name) => !Object.hasOwn(Object(value), String(name)))}"`,
  additionalProperties: (_, value, { properties }) =>
    `must not have "${Object.keys(Object(value)).find((name) => !Object.hasOwn(Object(properties), name))}"`,
  anyOf: eitherOf,
  oneOf: eitherOf,
};

function explain(
  { keyword, keywordLocation, instanceLocation, error }: OutputUnit,
  root: unknown,
  schema: JsonSchema,
): string {
  const steps = readPointer(keywordLocation);
  const place = readPointer(instanceLocation);
  const value = follow(root, place);
  const words = Object.hasOwn(WORDS, keyword)
    ? WORDS[keyword]?.(follow(schema, steps), value, Object(follow(schema, steps.slice(0, -1))))
    : error;
  const where = place.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join('');
  return `${where}${where ? ' ' : ''}${words}, not ${showValue(value)}`;
}

/** The steps of a JSON Pointer, `#/a/0`. */
function readPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => decodeURI(step.replaceAll('%23', '#')).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function follow(root: unknown, steps: string[]): unknown {
  return steps.reduce((at, step) => (Object.hasOwn(Object(at), step) ? Object(at)[step] : undefined), root);
}

function nameType(type: unknown): string {
  return TYPE_NAMES[String(type)] ?? String(type);
}

/**
 * A value as JSON, clean and cut to a length that fits into a sentence.
 * @param value any JSON value
 * @param maxLength characters at most
 */
export function showValue(value: unknown, maxLength = 80): string {
  // What is huge is not written out to be cut.
  if (typeof value === 'string') return JSON.stringify(cleanText(value, maxLength - 2));
  const { nodes, characters } = measureOnce(value);
  if (nodes + characters > MAX_WRITTEN) return Array.isArray(value) ? `a list of ${value.length}` : 'a large object';
  const written = cleanLine(JSON.stringify(value) ?? String(value), maxLength + 1);
  // What is cut may be cut within a text, whose quotation mark would be missing.
  return written.length > maxLength ? quote(cutText(written, maxLength)) : written;
}

const MAX_WRITTEN = 10_000;

function listValues(values: unknown[]): string {
  const shown = values.slice(0, 20).map((value) => showValue(value, 40));
  return `${shown.join(', ')}${values.length > 20 ? ` and ${values.length - 20} more` : ''}`;
}
