import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type * as z from 'zod';
import { HugwireError } from '../errors.js';
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
 * @param told `--config`
 */
export function configPath(directory: string, told?: string): string {
  return told ?? join(directory, 'config.json');
}

/**
 * Reads and checks the config file; never writes it. A missing file means all defaults.
 * @param path of the file
 * @throws HugwireError `invalid_arguments` in one line: the key, what was found, and what is allowed
 */
export function loadConfig(path: string): LoadedConfig {
  if (!existsSync(path)) return { config: configSchema.parse({}), path, exists: false };
  const found = parseFile(path);
  const result = configSchema.safeParse(found);
  if (result.success) return { config: result.data, path, exists: true };
  throw new HugwireError(
    'invalid_arguments',
    `${path}: ${result.error.issues.map((issue) => explainIssue(issue, found)).join('; ')}`,
    {
      hint: '`hugwire config validate` checks the file again.',
    },
  );
}

/**
 * Watches the config file through `conf` and gives each new state of it.
 * @param path of an existing file
 * @param onChange takes the new state, or the error that says why the old one stays
 * @returns a function that ends the watch
 */
export async function watchConfig(
  path: string,
  onChange: (state: LoadedConfig | HugwireError) => void,
): Promise<() => void> {
  const { default: Conf } = await import('conf');
  const extension = extname(path);
  const report = () => {
    try {
      onChange(loadConfig(path));
    } catch (error) {
      onChange(error as HugwireError);
    }
  };
  // Without `defaults` conf only reads. `deserialize` is ours, so that a broken file is reported and never thrown.
  const store = new Conf({
    cwd: dirname(path),
    configName: basename(path, extension),
    fileExtension: extension.slice(1),
    clearInvalidConfig: false,
    watch: true,
    deserialize: () => ({}),
  });
  store.events.addEventListener('change', report);
  return () => {
    store.events.removeEventListener('change', report);
    store._closeWatcher();
  };
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HugwireError('invalid_arguments', `${path} cannot be read as JSON: ${why}`, {
      hint: 'Correct the file, or move it away to start with the defaults.',
      cause,
    });
  }
}

function explainIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const key = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return `unknown key ${issue.keys.map((name) => `"${key ? `${key}.` : ''}${name}"`).join(', ')}`;
  }
  const found = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], root);
  const shown = JSON.stringify(found)?.slice(0, 80) ?? 'nothing';
  return `"${key || 'the file'}" is ${shown}; ${allowed(issue)}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value')
    return `allowed: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too (?:big|small): /, '');
}
