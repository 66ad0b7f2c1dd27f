import type { Command } from 'commander';
import type { World } from './context.js';
import type { InstallOptions } from './install/command.js';
import { JSON_OPTION, type JsonOption, print } from './terminal.js';

/** `hugwire uninstall`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[client]', 'such as claude-desktop, cursor or codex; asked for in a terminal')
    .option('--project', "change this project's file, not the user's")
    .option('--name <key>', 'name of the server in the file', 'hugwire')
    .option('--skill', 'remove the hugwire skill, and nothing else')
    .option('--yes', 'do not ask')
    .option(...JSON_OPTION)
    .action(async (client: string | undefined, options: InstallOptions & JsonOption) => {
      const { openInstallContext, runUninstall } = await import('./install/command.js');
      const { dryRun } = world.options();
      print(await runUninstall({ ...options, client, dryRun }, openInstallContext(world, options)), options);
    });
}
