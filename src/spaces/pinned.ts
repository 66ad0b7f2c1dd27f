import { MAX_TOOL_NAME, TOOL_NAME, TOOL_NAME_RULE } from '../config/schema.js';
import { toAscii } from '../gradio/aliases.js';
import { seedSwitches } from '../gradio/arguments.js';
import { hostSchema, inputSchema } from '../gradio/schema.js';
import type { Endpoint, EndpointParameter } from '../gradio/types.js';
import { coerce, isLeftOut, isNoise } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import { findFault, type JsonSchema, showValue } from '../lib/json-schema.js';
import { fold, nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { type LockEntry, makeEntry } from './lock.js';
import type { AdaptedCall, SpaceApp } from './types.js';

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
export function pinSpace(app: SpaceApp, endpoint: Endpoint, tool: string, now = new Date()): LockEntry {
  if (!TOOL_NAME.test(tool)) {
    throw new HugwireError('invalid_arguments', `"${cleanLine(tool, 60)}" is not a valid name for a tool.`, {
      hint: `It must be ${TOOL_NAME_RULE}.`,
    });
  }
  const { site } = app;
  const about = cleanLine(endpoint.description ?? app.title ?? site.title ?? '', 160);
  const raw = {
    space: site.id,
    endpoint: endpoint.name,
    title: cleanLine(site.title) || app.title,
    description: `${about ? `${about.replace(/\.$/, '')}. ` : ''}Runs ${endpoint.name} of the Space ${site.id}.`,
    files: fileNames(endpoint),
    gradio: app.version,
    sha: site.sha,
    pinnedAt: now.toISOString(),
    shown: 'whole',
  };
  return makeEntry(raw, { tool, schema: inputSchema(endpoint) });
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
  const plain = toAscii(words)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|(?<!_)_+$/g, '')
    .slice(0, MAX_TOOL_NAME)
    .replace(/(?<!_)_+$/, '');
  const base = plain || 'space';
  for (let count = 1; ; count += 1) {
    const ending = count === 1 ? '' : `_${count}`;
    const candidate = `${base.slice(0, MAX_TOOL_NAME - ending.length)}${ending}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/**
 * How an endpoint differs from when it was pinned, as far as it matters to a call; texts do not.
 * @param entry from the lock file
 * @param app as it is now
 * @returns one sentence each; empty when nothing matters
 */
export function compareWithLive(entry: LockEntry, app: SpaceApp): string[] {
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
    if (!Object.hasOwn(now, name)) differences.push(`${named(name)} is gone.`);
  }
  for (const [name, schema] of Object.entries(now)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    if (!old) differences.push(`${named(name)} is new${needed.includes(name) ? ' and must be given' : ''}.`);
    else {
      const isChoosing = endpoint.parameters.some((one) => one.name === name && one.changes);
      const asked = (one: JsonSchema) => (isChoosing ? withoutChoices(one) : one);
      differences.push(...compareProperty(name, asked(old), asked(schema)));
    }
  }
  for (const name of Object.keys(now)) {
    if (!Object.hasOwn(before, name) || needed.includes(name) === requiredOf(entry.schema).includes(name)) continue;
    differences.push(`${named(name)} ${needed.includes(name) ? 'must now be given' : 'may now be left out'}.`);
  }
  for (const name of fileNames(endpoint)) {
    if (Object.hasOwn(before, name) && !entry.files.includes(name))
      differences.push(`${named(name)} now takes a file.`);
  }
  return differences;
}

const named = (name: string) => `"${cleanLine(name, 64).replaceAll('"', "'")}"`;

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
    return [`${named(name)}: ${words} was ${tell(before[keyword])}, is ${tell(now[keyword])}.`];
  });
}

/** What the app changes while it runs is no change of the app. */
function withoutChoices({ enum: _, ...schema }: JsonSchema): JsonSchema {
  return isObject(schema.items) ? { ...schema, items: withoutChoices(schema.items) } : schema;
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
  return value === undefined ? 'not set' : showValue(structure(value), 120);
}

/**
 * Refuses a call of a pinned tool that would no longer do what was approved: where text was approved and a file would be
 * read now.
 * @param entry from the lock file
 * @param app as it is now
 * @throws HugwireError `blocked`
 */
export function refuseTurned(entry: LockEntry, app: SpaceApp): void {
  const endpoint = app.endpoints.find((one) => one.name === entry.endpoint);
  const known = propertiesOf(entry.schema);
  const turned = endpoint
    ? fileNames(endpoint).find((name) => Object.hasOwn(known, name) && !entry.files.includes(name))
    : undefined;
  if (turned === undefined) return;
  throw new HugwireError(
    'blocked',
    `${entry.space} has changed since it was pinned: ${named(turned)} takes a file now.`,
    {
      hint: `The user can look at it and approve it: \`hugwire spaces refresh ${entry.tool}\`.`,
    },
  );
}

