import { ownTokenFile } from '../../config/paths.js';
import { hasOwnToken, removeToken } from '../../config/token.js';
import type { CommandResult } from '../terminal.js';
import { howToSwitchOff } from './advice.js';
import { surveyToken, type TokenWorld } from './survey.js';

/**
 * `hugwire auth logout`: removes hugwire's own token file, and no other.
 * @param world where the token is
 * @param confirm asks before anything is removed
 * @returns what still gives a token, and how to switch that off; exit code 1 when the user said no
 * @throws HugwireError `unavailable` when the file cannot be removed
 */
export async function logOut(world: TokenWorld, confirm: (path: string) => Promise<boolean>): Promise<CommandResult> {
  const path = ownTokenFile(world.paths);
  const there = await hasOwnToken(world.paths);
  if (there && !(await confirm(path))) return { output: 'Nothing was removed.', exitCode: 1 };
  if (there) await removeToken(world.paths);
  const done = there
    ? `Logged out: removed ${path}\nThe token itself stays valid until you revoke it at the Hub.`
    : `Nothing to remove: hugwire has no token of its own (${path}).`;
  const { places } = await surveyToken(world);
  const left = places.find(({ used }) => used)?.place;
  const rest = left ? [`A token still comes from ${left}. ${howToSwitchOff(left)}`, NONE] : [];
  return { output: [done, ...rest].join('\n'), exitCode: 0 };
}

const NONE = 'To use none at all: `hugwire auth source none`.';
