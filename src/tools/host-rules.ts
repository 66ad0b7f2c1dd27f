import { isObject } from '../lib/json.js';
import { isWithin, type JsonSchema } from '../lib/json-schema.js';
import { showHidden } from '../lib/text.js';
import type { ToolListing } from './describe.js';

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const KEY = /^(?!(?:__proto__|x-mcp-header)$)[a-zA-Z0-9_.-]{1,64}$/i;
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'];
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems'];
const BOUNDS = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
] as const;
const TEXTS = ['title', 'description'];
/** Every other keyword is refused by some host, or means something to one: unions, references, `x-mcp-header`. */
const KEYWORDS = new Set([
  ...['type', 'properties', 'required', 'items', 'enum', 'default', 'additionalProperties'],
  ...TEXTS,
  ...BOUNDS.flat(),
]);
/** Characters of one text, and of a whole definition: some hosts cut, and none shows a person more. */
const MAX_TEXT = 1024;
const MAX_DEFINITION = 64 * 1024;

/**
 * The first thing in a tool's definition that some host would not take: one such tool costs a user of that host all the
 * others, or every message of a chat.
 * @param listing as in `tools/list`
 * @returns in words, with the place; undefined when every host takes it
 */
export function findBreach({ name, title, description, inputSchema }: ToolListing): string | undefined {
  if (!TOOL_NAME.test(name)) return 'its name is not 1 to 64 letters, digits, _ and -';
  const size = JSON.stringify({ title, description, inputSchema }).length;
  if (size > MAX_DEFINITION) return `it is ${size} characters long, and ${MAX_DEFINITION} are allowed`;
  const text = [title, description].map(checkText).find(Boolean);
  if (text) return `its title or description ${text}`;
  if (!isObject(inputSchema.properties)) return 'its arguments are not an object with properties';
  return checkSchema(inputSchema, 'arguments', true);
}

function checkText(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'is not text';
  if (text.length > MAX_TEXT) return `is longer than ${MAX_TEXT} characters`;
  return showHidden(text) === text ? undefined : 'has hidden characters';
}

function checkSchema(schema: unknown, place: string, isRoot = false): string | undefined {
  const fault = findFault(schema, isRoot);
  if (fault !== undefined) return `${showHidden(place.slice(0, 200))}: ${fault}`;
  const { properties, items } = schema as JsonSchema;
  const inner: [string, unknown][] = Object.entries(properties ?? {}).map(([key, one]) => [`${place}.${key}`, one]);
  if (items !== undefined) inner.push([`${place}[]`, items]);
  for (const [where, one] of inner) {
    const found = checkSchema(one, where);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is wrong with one level of a schema. */
function findFault(schema: unknown, isRoot: boolean): string | undefined {
  if (!isObject(schema)) return 'is not a schema';
  const { type, properties, required = [], items, enum: members, additionalProperties: rest } = schema;
  const strange = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (strange !== undefined) return `has the keyword ${strange.slice(0, 64)}`;
  if (typeof type !== 'string' || !TYPES.includes(type)) return `has the type ${JSON.stringify(type)}`;
  if (isRoot && type !== 'object') return 'are not an object';
  for (const keyword of TEXTS) {
    const fault = schema[keyword] === undefined ? undefined : checkText(schema[keyword]);
    if (fault) return `its ${keyword} ${fault}`;
  }
  if (properties !== undefined || type === 'object') {
    const keys = Object.keys(isObject(properties) ? properties : {});
    if (type !== 'object' || (keys.length === 0 && !isRoot && rest !== true)) return 'is an object without properties';
    const key = keys.find((one) => !KEY.test(one));
    if (key !== undefined) return `has the key ${JSON.stringify(key.slice(0, 64))}`;
    const isList = Array.isArray(required) && new Set(required).size === required.length;
    if (!isList || !required.every((one) => keys.includes(one))) return 'requires what it does not have';
  }
  if ((type === 'array') !== isObject(items)) return 'is a list without items, or items without a list';
  if (members !== undefined && (type !== 'string' || !isChoice(members)))
    return 'has choices that are not different texts';
  if (rest !== undefined && rest !== true) return 'has additionalProperties';
  return checkNumbers(schema) ?? checkDefault(schema);
}

function isChoice(members: unknown): boolean {
  if (!Array.isArray(members) || members.length === 0 || new Set(members).size < members.length) return false;
  return members.every((one) => one !== '' && checkText(one) === undefined);
}

function checkNumbers(schema: JsonSchema): string | undefined {
  const strange = BOUNDS.flat().find((keyword) => {
    const value = schema[keyword];
    const isRight =
      Number.isFinite(value) && (!COUNTS.includes(keyword) || (Number.isInteger(value) && Number(value) >= 0));
    return value !== undefined && !isRight;
  });
  if (strange) return `its ${strange} is not a number`;
  const crossed = BOUNDS.find(([least, most]) => Number(schema[least]) > Number(schema[most]));
  return crossed && `its ${crossed[0]} is more than its ${crossed[1]}`;
}

function checkDefault({ default: value, ...schema }: JsonSchema): string | undefined {
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? value : [value];
  const one = Array.isArray(value) ? (schema.items as JsonSchema) : schema;
  const fitsType = Array.isArray(value) === (schema.type === 'array');
  const isRight = list.every((inner) => typeof inner !== 'object' && isWithin(inner, one));
  if (!fitsType || !isRight) return 'its default does not fit';
  return list.some((inner) => typeof inner === 'string' && checkText(inner))
    ? 'its default is hidden or too long'
    : undefined;
}
