import { configJsonSchema } from '../config/schema.js';
import { type LoadedConfig, loadConfig } from '../config/store.js';
import type { CommandResult } from './output.js';

/**
 * `hugwire config path`: where the file is, or would be.
 * @param path of the config file
 */
export function showPath(path: string): CommandResult {
  return { output: path, exitCode: 0 };
}

/**
 * `hugwire config show`: the configuration in force, defaults included. It never holds a token.
 * @param loaded the state of the config
 */
export function showConfig({ config, path, exists }: LoadedConfig): CommandResult {
  const note = exists ? `read from ${path}` : `all defaults: ${path} does not exist`;
  return { output: JSON.stringify(config, null, 2), note, exitCode: 0 };
}

/**
 * `hugwire config validate`: checks the file.
 * @param path of the config file
 * @throws HugwireError that names the key, what was found and what is allowed
 */
export function validateConfig(path: string): CommandResult {
  const { exists } = loadConfig(path);
  return { output: exists ? `${path} is valid.` : `${path} does not exist; all defaults apply.`, exitCode: 0 };
}

/** `hugwire config schema`: the JSON Schema of the file, for `$schema`. */
export function showSchema(): CommandResult {
  return { output: JSON.stringify(configJsonSchema(), null, 2), exitCode: 0 };
}
