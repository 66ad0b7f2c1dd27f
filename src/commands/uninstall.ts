import type { Command } from 'commander';
import type { World } from './context.js';
import type { InstallOptions } from './install/command.js';
import { JSON_OPTION, type JsonOption, print } from './terminal.js';

/** `hugwire uninstall`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[client]', 'such as claude-desktop, cursor or codex; asked for at a terminal')
    .option('--project', 'the file of this project, not that of the user')
    .option('--name <key>', 'the name of the server', 'hugwire')
    .option('--skill', 'remove the skill of hugwire, and nothing else')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (client: string | undefined, options: InstallOptions & JsonOption) => {
      const { openInstallContext, runUninstall } = await import('./install/command.js');
      const { dryRun } = world.options();
      print(await runUninstall({ ...options, client, dryRun }, openInstallContext(world, options)), options);
    });
}
