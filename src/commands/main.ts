import { CommanderError } from 'commander';
import * as z from 'zod';
import { explainError, toHugwireError } from '../lib/errors.js';
import { createProgram } from './program.js';

// Compiling a schema costs a start more than it saves in all the small messages that follow.
z.config({ jitless: true });

/**
 * Runs the command line of this process.
 * @param argv as in `process.argv`
 */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // `hugwire … | head` closes the pipe early, which is no failure.
    if (code === 'EPIPE') return;
    process.stderr.write(`hugwire: the output cannot be written (${code}).\n`);
    process.exitCode = 1;
  });
  try {
    await createProgram().parseAsync(argv);
  } catch (caught) {
    if (caught instanceof CommanderError) {
      // It has said what is wrong; for --help and --version nothing is.
      process.exitCode = caught.exitCode === 0 ? 0 : 2;
      return;
    }
    const error = toHugwireError(caught);
    process.stderr.write(`hugwire: ${explainError(error)}\n`);
    process.exitCode = error.code === 'invalid_arguments' ? 2 : 1;
  }
}

void main();
