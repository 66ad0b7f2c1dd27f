import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import type { LoadedConfig } from '../../config/load.js';
import { type Config, configJsonSchema, configSchema } from '../../config/schema.js';
import { isObject } from '../../lib/json.js';
import { log } from '../../lib/log.js';
import type { World } from '../context.js';
import { openPrompts } from '../prompts.js';
import {
  alignColumns,
  type CommandResult,
  JSON_OPTION,
  type JsonOption,
  print,
  type Style,
  type View,
  viewOf,
} from '../terminal.js';
import { getKey, setKey, unsetKey, writeValue } from './change.js';
import { validateConfig } from './validate.js';

const KEYS_HELP = '\nKeys are dotted: hub.timeoutSeconds, spaces.pinned[0].enabled, profiles.work.tools.readOnly';

/** `hugwire config`. */
export function wire(command: Command, world: World): void {
  command
    .command('path')
    .description('print where the config file is')
    .action(() => print(showPath(world.configPath())));
  command
    .command('show')
    .description('print the configuration in force')
    .option('--json', 'print JSON, as when it is piped')
    .action(({ json }: JsonOption) =>
      print(showConfig(world.load(), viewOf()), { json: json || !process.stdout.isTTY }),
    );
  wireChanges(command, world);
  command
    .command('edit')
    .description('open the config file in your editor; it is checked before it is written')
    .action(() => edit(world));
  command
    .command('validate')
    .description('check the config file, and print every problem')
    .option(...JSON_OPTION)
    .action(async (options: JsonOption) => {
      const required = world.options().config !== undefined;
      const start = () => ({ loaded: world.load(), env: world.env, paths: world.paths });
      print(await validateConfig({ path: world.configPath(), required, start }), options);
    });
  command
    .command('schema')
    .description('print the JSON Schema of the config file, for editors')
    .action(() => print(showSchema()));
}

function wireChanges(command: Command, world: World): void {
  const file = () => ({ path: world.configPath(), profile: world.options().profile });
  command
    .command('get')
    .description('print what is in force at a key')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .option(...JSON_OPTION)
    .addHelpText('after', KEYS_HELP)
    .action((key: string, options: JsonOption) => print(getKey(key, world.load()), options));
  command
    .command('set')
    .description('set a key in the config file; with --profile, in that profile')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .argument('<value...>', 'several words, or JSON, for a list')
    .option(...JSON_OPTION)
    .addHelpText('after', KEYS_HELP)
    .action(async (key: string, words: string[], options: JsonOption) =>
      print(await setKey(key, words, file()), options),
    );
  command
    .command('unset')
    .description('take a key out of the config file: its default counts again')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .option(...JSON_OPTION)
    .addHelpText('after', KEYS_HELP)
    .action(async (key: string, options: JsonOption) => print(await unsetKey(key, file()), options));
}

async function edit({ env, configPath }: World): Promise<void> {
  const [{ editFile }, { chooseEditor, openEditor }] = await Promise.all([
    import('./validate.js'),
    import('../editor.js'),
  ]);
  const prompts = openPrompts(env);
  const editor = chooseEditor(env, { interactive: prompts !== undefined });
  const open = (file: string) => openEditor(editor, file, env);
  print(await editFile({ path: configPath(), open, tell: log, prompts }));
}

/**
 * `hugwire config path`: where the file is, or would be.
 * @param path of the config file
 */
function showPath(path: string): CommandResult {
  return { text: path, exitCode: 0 };
}

/**
 * `hugwire config show`: the configuration in force, defaults included. It never holds a token.
 * @param loaded the state of the config
 * @param view how it is shown
 */
function showConfig({ config, path, exists, profile }: LoadedConfig, view: View): CommandResult {
  const { profiles, ...inForce } = config;
  const source = exists ? `read from ${path}` : `all defaults: ${path} does not exist`;
  const note = profile === undefined ? source : `${source}, with profile ${profile}`;
  // What is in force with a profile has none.
  const shown = profile === undefined ? config : inForce;
  const names = Object.keys(profiles).filter((name) => name !== profile);
  const lines = [...listSections(inForce, view), ...describeProfiles(names, view)];
  return { text: lines.join('\n'), data: shown, note, exitCode: 0 };
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
function showSchema(): CommandResult {
  return { text: JSON.stringify(configJsonSchema(), null, 2), exitCode: 0 };
}
