import type { Command } from 'commander';
import { type CallOptions, runCall } from '../call.js';
import { print } from '../output.js';
import { styleFor } from '../terminal/style.js';
import type { World } from '../world.js';

interface Options extends Omit<CallOptions, 'tool' | 'pairs'> {
  demo?: boolean;
}

/** `hugwire call`. */
export function wire(command: Command, world: World): void {
  command
    .argument('[tool]', 'such as hub_search; without one, the tools are listed')
    .argument('[key=value...]', 'its arguments; key:=JSON for anything but text')
    .option('--args <json>', 'its arguments as a JSON object')
    .option('--json', 'print the typed result as JSON')
    .option('--demo', 'call it in the demo world')
    .addHelpText(
      'after',
      '\nExit code 0: done. 1: the tool failed. 2: wrong arguments.\n\nExample: hugwire call hub_search query=whisper kinds=model kinds=space',
    )
    .action(async (tool: string | undefined, pairs: string[], { demo, ...options }: Options) => {
      if (tool === undefined) {
        const { offerTools } = await import('../tools/offer.js');
        return print(offerTools(world.load(), styleFor()));
      }
      const { env, paths } = world;
      const { readOnly, dryRun } = world.options();
      const place = demo ? await (await import('../demo.js')).openDemoWorld(env) : { loaded: world.load(), env, paths };
      print(await runCall({ tool, pairs, ...options }, { ...place, readOnly, dryRun }));
    });
}
