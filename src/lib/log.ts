import { cleanLine, redact } from './text.js';

/**
 * Writes a line for people to stderr: clean, and without secrets.
 * @param line what to say; only its first 500 characters are written
 */
export function log(line: string): void {
  process.stderr.write(`hugwire: ${cleanLine(redact(line), 500)}\n`);
}
