import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HugwireError } from '../errors.js';
import { explainIssues } from './issues.js';
import { readJsonFile } from './json-file.js';
import { expandHome } from './paths.js';
import { type Config, configSchema } from './schema.js';

/** The configuration as it is now, and where it came from. */
export interface LoadedConfig {
  config: Config;
  path: string;
  /** False: there is no file, and all values are defaults. */
  exists: boolean;
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
 * @param required whether somebody asked for this very file, so that it may not be missing
 * @throws HugwireError `invalid_arguments` in one line: the key, what was found, and what is allowed
 */
export function loadConfig(path: string, required = false): LoadedConfig {
  if (!existsSync(path)) {
    if (required) throw new HugwireError('invalid_arguments', `${path} does not exist.`, { hint: 'See --config.' });
    return { config: configSchema.parse({}), path, exists: false };
  }
  const found = readJsonFile(path);
  const result = configSchema.safeParse(found);
  if (result.success) return { config: result.data, path, exists: true };
  throw new HugwireError('invalid_arguments', `${path}: ${explainIssues(result.error.issues, found)}`, {
    hint: '`hugwire config validate` checks the file again.',
  });
}
