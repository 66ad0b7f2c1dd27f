import { isObject } from '../lib/json.js';
import { alternativesOf, isShallow, isWithin, type JsonSchema, typesOf } from '../lib/json-schema.js';
import { measureOnce } from '../lib/large-json.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { FILE_DATA, isFileData } from './files.js';
import type { Endpoint, EndpointParameter } from './types.js';

const MAX_DEPTH = 16;
const MAX_NODES = 2000;
const MAX_ENUM = 1000;
const MAX_DEFAULT = 1000;
/** Values of a default, and characters in them. */
const MAX_SHOWN_DEFAULT = 20_000;
/** Characters of all names and choices of one schema. */
const MAX_CHARACTERS = 200_000;
const MAX_DESCRIPTION = 500;

type Check = (value: unknown) => boolean;
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);

// `pattern` and `format` stay out: a hostile pattern can hang the validator, and hosts disagree on formats.
const PLAIN_KEYWORDS: Record<string, Check> = {
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: (value) => typeof value === 'boolean',
  default: (value) => value !== undefined && isShallow(value) && JSON.stringify(value).length <= MAX_DEFAULT,
};

/** What one schema may cost: definitions it refers to, and nodes left before the rest is cut off. */
interface Budget {
  definitions: Record<string, unknown>;
  nodes: number;
  /** Characters of names and choices that are left. */
  characters: number;
}

/**
 * Choices that the app may change while it runs: told as examples, not as all that there is.
 * @param schema refined
 */
export function hintChoices(schema: JsonSchema): JsonSchema {
  if (isObject(schema.items)) return { ...schema, items: hintChoices(schema.items) };
  const { enum: examples, ...rest } = schema;
  return Array.isArray(examples) ? { ...rest, examples } : schema;
}

/**
 * Makes a schema out of whatever a Space calls one: valid for draft 2020-12, definitions inlined (cycles are cut to "any
 * value"), an enum of the type its members have, only the keywords that hugwire knows, texts cleaned, size bounded.
 * @param raw from `/info` or `/config`
 * @returns `{}`, which takes anything, where nothing can be made of it
 */
export function repairSchema(raw: unknown): JsonSchema {
  const root = isObject(raw) ? raw : {};
  const definitions = { ...asObject(root.definitions), ...asObject(root.$defs) };
  return repair(root, { definitions, nodes: MAX_NODES, characters: MAX_CHARACTERS }, [], 0);
}

function repair(raw: unknown, budget: Budget, open: readonly string[], depth: number): JsonSchema {
  budget.nodes -= 1;
  if (!isObject(raw) || depth > MAX_DEPTH || budget.nodes < 0) return {};
  const merged = mergeAllOf(raw);
  if (typeof merged.$ref === 'string') return followReference(merged, merged.$ref, budget, open, depth);
  if (isFileData(merged)) return FILE_DATA;
  const deeper = (child: unknown) => repair(child, budget, open, depth + 1);

  const schema: JsonSchema = {};
  const types = typesOf(merged);
  if (types.length > 0) schema.type = types.length === 1 ? types[0] : types;
  if (typeof merged.description === 'string') schema.description = cleanText(merged.description, MAX_DESCRIPTION);
  for (const [keyword, isRight] of Object.entries(PLAIN_KEYWORDS)) {
    if (Object.hasOwn(merged, keyword) && isRight(merged[keyword])) schema[keyword] = merged[keyword];
  }
  Object.assign(schema, repairEnum(merged, budget), repairUnion(merged, deeper));
  Object.assign(schema, repairObject(merged, budget, deeper), repairArray(merged, schema.type, deeper));
  return dropContradictions(schema);
}

function followReference(
  raw: JsonSchema,
  reference: string,
  budget: Budget,
  open: readonly string[],
  depth: number,
): JsonSchema {
  const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
  if (name === undefined || open.includes(name) || !Object.hasOwn(budget.definitions, name)) return {};
  const { $ref: _, ...beside } = raw;
  const target = budget.definitions[name];
  return repair(isObject(target) ? { ...target, ...beside } : {}, budget, [...open, name], depth + 1);
}

