import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type LoadedConfig, readJsonFile } from '../../config/load.js';
import { isTruthy, readHubEnvironment } from '../../config/paths.js';
import { type Config, configSchema } from '../../config/schema.js';
import { withValue } from '../../lib/documents/document.js';
import { isObject } from '../../lib/json.js';
import type { World } from '../context.js';
import { alignColumns, type CommandResult, type Style, type View } from '../terminal.js';
import { findKey, valueOfKey, writeKey, writeValue } from './change.js';

type Path = readonly (string | number)[];

/** A value that wins over the config file. */
interface Override {
  value: unknown;
  /** The variable or option that says it. */
  source: string;
}

/** What can win over the config file, by key. */
const OVERRIDES: Record<string, (world: World, config: Config) => Override | undefined> = {
  'hub.endpoint': ({ env }) => {
    const { endpoint } = readHubEnvironment(env);
    return endpoint === undefined ? undefined : { value: endpoint, source: 'HF_ENDPOINT' };
  },
  'hub.offline': ({ env }) => {
    const source = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => isTruthy(env[name]));
    return source === undefined ? undefined : { value: true, source };
  },
  'tools.readOnly': ({ options, program }) => {
    if (!options().readOnly) return undefined;
    return { value: true, source: program.opts().readOnly ? '--read-only' : 'HUGWIRE_READ_ONLY' };
  },
  'token.source': ({ env }, { token }) => {
    const source = 'HF_HUB_DISABLE_IMPLICIT_TOKEN';
    return token.source === 'auto' && isTruthy(env[source]) ? { value: 'none', source } : undefined;
  },
  'http.state': ({ env }) => {
    // It may hold a password.
    const value = env.HUGWIRE_STATE?.replace(/\/\/[^@/]*@/, '//…@');
    return value ? { value, source: 'HUGWIRE_STATE' } : undefined;
  },
};

const DEFAULT = 'default';

/** The configuration in force, and why. */
interface InForce extends LoadedConfig {
  /**
   * Where a value comes from.
   * @param path of a key, or of a place in it
   * @returns `default`, `config file`, `profile NAME`, or the variable or option that wins over them
   */
  sourceOf(path: Path): string;
}

/**
 * Reads the configuration as a server would use it now: the file, the profile, and what wins over both.
 * @param world of the command line
 * @throws HugwireError `invalid_arguments` when the file or a variable is invalid
 */
export function readInForce(world: World): InForce {
  const loaded = world.load();
  const { path: file, exists, profile } = loaded;
  const raw = exists && existsSync(file) ? readJsonFile(file) : {};
  const overrides = Object.entries(OVERRIDES).flatMap(([key, read]) => {
    const found = read(world, loaded.config);
    return found ? [{ ...found, path: key.split('.') }] : [];
  });
  const config = overrides.reduce((now, { path, value }) => withValue(now, path, value) as Config, loaded.config);
  const sourceOf = (path: Path) => {
    const override = overrides.find((one) => one.path.every((key, at) => key === path[at]));
    if (override) return override.source;
    if (profile !== undefined && valueOfKey(raw, ['profiles', profile, ...path]) !== undefined)
      return `profile ${profile}`;
    return valueOfKey(raw, path) === undefined ? DEFAULT : 'config file';
  };
  return { ...loaded, config, sourceOf };
}

/**
 * `hugwire config get`: the value in force of a key.
 * @param key such as `hub.timeoutSeconds`, or a section
 * @param inForce the configuration
 * @returns exit code 1 when nothing is set there
 * @throws HugwireError `invalid_arguments` for an unknown key
 */
export function getKey(key: string, { config, sourceOf }: InForce): CommandResult {
  const { path } = findKey(key);
  const value = valueOfKey(config, path);
  const data = { key: writeKey(path), value: value ?? null, ...describeSource(path, value, sourceOf) };
  if (value === undefined) return { text: '', data, note: `${key} is not set`, exitCode: 1 };
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const told = data.source ?? Object.entries(data.sources ?? {}).map(([one, source]) => `${one}: ${source}`);
  return { text, data, hint: `from: ${[told].flat().join(', ') || DEFAULT}`, exitCode: 0 };
}

/** Of a section, the sources of its keys that are not defaults. */
function describeSource(
  path: Path,
  value: unknown,
  sourceOf: InForce['sourceOf'],
): { source?: string; sources?: Record<string, string> } {
  if (path.length > 1 || !isObject(value)) return { source: sourceOf(path) };
  const sources = Object.keys(value).map((name) => [writeKey([...path, name]), sourceOf([...path, name])] as const);
  return { sources: Object.fromEntries(sources.filter(([, source]) => source !== DEFAULT)) };
}

/**
 * `hugwire config show`: the configuration in force, defaults included. It never holds a token.
 * @param inForce the configuration
 * @param view how it is shown
 */
export function showConfig(inForce: InForce, view: View): CommandResult & { data: { sources: object } } {
  const { config, path, exists, profile, sourceOf } = inForce;
  const { profiles, ...rest } = config;
  const read = exists ? `read from ${path}` : `all defaults: ${path} does not exist`;
  const note = profile === undefined ? read : `${read}, with profile ${profile}`;
  const sections = Object.entries<unknown>(rest).filter((entry): entry is [string, Section] => isObject(entry[1]));
  const sources = Object.assign(
    {},
    ...sections.map(([name, section]) => describeSource([name], section, sourceOf).sources),
  );
  // With a profile, what is in force has none.
  const data = { ...(profile === undefined ? config : rest), sources };
  const names = Object.keys(profiles).filter((name) => name !== profile);
  const lines = [...listSections(sections, inForce, view), ...describeProfiles(names, view)];
  return { text: lines.join('\n'), data, note, exitCode: 0 };
}

type Section = Record<string, unknown>;

/** Every key below its section; what is not the default is marked, with its source and the default. */
function listSections(sections: readonly [string, Section][], { sourceOf }: InForce, { style, width }: View): string[] {
  const defaults = configSchema.parse({}) as Record<string, unknown>;
  const rows = sections.flatMap(([name, section]) => [
    [style.bold(name)],
    ...listKeys(section, defaults[name] as Section, (key) => sourceOf([name, key]), style),
  ]);
  return alignColumns(rows, width);
}

function listKeys(section: Section, defaults: Section, sourceOf: (key: string) => string, style: Style): string[][] {
  return Object.entries(section).map(([key, value]) => {
    const source = sourceOf(key);
    const isSame = isDeepStrictEqual(value, defaults[key]);
    if (source === DEFAULT) return [`    ${key}`, style.dim(summarise(value))];
    const remark = isSame || defaults[key] === undefined ? '' : `; default ${summarise(defaults[key])}`;
    return [`  ${style.cyan('•')} ${key}`, style.cyan(summarise(value)), style.dim(`${source}${remark}`)];
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
