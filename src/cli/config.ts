import { configJsonSchema } from '../config/schema.js';
import type { LoadedConfig } from '../config/store.js';
import type { CommandResult } from './output.js';
import { createRuntime, type RuntimeOptions } from './runtime.js';

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
 * `hugwire config validate`: what is to be said of a file that could be loaded; the rest the loading has said.
 * @param options the loaded config, and what a server would start with
 * @returns exit code 1 when the server would leave something out
 */
export async function validateConfig(options: Omit<RuntimeOptions, 'log'>): Promise<CommandResult> {
  const { path, exists } = options.loaded;
  const warnings: string[] = [];
  await createRuntime({ ...options, log: (line) => warnings.push(line) }).close();
  if (warnings.length > 0) return { output: [`${path}:`, ...warnings].join('\n  '), exitCode: 1 };
  return { output: exists ? `${path} is valid.` : `${path} does not exist; all defaults apply.`, exitCode: 0 };
}

/** `hugwire config schema`: the JSON Schema of the file, for `$schema`. */
export function showSchema(): CommandResult {
  return { output: JSON.stringify(configJsonSchema(), null, 2), exitCode: 0 };
}
