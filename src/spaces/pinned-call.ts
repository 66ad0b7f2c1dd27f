import type { AdaptedCall, App, Endpoint, EndpointParameter } from '../gradio/types.js';
import { coerce } from '../lib/coerce.js';
import { HugwireError } from '../lib/errors.js';
import { findFault, type JsonSchema } from '../lib/json-schema.js';
import { fold, nearest } from '../lib/nearest.js';
import type { LockEntry } from './lock.js';
import { compareWithLive, propertiesOf, refuseTurned, requiredOf } from './pin.js';

type Arguments = Record<string, unknown>;

/** What the schema of a lock says in full; of text and structures it says less than the endpoint takes. */
const CHECKED = new Set(['integer', 'number', 'boolean']);

/**
 * Checks arguments against what was recorded when the Space was pinned, without asking anyone. Names that the record does
 * not have are kept: the endpoint may know them by their label, or since.
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
    else checked.push([name, await checkValue(name, value, schema)]);
  }
  refuseMissing(entry, checked);
  return Object.fromEntries(checked);
}

async function checkValue(name: string, value: unknown, schema: JsonSchema): Promise<unknown> {
  if (value === null || !(CHECKED.has(String(schema.type)) || schema.enum)) return value;
  const bent = coerce(value, schema);
  const fault = await findFault(bent, schema);
  if (fault === undefined) return bent;
  const hint = typeof schema.description === 'string' ? `${name}: ${schema.description}` : undefined;
  throw new HugwireError('invalid_arguments', `"${name}" ${fault}.`, { hint });
}

function refuseMissing({ schema, tool, files }: LockEntry, given: [string, unknown][]): void {
  const properties = propertiesOf(schema);
  const isText = (name: string) => properties[name]?.type === 'string' && !files.includes(name);
  const missing = requiredOf(schema).find(
    (name) => !given.some(([one, value]) => one === name && !(value === null && isText(name))),
  );
  if (missing === undefined) return;
  const unknown = given.map(([name]) => name).filter((name) => !Object.hasOwn(properties, name));
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
export async function fitToLive(entry: LockEntry, given: Arguments, app: App): Promise<AdaptedCall> {
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
  const known = propertiesOf(entry.schema);
  const dropped = Object.keys(given).filter((one) => Object.hasOwn(known, one) && !takes(endpoint, one));
  const kept = Object.entries(given).filter(([one]) => !dropped.includes(one));
  const fitted = { ...(await approvedDefaults(entry, endpoint)), ...Object.fromEntries(kept) };
  const notSent = dropped.length > 0 ? [`Not sent: ${dropped.map((one) => `"${one}"`).join(', ')}.`] : [];
  return { arguments: fitted, notes: [changed, ...notSent, advice] };
}

function takes({ parameters }: Endpoint, name: string): boolean {
  const wanted = fold(name);
  return parameters.some((one) => one.name === name || fold(one.name) === wanted || fold(one.label) === wanted);
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
