import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import { cleanLine } from '../../lib/text.js';
import { TOOL_NAME } from '../../spaces/lock.js';
import { TOOLS } from '../../tools/index.js';

const BUILT_IN: readonly string[] = TOOLS.map(({ name }) => name);

/**
 * The names that no new tool may have.
 * @param pinned all pins but those that are to be replaced
 */
export function takenNames(pinned: readonly PinnedSpace[]): string[] {
  return [...BUILT_IN, ...pinned.map(({ tool }) => tool)];
}

/**
 * What is wrong with a name for a tool.
 * @param name as written
 * @param pinned all pins but those that are to be replaced
 * @returns undefined when nothing is
 */
export function findNameFault(name: string, pinned: readonly PinnedSpace[]): string | undefined {
  const shown = cleanLine(name, 60);
  if (!TOOL_NAME.test(name)) {
    return `"${shown}" is no name for a tool: it has at most 40 characters of a-z, 0-9 and _, and begins with a letter.`;
  }
  if (BUILT_IN.includes(name)) return `${shown} is a tool of hugwire itself.`;
  const other = pinned.find(({ tool }) => tool === name);
  return other && `${shown} is the tool of ${cleanLine(other.space, 120)}${other.endpoint ?? ''}.`;
}

/**
 * @param name as written
 * @param pinned all pins but those that are to be replaced
 * @throws HugwireError `invalid_arguments`
 */
export function refuseName(name: string, pinned: readonly PinnedSpace[]): void {
  const fault = findNameFault(name, pinned);
  if (fault) throw new HugwireError('invalid_arguments', fault, { hint: 'Give another one with --tool.' });
}