// Pydantic wraps a reference that carries a description of its own into an allOf of one.
function mergeAllOf(raw: JsonSchema): JsonSchema {
  if (!Array.isArray(raw.allOf)) return raw;
  const { allOf, ...rest } = raw;
  return Object.assign({}, ...(allOf as unknown[]).filter(isObject), rest);
}

function repairEnum(raw: JsonSchema, budget: Budget): JsonSchema {
  const members = Object.hasOwn(raw, 'const') ? [raw.const] : raw.enum;
  if (!Array.isArray(members)) return {};
  const plain = [...new Set(members)].filter((one) => one === null || typeof one !== 'object');
  // An empty enum takes nothing: Gradio writes one for choices that are filled while the app runs. A cut one would
  // refuse what the app takes.
  if (plain.length === 0 || plain.length > MAX_ENUM || !spend(budget, plain)) return {};
  // Gradio says "string" of every choice, even of numbers, and compares without converting.
  return { enum: plain, type: typeOfAll(plain) };
}

/** Takes the characters of texts off the budget; false when they are more than is left. */
function spend(budget: Budget, texts: readonly unknown[]): boolean {
  const characters = texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
  if (characters > budget.characters) return false;
  budget.characters -= characters;
  return true;
}

/** The JSON type that all values share, if any; whole numbers are integers. */
export function typeOfAll(values: readonly unknown[]): 'string' | 'integer' | 'number' | 'boolean' | undefined {
  if (values.every((one) => typeof one === 'string')) return 'string';
  if (values.every(Number.isInteger)) return 'integer';
  if (values.every((one) => typeof one === 'number')) return 'number';
  return values.every((one) => typeof one === 'boolean') ? 'boolean' : undefined;
}

function repairUnion(raw: JsonSchema, deeper: (child: unknown) => JsonSchema): JsonSchema {
  const list = raw.anyOf ?? raw.oneOf;
  if (!Array.isArray(list) || list.length === 0) return {};
  const alternatives = list.slice(0, MAX_NODES).map(deeper);
  // One that takes anything makes the whole union take anything.
  if (alternatives.some((one) => Object.keys(one).length === 0)) return {};
  const [only] = alternatives;
  return alternatives.length === 1 && only ? only : { anyOf: alternatives };
}

function repairObject(raw: JsonSchema, budget: Budget, deeper: (child: unknown) => JsonSchema): JsonSchema {
  const schema: JsonSchema = {};
  if (isObject(raw.properties)) {
    const entries = Object.entries(raw.properties)
      .slice(0, MAX_NODES)
      .filter(([name]) => name !== '__proto__' && spend(budget, [name]));
    const known = new Set<unknown>(entries.map(([name]) => name));
    const named: unknown[] = Array.isArray(raw.required) ? raw.required : [];
    const required = new Set(named.filter((name) => known.has(name)));
    if (required.size > 0) schema.required = [...required];
    schema.properties = Object.fromEntries(
      entries.map(([name, child]) => [name, required.has(name) ? deeper(child) : optional(deeper(child))]),
    );
  }
  const rest = raw.additionalProperties;
  if (typeof rest === 'boolean') schema.additionalProperties = rest;
  else if (isObject(rest)) schema.additionalProperties = deeper(rest);
  return schema;
}

// Python writes "may be left out" as "or null, which is the default". Leaving it out says the same in fewer words.
function optional(schema: JsonSchema): JsonSchema {
  if (schema.default !== undefined && schema.default !== null) return schema;
  const { default: _, ...rest } = withoutNull(schema);
  return rest;
}

/**
 * Takes the alternative `null` away.
 * @param schema repaired
 */
