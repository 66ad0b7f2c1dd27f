import { homedir } from 'node:os';
import type { Command } from 'commander';
import type { InstallOptions, InstallPlace } from '../install/request.js';
import { print } from '../output.js';
import { isInteractive, openPrompts } from '../terminal/prompts.js';
import { styleFor } from '../terminal/style.js';
import type { World } from '../world.js';

/** `hugwire install`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[client]', 'such as claude-desktop, cursor or codex; asked for at a terminal')
    .option('--write', "write it into the client's file, with a backup beside it")
    .option('--project', 'the file of this project, not that of the user')
    .option('--direct', 'start this Node and this script, without npx')
    .option('--name <key>', 'the name of the server', 'hugwire')
    .option('--link', 'print the link that installs it')
    .option('--list', 'show the clients on this machine, and whether hugwire is in them')
    .option('--yes', 'do not ask; the same as --write')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\n--config, --profile and --read-only go into the command that the client starts; with --dry-run nothing is written.',
    )
    .action(async (client: string | undefined, options: InstallOptions & { list?: boolean }) => {
      const place = await openPlace(world, options);
      if (options.list) {
        const { listClients } = await import('../install/list.js');
        return print(await listClients(place, { json: options.json, width: process.stdout.columns }));
      }
      const { profile, readOnly, dryRun, config } = world.options();
      // The client would start a server that refuses to run.
      if (profile !== undefined) world.load();
      const server = { profile, readOnly, config: config === undefined ? undefined : world.configPath() };
      const { runInstall } = await import('../install/install.js');
      print(await runInstall({ ...options, ...server, client, dryRun }, place));
    });
}

/** What the install commands work with in a real process. */
export async function openPlace({ env }: World, { json }: { json?: boolean }): Promise<InstallPlace> {
  return {
    machine: { env, home: homedir(), platform: process.platform, cwd: process.cwd() },
    node: process.execPath,
    script: process.argv[1] ?? '',
    style: styleFor(process.stdout, env),
    prompts: !json && isInteractive(env) ? await openPrompts() : undefined,
    show: (text) => void process.stdout.write(`${text}\n`),
  };
}
