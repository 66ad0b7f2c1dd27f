import { isDeepStrictEqual } from 'node:util';
import type { LoadedConfig } from '../../config/load.js';
import { type Config, configJsonSchema, configSchema } from '../../config/schema.js';
import { isObject } from '../../lib/json-schema.js';
import { alignColumns, type CommandResult, type Style } from '../terminal.js';
import { writeValue } from './keys.js';

/** How a person looks at it. */
export interface View {
  style: Style;
  /** Of the terminal, in columns. */
  width?: number;
}

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
 * @param view at a terminal; unset: JSON
 */
export function showConfig({ config, path, exists, profile }: LoadedConfig, view?: View): CommandResult {
  const { profiles, ...inForce } = config;
  const source = exists ? `read from ${path}` : `all defaults: ${path} does not exist`;
  const note = profile === undefined ? source : `${source}, with profile ${profile}`;
  // What is in force with a profile has none.
  const shown = profile === undefined ? config : inForce;
  if (!view) return { output: JSON.stringify(shown, null, 2), note, exitCode: 0 };
  const names = Object.keys(profiles).filter((name) => name !== profile);
  const lines = [...listSections(inForce, view), ...describeProfiles(names, view)];
  return { output: lines.join('\n'), note, exitCode: 0 };
}

type Section = Record<string, unknown>;

/** Every key below its section; what differs from the default is marked and says what the default is. */
function listSections(config: Omit<Config, 'profiles'>, { style, width }: View): string[] {
  const defaults = configSchema.parse({}) as Section;
  const rows = Object.entries(config)
    .filter(([name]) => name !== '$schema')
    .flatMap(([name, section]) => [
      [style.bold(name)],
      ...listKeys(section as Section, defaults[name] as Section, style),
    ]);
  return alignColumns(rows, width);
}

function listKeys(section: Section, defaults: Section, style: Style): string[][] {
  return Object.entries(section).map(([key, value]) => {
    if (isDeepStrictEqual(value, defaults[key])) return [`    ${key}`, style.dim(summarise(value))];
    const remark = defaults[key] === undefined ? '' : style.dim(`default ${summarise(defaults[key])}`);
    return [`  ${style.cyan('•')} ${key}`, style.cyan(summarise(value)), remark];
  });
}

/** A list by its items, and a pinned Space by its tool. */
function summarise(value: unknown): string {
  if (!Array.isArray(value)) return writeValue(value);
  const name = (item: unknown) =>
    isObject(item) ? `${writeValue(item.tool)}${item.enabled === false ? ' (off)' : ''}` : writeValue(item);
  return value.map(name).join(', ') || 'none';
}

function describeProfiles(names: readonly string[], { style }: View): string[] {
  return names.length === 0
    ? []
    : ['', `${style.bold('profiles')}  ${names.join(', ')}  ${style.dim('--profile NAME')}`];
}

/** `hugwire config schema`: the JSON Schema of the file, for `$schema`. */
export function showSchema(): CommandResult {
  return { output: JSON.stringify(configJsonSchema(), null, 2), exitCode: 0 };
}
