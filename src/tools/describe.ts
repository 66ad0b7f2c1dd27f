import * as z from 'zod';
import type { JsonSchema } from '../lib/json-schema.js';
import { showHidden } from '../lib/text.js';
import { estimateTokens } from '../lib/tokens.js';
import type { AnyTool, Effect, Hints } from './tool.js';

/** What `tools/list` says of a tool. */
export interface ToolListing {
  [key: string]: unknown;
  name: string;
  title: string;
  description: string;
  inputSchema: { type: 'object'; [keyword: string]: unknown };
  annotations: Hints;
}

// All four hints are always given: hosts ask before a call, or do not, by them.
const ANNOTATIONS: Record<Effect, Hints> = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  write: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};

const schemas = new WeakMap<AnyTool, ToolListing['inputSchema']>();

/**
 * Describes a tool for `tools/list`; the same tool gives the same bytes every time.
 * @param tool any tool
 */
export function describeTool(tool: AnyTool): ToolListing {
  const { name, title, description, effect, hints } = tool;
  return {
    name,
    title,
    description,
    inputSchema: inputSchemaOf(tool),
    annotations: { ...ANNOTATIONS[effect], ...hints },
  };
}

/**
 * The JSON Schema of a tool's arguments, kept to the keywords that every host accepts.
 * @param tool any tool
 */
export function inputSchemaOf(tool: AnyTool): ToolListing['inputSchema'] {
  let schema = schemas.get(tool);
  if (!schema) {
    schema = slim(tool.inputSchema ?? z.toJSONSchema(tool.input, { io: 'input' })) as ToolListing['inputSchema'];
    schemas.set(tool, schema);
  }
  return schema;
}

const DROPPED = new Set(['$schema', 'propertyNames', 'format']);
/** What holds values, not schemas. */
const VERBATIM = new Set(['default', 'enum', 'examples', 'required']);

/** Takes out what costs tokens and tells a model nothing, or what some host rejects. */
function slim(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(slim);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties' && typeof value === 'object' && value !== null) {
      kept.properties = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, slim(inner)]));
    } else if (VERBATIM.has(keyword)) {
      kept[keyword] = value;
    } else if (keyword === 'additionalProperties') {
      // What takes any name says so: some clients send no other than those they know.
      if (value !== false) kept[keyword] = true;
    } else if (!DROPPED.has(keyword) && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER) {
      kept[keyword] = slim(value);
    }
  }
  return kept;
}

/** What hosts hand on to a model; titles and hints they keep to themselves. */
type Read = Pick<ToolListing, 'name' | 'description' | 'inputSchema'>;

/**
 * About how many tokens a model reads of a tool in every conversation.
 * @param listing as in `tools/list`
 */
export function costOf({ name, description, inputSchema }: Read): number {
  return estimateTokens(JSON.stringify({ name, description, inputSchema }));
}

/** An argument, or a part of one, as a person reads it. */
export interface ArgumentRow {
  /** With a question mark where it may be left out. */
  name: string;
  /** With its choices and its default. */
  type: string;
  about: string;
}

/**
 * The arguments of a tool for a person who is to approve it: every word of the definition, whole, hidden characters
 * written out.
 * @param schema from a listing
 * @param files names of those that take files
 * @param parent what the names of parts begin with
 */
export function describeArguments(schema: JsonSchema, files: readonly string[] = [], parent = ''): ArgumentRow[] {
  const { properties, required } = schema;
  return Object.entries((properties ?? {}) as Record<string, JsonSchema>).flatMap(([key, one]) => {
    const name = `${parent}${key}`;
    const levels = [one];
    for (let at = one; at.items !== undefined; levels.push(at)) at = at.items as JsonSchema;
    const isNeeded = Array.isArray(required) && required.includes(key);
    const file = files.includes(name) ? 'file' : undefined;
    return [
      {
        name: showHidden(`${name}${isNeeded ? '' : '?'}`),
        type: showHidden(describeWhole(one, file)),
        about: showHidden(levels.flatMap(({ description }) => description ?? []).join('; ')),
      },
      ...describeArguments(levels.at(-1) ?? {}, [], `${name}${'[]'.repeat(levels.length - 1)}.`),
    ];
  });
}

function describeWhole(schema: JsonSchema, text = 'text'): string {
  const { type, items, enum: members, default: value } = schema;
  const choices = Array.isArray(members) ? members.map((one) => JSON.stringify(one)).join(' | ') : undefined;
  const plain = type === 'string' ? text : nameType(String(type));
  const name = items === undefined ? plain : `list of ${describeWhole(items as JsonSchema, text)}`;
  const bounds = [
    showRange(schema.minimum, schema.maximum),
    showRange(schema.minLength, schema.maxLength, ' characters'),
    showRange(schema.minItems, schema.maxItems, ' items'),
  ].join('');
  return `${choices ?? name}${bounds}${value === undefined ? '' : ` = ${JSON.stringify(value)}`}`;
}

const TYPE_NAMES: Record<string, string> = { string: 'text', boolean: 'true|false', array: 'list' };

/**
 * A type in the words of people.
 * @param type of JSON Schema
 */
export function nameType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

/**
 * Bounds in a few words, such as ` 1–50`; nothing where there are none.
 * @param least and
 * @param most as the schema has them
 * @param unit what is counted
 */
export function showRange(least: unknown, most: unknown, unit = ''): string {
  if (least === undefined && most === undefined) return '';
  if (least !== undefined && most !== undefined) return ` ${least}–${most}${unit}`;
  return `${least === undefined ? ` up to ${most}` : ` from ${least}`}${unit}`;
}
