import type { Command } from 'commander';
import { showConfig, showPath, showSchema, validateConfig } from '../config.js';
import { print } from '../output.js';
import type { World } from '../world.js';

/** `hugwire config`. */
export function wire(command: Command, world: World): void {
  const { env, paths } = world;
  command
    .command('path')
    .description('print where the config file is')
    .action(() => print(showPath(world.configPath())));
  command
    .command('show')
    .description('print the configuration in force')
    .action(() => print(showConfig(world.load())));
  command
    .command('validate')
    .description('check the config file')
    .action(async () => print(await validateConfig({ loaded: world.load(), env, paths })));
  command
    .command('schema')
    .description('print the JSON Schema of the config file, for editors')
    .action(() => print(showSchema()));
}
