import type * as z from 'zod';
import { coerce, isNoise, isNothing, openArguments, spreadArguments } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { formatCount } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { type JsonSchema, showValue } from '../lib/json-schema.js';
import { fold, nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { inputSchemaOf } from './describe.js';
import type { AnyTool } from './tool.js';

/** Whoever gets more than these wrong has to look at the schema anyway. */
const MAX_PROBLEMS = 5;

/**
 * Reads the arguments of a call as they were meant: other names and spellings, one value for a list, text for a number.
 * @param tool whose arguments they are
 * @param given anything a client sent
 * @returns what the tool's schema makes of them
 * @throws HugwireError `invalid_arguments`, in words that let the assistant call again correctly
 */
export function readArguments<Tool extends AnyTool>(tool: Tool, given: unknown): z.output<Tool['input']> {
  const schema = inputSchemaOf(tool);
  // The tool's own check knows more than the schema it shows: labels, defaults, files.
  if (tool.inputSchema) return readObject(tool, given, schema);
  const named = nameArguments(given, schema, Object.keys(tool.aliases?.names ?? {}));
  if (!named) throw noObject(tool, schema);
  const properties = schema.properties as Record<string, JsonSchema>;
  const said = spreadArguments(
    tool.bend?.(named) ?? named,
    (name) => !Object.hasOwn(properties, name) || properties[name]?.type === 'object',
  );
  const meant = gatherRest(tool, renameArguments(tool, withoutNothing(said)));
  refuseLong(tool, meant);
  const bent = coerce(dropNoise(meant, properties), schema) as typeof named;
  const unknown = Object.keys(bent).filter((name) => !Object.hasOwn(properties, name));
  if (unknown.length > 0) throw unknownArguments(tool, unknown, schema);
  const parsed = tool.input.safeParse(bent);
  if (parsed.success) return parsed.data;
  const issues: readonly z.core.$ZodIssue[] = parsed.error.issues;
  const problems = [...new Set(issues.slice(0, MAX_PROBLEMS).map((issue) => describeIssue(issue, bent, properties)))];
  if (issues.length > MAX_PROBLEMS) problems.push(`and ${issues.length - MAX_PROBLEMS} more`);
  throw new HugwireError('invalid_arguments', `${tool.name}: ${problems.join('; ')}. ${listArguments(schema)}`);
}

function readObject<Tool extends AnyTool>(tool: Tool, given: unknown, schema: JsonSchema): z.output<Tool['input']> {
  const named = nameArguments(given, schema);
  if (!named) throw noObject(tool, schema);
  return named as z.output<Tool['input']>;
}

/**
 * The arguments by name; a list is read by place.
 * @param aliases other names that count
 * @returns undefined when it is not clear what is meant
 */
function nameArguments(
  given: unknown,
  schema: JsonSchema,
  aliases: readonly string[] = [],
): Record<string, unknown> | undefined {
  const names = Object.keys(schema.properties as object);
  const opened = openArguments(given, [...names, ...aliases]);
  if (isObject(opened)) return opened;
  if (!Array.isArray(opened) || opened.length > names.length) return undefined;
  return Object.fromEntries(opened.map((value, at) => [names[at], value]));
}

function noObject(tool: AnyTool, schema: JsonSchema): HugwireError {
  return new HugwireError('invalid_arguments', `${tool.name} takes an object of arguments. ${listArguments(schema)}`);
}

/** Characters of one argument, or of one item of a list. What a Space is given may be longer: a file is among it. */
const MAX_TEXT = 20_000;

/** Nothing looks into a text before it is known to be short enough. */
function refuseLong(tool: AnyTool, given: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(given)) {
    const long = [value].flat().find((one) => typeof one === 'string' && one.length > MAX_TEXT);
    if (long === undefined || name === tool.rest) continue;
    throw new HugwireError(
      'invalid_arguments',
      `${tool.name}: "${cleanLine(name, 60)}" is too long: ${formatCount(String(long).length)} characters of ${formatCount(MAX_TEXT)} at most.`,
    );
  }
}

/** Applies the tool's own aliases: `q` for `query`, `lastModified` for `updated`. A list takes all that go by its names. */
function renameArguments(tool: AnyTool, given: Record<string, unknown>): Record<string, unknown> {
  const { aliases, input } = tool;
  const properties = inputSchemaOf(tool).properties as Record<string, JsonSchema>;
  const renamed = new Map<string, unknown>();
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(input.shape, name) ? name : lookUp(aliases?.names, name);
    const isList = Object.hasOwn(properties, known) && properties[known]?.type === 'array';
    const target = Object.hasOwn(given, known) && !isList ? name : known;
    const spellings = aliases?.values?.[target];
    const spelled = spellings ? respell(value, spellings) : value;
    renamed.set(target, isList && renamed.has(target) ? [renamed.get(target), spelled].flat() : spelled);
  }
  return Object.fromEntries(renamed);
}

