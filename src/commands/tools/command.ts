import type { Command } from 'commander';
import type { World } from '../context.js';
import { JSON_OPTION, type JsonOption, print, styleFor, viewOf } from '../terminal.js';
import { showTool } from './info.js';
import { showTools } from './list.js';
import { switchTools } from './switch.js';

/** `hugwire tools`. */
export function wire(command: Command, world: World): void {
  command
    .command('list')
    .description('list all tools: whether they are on, what they can do, and their cost in tokens')
    .option(...JSON_OPTION)
    .action((options: JsonOption) => print(showTools(world.load(), viewOf()), options));
  command
    .command('info')
    .description('show what a tool does, its arguments, and an example')
    .argument('<name>', 'such as hub_search')
    .option(...JSON_OPTION)
    .action((name: string, options: JsonOption) => print(showTool(name, world.load(), viewOf()), options));
  for (const [action, description] of [
    ['enable', 'turn tools or toolsets on, in a profile with --profile'],
    ['disable', 'turn tools or toolsets off, in a profile with --profile'],
  ] as const) {
    command
      .command(action)
      .description(description)
      .argument('<name...>', 'tools, toolsets, default or all')
      .option(...JSON_OPTION)
      .action(async (names: string[], options: JsonOption) => {
        const where = { path: world.configPath(), profile: world.options().profile, style: styleFor() };
        print(await switchTools(names, action === 'enable', where), options);
      });
  }
}
