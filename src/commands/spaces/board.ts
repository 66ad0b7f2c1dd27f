import { loadConfig } from '../../config/load.js';
import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError } from '../../lib/errors.js';
import type { LockEntry } from '../../spaces/lock.js';
import { changePins, isSamePlace, isSpace, type PinFiles, type Pins, putPin } from '../../spaces/pins.js';
import type { PinBoard } from '../../tools/tool.js';
import { refuseName, takenNames } from './names.js';

/** Proposals that wait: an assistant that was talked into it must not fill the user's config. */
const MAX_PROPOSED = 10;

/**
 * The pinned Spaces as tools may change them: with what the user agreed to, or with a proposal that stays off.
 * @param files where they are kept
 */
export function createPinBoard(files: PinFiles): PinBoard {
  const pinned = () => loadConfig(files.path, { profile: files.profile }).config.spaces.pinned;
  return {
    pinned,
    takenNames: () => takenNames(pinned()),
    write: (entry, state) => changePins(files, (pins) => addPin(pins, entry, state)),
  };
}

function addPin(pins: Pins, entry: LockEntry, state: 'pinned' | 'proposed'): Pins {
  const { space, endpoint, tool } = entry;
  // What the user says of the token holds for the whole Space.
  const token = pins.pinned.find((one) => isSpace(one.space, space))?.token ?? 'auto';
  const wanted: PinnedSpace = { space, endpoint, tool, enabled: true, token };
  const known = pins.pinned.find((one) => isSamePlace(one, wanted));
  // What the user has decided meanwhile stands: a tool neither turns it on nor proposes it anew.
  if (known && !known.proposed) {
    throw new HugwireError('invalid_arguments', `${endpoint} of ${space} has just been pinned by another process.`);
  }
  refuseName(
    tool,
    pins.pinned.filter((one) => one !== known),
  );
  if (state === 'pinned') return putPin(pins, wanted, entry);
  if (pins.pinned.filter(({ proposed }) => proposed).length >= MAX_PROPOSED) {
    throw new HugwireError('rate_limited', `${MAX_PROPOSED} proposals wait for the user already.`, {
      hint: '`hugwire spaces list` shows them; `hugwire spaces remove` and `enable` decide.',
    });
  }
  return putPin(pins, { ...wanted, enabled: false, proposed: true }, entry);
}
