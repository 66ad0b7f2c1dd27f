import { redact } from '../text/redact.js';
import { cleanLine } from '../text/sanitize.js';

/** What a command leaves: text for stdout, a remark for stderr, and the exit code. */
export interface CommandResult {
  output: string;
  note?: string;
  exitCode: 0 | 1 | 2;
}

/**
 * Prints what a command leaves, and sets the exit code of the process.
 * @param result of the command
 */
export function print({ output, note, exitCode }: CommandResult): void {
  if (note) log(note);
  process.stdout.write(`${output.replace(/\n$/, '')}\n`);
  process.exitCode = exitCode;
}

/**
 * Writes a line for people to stderr: clean, and without secrets.
 * @param line what to say; only its first 500 characters are written
 */
export function log(line: string): void {
  process.stderr.write(`hugwire: ${cleanLine(redact(line), 500)}\n`);
}