export function withoutNull(schema: JsonSchema): JsonSchema {
  if (!Array.isArray(schema.anyOf)) return schema;
  const { anyOf, ...rest } = schema;
  const real = (anyOf as JsonSchema[]).filter((one) => one.type !== 'null');
  const [only] = real;
  if (real.length === 1 && only) return { ...only, ...rest };
  return real.length === 0 ? schema : { ...rest, anyOf: real };
}

function repairArray(raw: JsonSchema, type: unknown, deeper: (child: unknown) => JsonSchema): JsonSchema {
  const schema: JsonSchema = {};
  // Before 2020-12 a tuple was a list below `items`.
  const tuple = Array.isArray(raw.prefixItems) ? raw.prefixItems : Array.isArray(raw.items) ? raw.items : undefined;
  if (tuple && tuple.length > 0) schema.prefixItems = tuple.slice(0, MAX_NODES).map(deeper);
  if (isObject(raw.items)) schema.items = deeper(raw.items);
  // Some hosts refuse an array that does not say what its items are.
  else if (type === 'array' && !tuple) schema.items = {};
  return schema;
}

const BOUNDS: [string, string][] = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
];

function dropContradictions(schema: JsonSchema): JsonSchema {
  for (const [least, most] of BOUNDS) {
    if ((schema[least] as number) > (schema[most] as number)) {
      delete schema[least];
      delete schema[most];
    }
  }
  for (const [keyword, value] of Object.entries(schema)) if (value === undefined) delete schema[keyword];
  return schema;
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/** Longer lists of choices cost more of the assistant's context than they are worth. */
const MAX_SHOWN_ENUM = 40;
const MAX_SHOWN_DESCRIPTION = 160;
/** Characters of a choice that a list shows, see aliases.ts. */
const MAX_SHOWN_CHOICE = 80;
const MAX_SHOWN_DEPTH = 6;
/** What a part of a schema costs beside its words. */
const PART = 40;

/** Characters left for one definition: as an assistant reads it, and as the lock file keeps it. */
interface Room {
  shown: number;
  kept: number;
}

function take(room: Room, shown: number, kept = shown): boolean {
  if (shown > room.shown || kept > room.kept) return false;
  room.shown -= shown;
  room.kept -= kept;
  return true;
}

/**
 * Rewrites a schema with the keywords that every MCP host takes in a tool definition: one type each, no `null`
 * alternatives, enums of text only, `items` on every array, properties in every object, no default that is an object or does
 * not fit. What is said less strictly in this way is still checked by the whole schema when the tool is called. The words
 * are the app's own; see `aliasSchema`. The same again changes nothing.
 * @param schema repaired, without `$ref`
 */
export function hostSchema(schema: JsonSchema): JsonSchema {
  const { properties, required } = schema;
  const room = { shown: 30_000, kept: 200_000 };
  return {
    type: 'object',
    properties: isObject(properties) ? mapValues(properties, (one) => simplify(one, room, 0)) : {},
    ...(Array.isArray(required) && required.length > 0 ? { required } : {}),
  };
}

const PLAIN = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];

function simplify(schema: JsonSchema, room: Room, depth: number): JsonSchema {
  const meant = alternativesOf(schema).find((one) => one.type !== 'null') ?? {};
  const whole = { ...meant, ...schema };
  const type = typesOf(whole).find((one) => one !== 'null');
  const hints = [whole.description];
  // Without a type, clients send text: what takes any value says that this text is JSON.
  const simple: JsonSchema = { type: type ?? 'string' };
  if (type === undefined && !Array.isArray(whole.enum)) hints.push('JSON');
  for (const keyword of PLAIN) simple[keyword] = whole[keyword];
  dropContradictions(simple);
  hints.push(addEnum(simple, whole.enum, room));
  if (Array.isArray(whole.examples)) hints.push(`such as ${listShown(whole.examples)}`);
  if (type === 'array') simple.items = simplify(depth < MAX_SHOWN_DEPTH ? itemsOf(whole) : {}, room, depth + 1);
  if (type === 'object') hints.push(addProperties(simple, whole, room, depth));
  const { default: value } = whole;
  if (typeof value !== 'object' && isWithin(value, whole) && isWithin(value, simple)) {
    const { length } = JSON.stringify(value);
    if (length <= MAX_DEFAULT && take(room, Math.min(length, MAX_SHOWN_CHOICE), length)) simple.default = value;
  }
  const description = [...new Set(hints.filter((hint) => typeof hint === 'string' && hint !== ''))].join('; ');
  const told = cleanLine(description, MAX_SHOWN_DESCRIPTION);
  if (told && take(room, told.length)) simple.description = told;
  return simple;
}