/**
 * The properties of an object's schema.
 * @param schema repaired
 */
export function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return isObject(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
}

/** The names of the properties that an object must have. */
function requiredOf(schema: JsonSchema): string[] {
  return Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
}

type Arguments = Record<string, unknown>;

/** What the schema of a lock says in full; of text and structures it says less than the endpoint takes. */
const CHECKED = new Set(['integer', 'number', 'boolean']);

/**
 * Checks arguments against what was recorded when the Space was pinned, without asking anyone. Names and choices that the
 * record does not have are kept: the endpoint may know them by their label, or since.
 * @param entry from the lock file
 * @param given by name, in any spelling
 * @returns the same under the names of the record, values bent towards it
 * @throws HugwireError `invalid_arguments` that names the argument
 */
export async function checkArguments(entry: LockEntry, given: Arguments): Promise<Arguments> {
  const properties = propertiesOf(entry.schema);
  const names = Object.keys(properties);
  const checked: [string, unknown][] = [];
  for (const [spelling, value] of Object.entries(given)) {
    const name = Object.hasOwn(properties, spelling) ? spelling : names.find((one) => fold(one) === fold(spelling));
    const schema = name === undefined ? undefined : properties[name];
    if (name === undefined || !schema) checked.push([spelling, value]);
    else if (value === null || !isLeftOut(value, schema, requiredOf(entry.schema).includes(name))) {
      checked.push([name, await checkValue(name, value, schema)]);
    }
  }
  refuseMissing(entry, checked);
  return Object.fromEntries(checked);
}

async function checkValue(name: string, value: unknown, schema: JsonSchema): Promise<unknown> {
  if (value === null || !(CHECKED.has(String(schema.type)) || schema.enum)) return value;
  const bent = coerce(value, schema);
  const fault = schema.enum ? undefined : await findFault(bent, schema);
  if (fault === undefined) return bent;
  throw wrong(name, fault, schema);
}

/**
 * Refuses a value that was none of the choices, where the app takes any text now: choices were approved, text was not.
 * Otherwise the app as it is now knows its choices best.
 */
async function refuseOtherText({ schema }: LockEntry, given: Arguments, { parameters }: Endpoint): Promise<void> {
  for (const [spelling, value] of Object.entries(given)) {
    const live = parameters.find((one) => isCalled(one, spelling));
    const known = live && propertiesOf(schema)[live.name];
    if (value === null || !known || !hasChoices(known) || hasChoices(live.schema)) continue;
    const fault = await findFault(coerce(value, known), known);
    if (fault !== undefined) throw wrong(live.name, fault, known);
  }
}

function hasChoices({ enum: choices, items }: JsonSchema): boolean {
  return Array.isArray(choices) || (isObject(items) && hasChoices(items));
}

function wrong(name: string, fault: string, schema: JsonSchema): HugwireError {
  const hint = typeof schema.description === 'string' ? `${name}: ${schema.description}` : undefined;
  return new HugwireError('invalid_arguments', `"${name}" ${fault}.`, { hint });
}

