import { cancelled, HugwireError } from '../../errors.js';
import type { CommandResult } from '../output.js';
import { changePins, dropPins, findPins, readPins } from './pins.js';
import type { Place } from './place.js';

export interface RemoveOptions {
  yes?: boolean;
  json?: boolean;
}

/**
 * `hugwire spaces remove`: takes pins out of the config and the lock file.
 * @param words tools or Spaces
 * @param options of the command
 * @param place to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned, `cancelled` when the user does not agree
 */
export async function removeSpaces(
  words: readonly string[],
  { yes, json }: RemoveOptions,
  place: Place,
): Promise<CommandResult> {
  const { pinned } = readPins(place);
  const found = [...new Set(words.flatMap((word) => findPins(pinned, word)))];
  const names = found.map(({ tool, space, endpoint = '' }) => `${tool} (${endpoint || 'one endpoint'} of ${space})`);
  if (!yes) {
    if (!place.prompts) {
      throw new HugwireError('invalid_arguments', `Nobody can be asked here whether to remove ${names.join(', ')}.`, {
        hint: `hugwire spaces remove ${words.join(' ')} --yes`,
      });
    }
    if (!(await place.prompts.confirm(`Remove ${names.join(', ')}?`))) throw cancelled();
  }
  await changePins(place, (pins) => dropPins(pins, found));
  if (json) return { output: JSON.stringify({ removed: found }, null, 2), exitCode: 0 };
  return { output: names.map((name) => `Removed ${name}.`).join('\n'), exitCode: 0 };
}
