import { existsSync } from 'node:fs';
import { editConfig } from '../../config/edit.js';
import { readJsonFile } from '../../config/json-file.js';
import type { LoadedConfig } from '../../config/store.js';
import { HugwireError } from '../../errors.js';
import type { CommandResult } from '../output.js';
import { findKey, splitKey, valueAt, writeKey } from './keys.js';
import { refuseUnknownNames } from './names.js';
import { readValue, writeValue } from './values.js';

export interface ChangeOptions {
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