function refuseMissing({ schema, tool, files }: LockEntry, given: [string, unknown][]): void {
  const properties = propertiesOf(schema);
  const isText = (name: string) => properties[name]?.type === 'string' && !files.includes(name);
  const missing = requiredOf(schema).find(
    (name) => !given.some(([one, value]) => one === name && !(value === null && isText(name))),
  );
  if (missing === undefined) return;
  const unknown = given.map(([name]) => name).filter((name) => !(Object.hasOwn(properties, name) || isNoise(name)));
  // A name that is like no other may be the label of what seems to be missing.
  if (unknown.length > 0 && !nearest(missing, unknown)) return;
  const all = Object.keys(properties).map((name) => `${name}${requiredOf(schema).includes(name) ? '' : '?'}`);
  throw new HugwireError('invalid_arguments', `${tool} needs "${missing}".`, { hint: `It takes: ${all.join(', ')}.` });
}

/**
 * Fits checked arguments to the endpoint as it is now: what it no longer takes is left out, and what was left to a default
 * gets the one that was approved.
 * @param entry from the lock file
 * @param given from `checkArguments`
 * @param app as it is now
 * @returns the arguments, and what has changed in words
 * @throws HugwireError `blocked` when the call would do what nobody approved, `not_found` when the endpoint is gone
 */
export async function fitToLive(entry: LockEntry, given: Arguments, app: SpaceApp): Promise<AdaptedCall> {
  refuseTurned(entry, app);
  const differences = compareWithLive(entry, app);
  if (differences.length === 0) return { arguments: given, notes: [] };
  const { space, endpoint: name, tool } = entry;
  const changed = `${name} of ${space} has changed since it was pinned: ${differences.join(' ')}`;
  const advice = `The user can approve the change: \`hugwire spaces refresh ${tool}\`.`;
  const endpoint = app.endpoints.find((one) => one.name === name);
  if (!endpoint) {
    throw new HugwireError('not_found', changed, {
      hint: `space_info space="${space}" shows what it is now. The user can pin that: \`hugwire spaces add ${space} --tool ${tool}\`.`,
    });
  }
  await refuseOtherText(entry, given, endpoint);
  const known = propertiesOf(entry.schema);
  const dropped = Object.keys(given).filter((one) => Object.hasOwn(known, one) && !takes(endpoint, one));
  const kept = Object.entries(given).filter(([one]) => !dropped.includes(one));
  const defaults = await approvedDefaults(entry, endpoint);
  // A seed that is there by default leaves chance as it is; one that is named does not.
  const chance = endpoint.parameters
    .filter(({ name }) => Object.hasOwn(seedSwitches(endpoint, defaults), name))
    .map((one) => [one.name, one.default]);
  const fitted = {
    ...Object.fromEntries(chance),
    ...defaults,
    ...seedSwitches(endpoint, given),
    ...Object.fromEntries(kept),
  };
  const notSent = dropped.length > 0 ? [`Not sent: ${dropped.map(named).join(', ')}.`] : [];
  return { arguments: fitted, notes: [changed, ...notSent, advice] };
}

function takes({ parameters }: Endpoint, name: string): boolean {
  return parameters.some((one) => isCalled(one, name));
}

function isCalled({ name, label }: EndpointParameter, spelling: string): boolean {
  return name === spelling || [name, label].some((word) => fold(word) === fold(spelling));
}

/** The recorded defaults that are no longer the endpoint's own, as far as it still takes them. */
async function approvedDefaults({ schema }: LockEntry, { parameters }: Endpoint): Promise<Arguments> {
  const defaults: [string, unknown][] = [];
  for (const [name, { default: value }] of Object.entries(propertiesOf(schema))) {
    const parameter = parameters.find((one) => one.name === name);
    if (value === undefined || !parameter || isDefault(parameter, value)) continue;
    if ((await findFault(value, parameter.schema)) === undefined) defaults.push([name, value]);
  }
  return Object.fromEntries(defaults);
}

function isDefault({ default: live, required }: EndpointParameter, value: unknown): boolean {
  return !required && JSON.stringify(live) === JSON.stringify(value);
}

/**
 * An argument error of a call that was adapted, with what has changed in its hint.
 * @param error whatever the call failed with; other errors come back as they are
 * @param notes from `fitToLive`
 */
export function explainChange(error: unknown, notes: readonly string[]): unknown {
  if (!(error instanceof HugwireError) || error.code !== 'invalid_arguments' || notes.length === 0) return error;
  const hint = [error.hint, ...notes].filter(Boolean).join(' ');
  return new HugwireError(error.code, error.message, { hint, cause: error.cause });
}
