import type { Command } from 'commander';
import type { DashboardCommand } from '../dashboard/run.js';
import { catchInterrupts } from '../interrupt.js';
import { openBrowser } from '../terminal/browser.js';
import { isInteractive } from '../terminal/prompts.js';
import { styleFor } from '../terminal/style.js';
import { wholeNumber } from '../whole-number.js';
import type { World } from '../world.js';

interface Options extends Pick<DashboardCommand, 'port' | 'days'> {
  open: boolean;
}

/** `hugwire dashboard`. */
export function wire(command: Command, world: World): void {
  command
    .option('--port <number>', 'listen on this port; a free one unless told', wholeNumber(1, 65_535))
    .option('--days <number>', 'show the sessions of so many days', wholeNumber(1, 365), 7)
    .option('--no-open', 'only print the address, which whoever knows it can use')
    .action(async ({ open, ...options }: Options) => {
      const stopped = new AbortController();
      const release = catchInterrupts(() => stopped.abort());
      const onReady = async (url: string) => {
        const style = styleFor();
        process.stdout.write(`${style.bold('hugwire dashboard')}  ${style.cyan(url)}\n`);
        process.stderr.write(`${style.dim('It can be reached from this machine alone. Ctrl-C ends it.')}\n`);
        if (open && isInteractive(world.env)) await openBrowser(url);
      };
      try {
        const { runDashboard } = await import('../dashboard/run.js');
        await runDashboard({ world, ...options, signal: stopped.signal, onReady });
      } finally {
        release();
      }
    });
}