/** Adds an enum of text; other choices are told in words, which are returned. */
function addEnum(simple: JsonSchema, members: unknown, room: Room): string | undefined {
  if (!Array.isArray(members) || members.length === 0) return undefined;
  const sum = (most: number) => members.reduce((total, one) => total + Math.min(String(one).length, most), 0);
  if (
    simple.type === 'string' &&
    members.length <= MAX_SHOWN_ENUM &&
    members.every((one) => typeof one === 'string') &&
    take(room, sum(MAX_SHOWN_CHOICE), sum(Number.POSITIVE_INFINITY))
  ) {
    simple.enum = [...new Set(members)];
    return undefined;
  }
  return `one of ${listShown(members)}`;
}

function listShown(members: readonly unknown[]): string {
  const shown = members.slice(0, MAX_SHOWN_ENUM / 2).map(String);
  return `${shown.join(', ')}${shown.length < members.length ? ', …' : ''}`;
}

/** Adds the parts of an object; one that has none to show is given as JSON text, which some hosts need to be told. */
function addProperties(simple: JsonSchema, { properties, required }: JsonSchema, room: Room, depth: number) {
  const names = isObject(properties) ? Object.keys(properties) : [];
  const sum = (most: number) => names.reduce((total, name) => total + Math.min(name.length, most) + PART, 0);
  const isShown = names.length > 0 && depth < MAX_SHOWN_DEPTH && take(room, sum(64), sum(Number.POSITIVE_INFINITY));
  if (!isShown) {
    simple.type = 'string';
    return 'JSON object';
  }
  simple.properties = mapValues(properties as JsonSchema, (one) => simplify(one, room, depth + 1));
  if (Array.isArray(required)) simple.required = required;
  return undefined;
}

function itemsOf(schema: JsonSchema): JsonSchema {
  const [first] = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  if (isObject(schema.items) && Object.keys(schema.items).length > 0) return schema.items;
  return isObject(first) ? first : {};
}

function mapValues(properties: Record<string, unknown>, convert: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const entries = Object.entries(properties).filter(([, schema]) => isObject(schema));
  return Object.fromEntries(entries.map(([name, schema]) => [name, convert(schema as JsonSchema)]));
}

/**
 * The schema of all arguments of an endpoint: an object, never a union at the root.
 * @param endpoint described
 */
export function inputSchema(endpoint: Endpoint): JsonSchema {
  const required = endpoint.parameters.filter((one) => one.required).map((one) => one.name);
  return {
    type: 'object',
    properties: Object.fromEntries(endpoint.parameters.map((one) => [one.name, withDefault(one)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** Whether a default is worth its room. */
function isShort(value: unknown): boolean {
  const { nodes, characters } = measureOnce(value);
  return nodes + characters <= MAX_SHOWN_DEFAULT;
}

// A default that is an object is of no use to a reader: a file on the Space's disk, or a wire form.
function withDefault(parameter: EndpointParameter): JsonSchema {
  const { default: value, required } = parameter;
  const schema = parameter.changes ? hintChoices(parameter.schema) : parameter.schema;
  const tellable =
    !required && value !== null && (typeof value !== 'object' || parameter.wire === undefined) && isShort(value);
  return tellable ? { ...schema, default: value } : schema;
}
