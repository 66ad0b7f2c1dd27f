import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HugwireError } from '../errors.js';
import { expandHome } from '../files/home.js';
import { explainIssues } from './issues.js';
import { readJsonFile } from './json-file.js';
import { applyProfile } from './profile.js';
import { type Config, configSchema } from './schema.js';

/** The configuration as it is now, and where it came from. */
export interface LoadedConfig {
  config: Config;
  path: string;
  /** False: there is no file, and all values are defaults. */
  exists: boolean;
  /** The profile that is laid over the file; it stays when the file changes. */
  profile?: string;
}

export interface LoadOptions {
  /** Somebody asked for this very file, so that it may not be missing. */
  required?: boolean;
  /** `--profile` */
  profile?: string;
}

/**
 * Where the config file is.
 * @param directory hugwire's config directory
 * @param told `--config`; hosts pass it without a shell, so a `~` is still in it
 */
export function configPath(directory: string, told?: string): string {
  return told === undefined ? join(directory, 'config.json') : resolve(expandHome(told));
}

/**
 * Reads and checks the config file; never writes it. A missing file means all defaults.
 * @param path of the file
 * @param options what was asked for
 * @throws HugwireError `invalid_arguments` in one line: the key, what was found, and what is allowed; or the profiles
 *   that there are
 */
export function loadConfig(path: string, { required = false, profile }: LoadOptions = {}): LoadedConfig {
  const exists = existsSync(path);
  if (!exists && required) {
    throw new HugwireError('invalid_arguments', `${path} does not exist.`, { hint: 'See --config.' });
  }
  const config = applyProfile(checkConfig(exists ? readJsonFile(path) : {}, path), profile);
  return { config, path, exists, ...(profile === undefined ? {} : { profile }) };
}

/**
 * Checks a config as a whole, its profiles too, and fills its defaults in.
 * @param found what the file holds
 * @param path of the file, for the words of the error
 * @param hint what to do when it is wrong
 * @throws HugwireError `invalid_arguments` in one line: each key, what was found, and what is allowed
 */
export function checkConfig(
  found: unknown,
  path: string,
  hint = '`hugwire config validate` checks the file again.',
): Config {
  const result = configSchema.safeParse(found);
  if (result.success) return result.data;
  throw new HugwireError('invalid_arguments', `${path}: ${explainIssues(result.error.issues, found)}`, { hint });
}
