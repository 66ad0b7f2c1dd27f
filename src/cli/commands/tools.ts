import type { Command } from 'commander';
import { print } from '../output.js';
import { styleFor } from '../terminal/style.js';
import { describeCommand } from '../tools/info.js';
import { listTools, type View } from '../tools/list.js';
import { switchTools } from '../tools/switch.js';
import type { World } from '../world.js';

/** `hugwire tools`. */
export function wire(command: Command, world: World): void {
  command
    .command('list')
    .description('every tool: whether it is on, what it may do, and what it costs in tokens')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => print(listTools(world.load(), viewOf(process.stdout), options)));
  command
    .command('info')
    .description('what a tool does, its arguments, and an example')
    .argument('<name>', 'such as hub_search')
    .option('--json', 'print JSON')
    .action((name: string, options: { json?: boolean }) =>
      print(describeCommand(name, world.load(), viewOf(process.stdout), options)),
    );
  for (const [action, description] of [
    ['enable', 'switch tools or toolsets on; with --profile, in that profile'],
    ['disable', 'switch tools or toolsets off; with --profile, in that profile'],
  ] as const) {
    command
      .command(action)
      .description(description)
      .argument('<name...>', 'tools, toolsets, default or all')
      .option('--json', 'print JSON')
      .action(async (names: string[], { json }: { json?: boolean }) => {
        const options = { path: world.configPath(), profile: world.options().profile, json, style: styleFor() };
        print(await switchTools(names, action === 'enable', options));
      });
  }
}

function viewOf(stream: NodeJS.WriteStream): View {
  return { style: styleFor(stream), width: stream.isTTY ? stream.columns : undefined };
}
