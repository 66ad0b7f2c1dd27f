import { findPrepared, readStart } from '../engine/prepared.js';
import { toHugwireError } from '../lib/errors.js';
import { log } from '../lib/log.js';
import { openStdio } from '../stdio/transport.js';

/**
 * Runs this process. A server answers what every client asks first from prepared answers; the program is loaded when more
 * is wanted, or the tool list is out.
 */
async function main(): Promise<void> {
  const start = process.stdin.isTTY ? undefined : readStart(process.argv.slice(2), process.env);
  const prepared = start && findPrepared(start, process.env);
  const transport = prepared && openStdio(log, prepared);
  if (transport) {
    const reason = await Promise.race([transport.serverWanted, transport.ended]);
    if (reason && transport.idle) {
      log(`stopping: ${reason}`);
      await transport.flush();
      process.exit(0);
    }
  }
  try {
    const { runProgram } = await import('./program.js');
    await runProgram(transport);
    // An error has been told: nobody reads what is still to come.
    if (process.exitCode) process.stdin.destroy();
  } catch (error) {
    // The files of the program may have been replaced since the first answers.
    const { message } = toHugwireError(error);
    log(message);
    process.exitCode = 1;
    transport?.abandon(message);
    void transport?.ended.then(() => process.exit(1));
  }
}

void main();