/** The value as the tool spells it; of a list, also one written with commas, each part. */
function respell(value: unknown, spellings: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => respell(item, spellings));
  if (typeof value !== 'string') return value;
  const parts = value.split(',').map((part) => part.trim());
  const isList = parts.length > 1 && !value.trimStart().startsWith('[');
  return isList ? parts.map((part) => lookUp(spellings, part)) : lookUp(spellings, value);
}

/** What an alias stands for, or the word itself. */
function lookUp(aliases: Record<string, string> | undefined, word: string): string {
  const folded = fold(word);
  return aliases && Object.hasOwn(aliases, folded) ? (aliases[folded] ?? word) : word;
}

/** Moves what is no argument of the tool, and looks like none, into the one that takes the rest. */
function gatherRest({ rest, input }: AnyTool, given: Record<string, unknown>): Record<string, unknown> {
  if (!rest) return given;
  const names = Object.keys(input.shape);
  const { [rest]: whole = {}, ...others } = given;
  const read = coerce(whole, { type: 'object' });
  const isLoose = ([name]: [string, unknown]) => !names.includes(name) && !nearest(name, names);
  const entries = Object.entries(others);
  // Whoever takes the rest knows what a list or a bare value means.
  const all = { ...Object.fromEntries(entries.filter(isLoose)), ...(isObject(read) ? read : { positional: read }) };
  const kept = Object.fromEntries(entries.filter((entry) => !isLoose(entry)));
  return isNothing(all) ? kept : { ...kept, [rest]: all };
}

/** Tools take neither empty texts nor empty lists: whoever sends them means to leave out, also within a list. */
function withoutNothing(given: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(given).map(([name, value]): [string, unknown] => [
    name,
    Array.isArray(value) ? value.filter((item) => !isNothing(item)) : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => !isNothing(value)));
}

function dropNoise(given: Record<string, unknown>, properties: object): Record<string, unknown> {
  const names = new Set(Object.keys(properties).map(fold));
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(fold(name)) || !isNoise(name)));
}

function unknownArguments(tool: AnyTool, unknown: string[], schema: JsonSchema): HugwireError {
  const names = Object.keys(schema.properties as object);
  const told = unknown.slice(0, MAX_PROBLEMS).map((name) => {
    const meant = nearest(name, names);
    return `"${cleanLine(name, 60)}"${meant ? ` (did you mean "${meant}"?)` : ''}`;
  });
  return new HugwireError(
    'invalid_arguments',
    `${tool.name} has no argument ${told.join(', ')}. ${listArguments(schema)}`,
  );
}

function describeIssue(issue: z.core.$ZodIssue, given: unknown, properties: Record<string, JsonSchema>): string {
  const path = issue.path.map(String).join('.');
  let value: unknown = given;
  for (const key of issue.path)
    value = isObject(value) || Array.isArray(value) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  if ((value ?? undefined) === undefined && /^invalid_(?:type|value)$/.test(issue.code)) return `"${path}" is required`;
  const isWord = issue.code === 'invalid_value' && typeof value !== 'object';
  const meant = isWord ? nearest(String(value), issue.values.map(String)) : undefined;
  const got = `got ${showValue(value)}${meant ? `; did you mean "${meant}"?` : ''}`;
  const shown = value === undefined ? '' : ` (${got})`;
  if (issue.code === 'invalid_type' && properties[path]?.type === 'integer') {
    return `"${path}" must be a whole number${shown}`;
  }
  return `"${path}": ${issue.message.replace(/^Invalid (?:input|option): /, '').replace(/^Too (?:big|small): /, '')}${shown}`;
}

function listArguments(schema: JsonSchema): string {
  const required = (schema.required ?? []) as string[];
  const entries = Object.entries(schema.properties as Record<string, JsonSchema>);
  if (entries.length === 0) return 'It takes no arguments.';
  return `Arguments: ${entries.map(([name, inner]) => `${name}${required.includes(name) ? '' : '?'}: ${typeName(inner)}`).join(', ')}.`;
}

function typeName(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return schema.enum.join('|');
  if (schema.type === 'array') return `list of ${typeName((schema.items ?? {}) as JsonSchema)}`;
  const { minimum, maximum } = schema;
  const range =
    minimum !== undefined && maximum !== undefined
      ? ` ${minimum}–${maximum}`
      : minimum !== undefined
        ? ` from ${minimum}`
        : '';
  return `${schema.type ?? 'any'}${range}`;
}
