import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { configJsonSchema } from '../../config/schema.js';
import { log } from '../../lib/log.js';
import type { World } from '../context.js';
import { openPrompts } from '../prompts.js';
import { type CommandResult, JSON_OPTION, type JsonOption, print, viewOf } from '../terminal.js';
import { setKey, unsetKey } from './change.js';
import { getKey, readInForce, showConfig } from './in-force.js';
import { validateConfig } from './validate.js';

const KEYS_HELP = `
Keys are dotted: hub.timeoutSeconds, spaces.pinned[0].enabled,
profiles.work.tools.readOnly`;

/** `hugwire config`. */
export function wire(command: Command, world: World): void {
  command
    .command('path')
    .description('print the path of the config file')
    .option(...JSON_OPTION)
    .action((options: JsonOption) => print(showPath(world.configPath()), options));
  command
    .command('show')
    .description('print the configuration in force, and where each value comes from')
    .option('--json', 'print JSON; when piped without it, the configuration alone is printed as JSON')
    .action((options: JsonOption) => {
      const shown = showConfig(readInForce(world), viewOf());
      const { sources: _, ...config } = shown.data;
      const plain = options.json || process.stdout.isTTY ? shown : { ...shown, text: JSON.stringify(config, null, 2) };
      print(plain, options);
    });
  wireChanges(command, world);
  command
    .command('edit')
    .description('open the config file in your editor; changes are checked before they are saved')
    .action(() => edit(world));
  command
    .command('validate')
    .description('check the config file and list all problems')
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
    .description('print the value in force of a key, and where it comes from')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .option(...JSON_OPTION)
    .addHelpText('after', KEYS_HELP)
    .action((key: string, options: JsonOption) => print(getKey(key, readInForce(world)), options));
  command
    .command('set')
    .description('set a key in the config file, or in a profile with --profile')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .argument('<value...>', 'a list takes several words, or JSON')
    .option(...JSON_OPTION)
    .addHelpText('after', KEYS_HELP)
    .action(async (key: string, words: string[], options: JsonOption) =>
      print(await setKey(key, words, file()), options),
    );
  command
    .command('unset')
    .description('remove a key from the config file, so that its default applies')
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

/** `hugwire config path`: where the file is, or would be. */
function showPath(path: string): CommandResult {
  return { text: path, data: { path, exists: existsSync(path) }, exitCode: 0 };
}

/** `hugwire config schema`: the JSON Schema of the file, for `$schema`. */
function showSchema(): CommandResult {
  return { text: JSON.stringify(configJsonSchema(), null, 2), exitCode: 0 };
}
