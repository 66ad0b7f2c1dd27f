import type { Command } from 'commander';
import type { World } from '../context.js';
import { isInteractive, openPrompts } from '../prompts.js';
import { log, print, styleFor } from '../terminal.js';
import { getKey, setKey, unsetKey } from './change.js';
import { showConfig, showPath, showSchema, type View } from './show.js';
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
    .action(({ json }: { json?: boolean }) =>
      print(showConfig(world.load(), json ? undefined : viewOf(process.stdout))),
    );
  wireChanges(command, world);
  command
    .command('edit')
    .description('open the config file in your editor; it is checked before it is written')
    .action(() => edit(world));
  command
    .command('validate')
    .description('check the config file, and print every problem')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const required = world.options().config !== undefined;
      const start = () => ({ loaded: world.load(), env: world.env, paths: world.paths });
      print(await validateConfig({ path: world.configPath(), required, json, start }));
    });
  command
    .command('schema')
    .description('print the JSON Schema of the config file, for editors')
    .action(() => print(showSchema()));
}

function wireChanges(command: Command, world: World): void {
  const options = (json?: boolean) => ({ path: world.configPath(), profile: world.options().profile, json });
  command
    .command('get')
    .description('print what is in force at a key')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .option('--json', 'print JSON')
    .addHelpText('after', KEYS_HELP)
    .action((key: string, { json }: { json?: boolean }) => print(getKey(key, world.load(), { json })));
  command
    .command('set')
    .description('set a key in the config file; with --profile, in that profile')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .argument('<value...>', 'several words, or JSON, for a list')
    .option('--json', 'print JSON')
    .addHelpText('after', KEYS_HELP)
    .action(async (key: string, words: string[], { json }: { json?: boolean }) =>
      print(await setKey(key, words, options(json))),
    );
  command
    .command('unset')
    .description('take a key out of the config file: its default counts again')
    .argument('<key>', 'such as hub.timeoutSeconds')
    .option('--json', 'print JSON')
    .addHelpText('after', KEYS_HELP)
    .action(async (key: string, { json }: { json?: boolean }) => print(await unsetKey(key, options(json))));
}

async function edit({ env, configPath }: World): Promise<void> {
  const [{ editFile }, { chooseEditor, openEditor }] = await Promise.all([
    import('./validate.js'),
    import('../editor.js'),
  ]);
  const interactive = isInteractive(env);
  const editor = chooseEditor(env, { interactive });
  const prompts = interactive ? await openPrompts() : undefined;
  const open = (file: string) => openEditor(editor, file, env);
  print(await editFile({ path: configPath(), open, tell: log, prompts }));
}

/** How a person sees it at a terminal; undefined where a program reads it. */
function viewOf(stream: NodeJS.WriteStream): View | undefined {
  return stream.isTTY ? { style: styleFor(stream), width: stream.columns } : undefined;
}
