import { hostSchema, inputSchema } from '../gradio/schema.js';
import type { App, Endpoint } from '../gradio/types.js';
import { HugwireError } from '../lib/errors.js';
import { isObject, type JsonSchema, showValue } from '../lib/json-schema.js';
import { cleanLine } from '../lib/text.js';
import { hashEntry, type LockEntry, TOOL_NAME } from './lock.js';

/** Words that make no good tool name by themselves. */
const PLAIN_ENDPOINTS = new Set(['predict', 'infer', 'run', 'process', 'generate', 'lambda', 'call']);

/**
 * Records an endpoint as it is now, for a tool of its own.
 * @param app described
 * @param endpoint of the app
 * @param tool its name as a tool
 * @param now when
 * @throws HugwireError `invalid_arguments` for a name that is none
 */
export function pinSpace(app: App, endpoint: Endpoint, tool: string, now = new Date()): LockEntry {
  if (!TOOL_NAME.test(tool)) {
    throw new HugwireError('invalid_arguments', `"${cleanLine(tool, 60)}" is no name for a tool.`, {
      hint: 'It has at most 40 characters of a-z, 0-9 and _, and begins with a letter.',
    });
  }
  const { site } = app;
  const about = cleanLine(endpoint.description ?? app.title ?? site.title ?? '', 160);
  const entry = {
    space: site.id,
    endpoint: endpoint.name,
    tool,
    title: cleanLine(site.title ?? app.title ?? tool, 60) || tool,
    description: `${about ? `${about.replace(/\.$/, '')}. ` : ''}Runs ${endpoint.name} of the Space ${site.id}.`,
    schema: liveSchema(endpoint),
    files: fileNames(endpoint),
    gradio: app.version,
    ...(site.sha ? { sha: site.sha } : {}),
    pinnedAt: now.toISOString(),
  };
  return { ...entry, hash: hashEntry(entry) };
}

function liveSchema(endpoint: Endpoint): JsonSchema {
  return hostSchema(inputSchema(endpoint));
}

function fileNames(endpoint: Endpoint): string[] {
  return endpoint.parameters.filter((one) => one.file !== undefined).map((one) => one.name);
}

/**
 * A name for the tool of an endpoint: the Space's name, and the endpoint's where that tells something.
 * @param space `owner/name` or the URL of a local app
 * @param endpoint with its slash
 * @param taken names that other tools have
 */
export function suggestToolName(space: string, endpoint: string, taken: readonly string[] = []): string {
  const name = space.split('/').at(-1) ?? '';
  const part = endpoint.replace(/^\/+/, '');
  const words = `${name}${PLAIN_ENDPOINTS.has(part) ? '' : `_${part}`}`;
  const plain = words
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 40)
    .replace(/_+$/, '');
  const base = plain || 'space';
  for (let count = 1; ; count += 1) {
    const ending = count === 1 ? '' : `_${count}`;
    const candidate = `${base.slice(0, 40 - ending.length)}${ending}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/**
 * How an endpoint differs from when it was pinned, as far as it matters to a call; texts do not.
 * @param entry from the lock file
 * @param app as it is now
 * @returns one sentence each; empty when nothing matters
 */
export function compareWithLive(entry: LockEntry, app: App): string[] {
  const endpoint = app.endpoints.find((one) => one.name === entry.endpoint);
  if (!endpoint) {
    const others = app.endpoints.filter((one) => !one.hidden).map((one) => one.name);
    return [`${entry.endpoint} is gone; the Space now has ${others.slice(0, 20).join(', ') || 'no endpoint'}.`];
  }
  const before = propertiesOf(entry.schema);
  const now = propertiesOf(liveSchema(endpoint));
  const needed = requiredOf(liveSchema(endpoint));
  const differences: string[] = [];
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(now, name)) differences.push(`"${name}" is gone.`);
  }
  for (const [name, schema] of Object.entries(now)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (!old) differences.push(`"${name}" is new${needed.includes(name) ? ' and must be given' : ''}.`);
    else differences.push(...compareProperty(name, old, schema));
  }
  for (const name of Object.keys(now)) {
    if (!Object.hasOwn(before, name) || needed.includes(name) === requiredOf(entry.schema).includes(name)) continue;
    differences.push(`"${name}" ${needed.includes(name) ? 'must now be given' : 'may now be left out'}.`);
  }
  for (const name of fileNames(endpoint)) {
    if (Object.hasOwn(before, name) && !entry.files.includes(name)) differences.push(`"${name}" now takes a file.`);
  }
  return differences;
}

const COMPARED: Record<string, string> = {
  type: 'type',
  minimum: 'minimum',
  maximum: 'maximum',
  maxLength: 'greatest length',
  maxItems: 'greatest number of items',
  enum: 'choices',
  default: 'default',
  items: 'items',
  properties: 'parts',
};

function compareProperty(name: string, before: JsonSchema, now: JsonSchema): string[] {
  return Object.entries(COMPARED).flatMap(([keyword, words]) => {
    const [old, fresh] = [JSON.stringify(structure(before[keyword])), JSON.stringify(structure(now[keyword]))];
    if (old === fresh) return [];
    return [`"${name}": ${words} was ${tell(before[keyword])}, is ${tell(now[keyword])}.`];
  });
}

// Texts below do not count as a difference either.
function structure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structure);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== 'description' || isObject(inner));
  return Object.fromEntries(
    entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, inner]) => [key, structure(inner)]),
  );
}

function tell(value: unknown): string {
  return value === undefined ? 'not set' : cleanLine(showValue(structure(value), 120), 120);
}

/**
 * Refuses a call of a pinned tool that would no longer do what was approved: where text was approved and a file would be
 * read now.
 * @param entry from the lock file
 * @param app as it is now
 * @throws HugwireError `blocked`
 */
export function refuseTurned(entry: LockEntry, app: App): void {
  const endpoint = app.endpoints.find((one) => one.name === entry.endpoint);
  const known = propertiesOf(entry.schema);
  const turned = endpoint
    ? fileNames(endpoint).find((name) => Object.hasOwn(known, name) && !entry.files.includes(name))
    : undefined;
  if (turned === undefined) return;
  throw new HugwireError('blocked', `${entry.space} has changed since it was pinned: "${turned}" takes a file now.`, {
    hint: `The user can look at it and approve it: \`hugwire spaces refresh ${entry.tool}\`.`,
  });
}

/**
 * The properties of an object's schema.
 * @param schema repaired
 */
export function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
}

/**
 * The names of the properties that an object must have.
 * @param schema repaired
 */
export function requiredOf(schema: JsonSchema): string[] {
  return Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
}
