import type { Command } from 'commander';
import { serverFlags } from '../../install/launch.js';
import { admit } from '../doctor/admit.js';
import { examine } from '../doctor/examine.js';
import { report } from '../doctor/report.js';
import { print } from '../output.js';
import { screenOf } from '../terminal/screen.js';
import { withSpinner } from '../terminal/spinner.js';
import type { World } from '../world.js';

/** All that goes over the network is over by then. */
const NETWORK_MS = 12_000;
/** What cannot be broken off, such as the look-up of a name, must not keep the process. */
const LINGER_MS = 200;

/** `hugwire doctor`. */
export function wire(command: Command, world: World): void {
  command
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 0: no problem. 1: at least one.')
    .action(async ({ json }: { json?: boolean }) => {
      const patient = admit(world, serverCommand(world), AbortSignal.timeout(NETWORK_MS));
      const groups = await withSpinner('Looking at everything', () => examine(patient));
      await patient.spaces.close();
      print(report(groups, { screen: screenOf(), json }));
      setTimeout(() => process.exit(), LINGER_MS).unref();
    });
}

/** This very program, as a client would start it. */
function serverCommand(world: World) {
  const { config, profile, readOnly } = world.options();
  const flags = serverFlags({ config: config === undefined ? undefined : world.configPath(), profile, readOnly });
  return { command: process.execPath, args: [process.argv[1] ?? '', 'serve', ...flags] };
}
