import type { Command } from 'commander';
import { runDemo } from '../demo.js';
import { print } from '../output.js';
import type { World } from '../world.js';

/** `hugwire demo`. */
export function wire(command: Command, { env }: World): void {
  command.action(async () => print(await runDemo(env, (text) => process.stdout.write(`${text}\n`))));
}
