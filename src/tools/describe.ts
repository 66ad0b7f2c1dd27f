import * as z from 'zod';
import type { JsonSchema } from '../lib/json-schema.js';
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

const DROPPED = new Set(['$schema', 'additionalProperties', 'propertyNames', 'format']);
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
