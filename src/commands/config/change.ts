import { existsSync } from 'node:fs';
import { editConfig } from '../../config/edit.js';
import { type LoadedConfig, readJsonFile } from '../../config/load.js';
import { applyProfile, type Config } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import { findUnknownLimits, selectTools } from '../../tools/select.js';
import type { CommandResult } from '../terminal.js';
import { listInventory } from '../tools/list.js';
import { findKey, readValue, splitKey, valueAt, writeKey, writeValue } from './keys.js';

interface ChangeOptions {
  /** Of the config file. */
  path: string;
  /** `--profile`: changes what this profile says. */
  profile?: string;
  json?: boolean;
}

/**
 * `hugwire config set`.
 * @param key such as `hub.timeoutSeconds`
 * @param words of the new value
 * @throws HugwireError `invalid_arguments` for a key that is not there or a value that is not allowed
 */
export async function setKey(key: string, words: readonly string[], options: ChangeOptions): Promise<CommandResult> {
  const found = findKey(key);
  if (found.path.length === 1 && found.schema.type === 'object' && words.every((word) => !word.startsWith('{'))) {
    const names = Object.keys((found.schema.properties as object | undefined) ?? {});
    throw new HugwireError('invalid_arguments', `"${key}" is a section, not a value.`, {
      hint: `Set one of its keys${names.length > 0 ? `: ${names.map((name) => `${key}.${name}`).join(', ')}` : ''}.`,
    });
  }
  return changeKey(found.path, readValue(words, found), options);
}

/**
 * `hugwire config unset`: the default counts again. It also removes keys that hugwire does not know.
 * @param key such as `hub.timeoutSeconds`
 * @throws HugwireError `invalid_arguments` when neither hugwire nor the file knows the key
 */
export async function unsetKey(key: string, options: ChangeOptions): Promise<CommandResult> {
  const path = splitKey(key);
  const { path: file, profile } = options;
  const raw = existsSync(file) ? readJsonFile(file) : {};
  const place = profile === undefined ? [] : ['profiles', profile];
  if (valueAt(raw, [...place, ...path]) === undefined) findKey(key);
  return changeKey(path, undefined, options);
}

async function changeKey(
  path: readonly (string | number)[],
  value: unknown,
  { path: file, profile, json }: ChangeOptions,
): Promise<CommandResult> {
  const { written, before, config } = await editConfig(file, [{ path, value }], {
    profile,
    check: (after, inForce) => refuseUnknownNames(file, after, inForce),
  });
  const [old, now] = [valueAt(before, path), valueAt(config, path)];
  const key = writeKey(path);
  if (json) {
    const told = { key, before: old, after: now, written, path: file, profile };
    return { output: JSON.stringify(told, null, 2), exitCode: 0 };
  }
  const output = written ? `${key}: ${writeValue(old)} → ${writeValue(now)}` : `${key} stays ${writeValue(now)}`;
  const where = profile === undefined ? file : `profile ${profile} in ${file}`;
  return { output, note: written ? `written to ${where}` : `nothing to change in ${where}`, exitCode: 0 };
}

/**
 * `hugwire config get`: what is in force at a key.
 * @param key such as `hub.timeoutSeconds`, or a section
 * @returns exit code 1 when nothing is set there
 * @throws HugwireError `invalid_arguments` for a key that is not there
 */
export function getKey(key: string, { config }: LoadedConfig, { json }: { json?: boolean } = {}): CommandResult {
  const value = valueAt(config, findKey(key).path);
  if (value === undefined) return { output: json ? 'null' : '', note: `${key} is not set`, exitCode: 1 };
  const plain = typeof value === 'string' && !json;
  return { output: plain ? value : JSON.stringify(value, null, 2), exitCode: 0 };
}

/**
 * Refuses a change that names a tool or toolset which is not there: it would be written, and do nothing. What was named
 * before may stay, since the Space that it was of may come back.
 * @param path of the config file; the record of pinned Spaces lies beside it
 * @param config what would be in force
 * @param before what is in force; unset where it is not known
 * @throws HugwireError `invalid_arguments` with the nearest name
 */
function refuseUnknownNames(path: string, config: Config, before?: Config): void {
  const known = before ? findUnknownNames(path, before) : [];
  const fresh = findUnknownNames(path, config).filter((line) => !known.includes(line));
  if (fresh.length === 0) return;
  throw new HugwireError('invalid_arguments', `${[...new Set(fresh)].join('; ')}.`, { hint: 'Nothing was changed.' });
}

/** A line for each, in the file itself and in each of its profiles. */
function findUnknownNames(path: string, config: Config): string[] {
  return [undefined, ...Object.keys(config.profiles)].flatMap((name) => {
    const inForce = applyProfile(config, name);
    const tools = listInventory({ config: inForce, path }).map(({ tool }) => tool);
    return [...selectTools(tools, inForce.tools).warnings, ...findUnknownLimits(tools, inForce.limits)];
  });
}
