import { editConfig } from '../config/edit.js';
import { loadConfig } from '../config/load.js';
import type { Config, PinnedSpace } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { withFileLock } from '../lib/files.js';
import { nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { type Approvals, isOf, type LockEntry, lockPath, readLock, writeLock } from './lock.js';

/** The pinned Spaces: what the user wants, and what was approved. */
export interface Pins extends Approvals {
  pinned: readonly PinnedSpace[];
  /** Why nothing in the lock file can be used. */
  unusable?: string;
}

/** Where pins are kept: in the config, or the profile of it that says which Spaces are pinned. */
export interface PinFiles {
  /** Of the config file; the lock file lies beside it. */
  path: string;
  profile?: string;
}

/**
 * The pinned Spaces as they are.
 * @param place where they are kept, and the config in force
 */
export function readPins({ path, config }: PinFiles & { config: Config }): Pins {
  const { entries, altered, unusable } = readLock(lockPath(path));
  return { pinned: config.spaces.pinned, entries, altered, ...(unusable ? { unusable } : {}) };
}

/**
 * Changes the pinned Spaces, one process at a time. The lock file is written first: an entry that no pin wants does
 * nothing, but a pin without its entry would be broken.
 * @param files where they are kept
 * @param change gets what is there now, and gives what is to be there
 * @throws HugwireError what the change throws; `unavailable` when a file cannot be read or written, or is no file of ours
 */
export async function changePins({ path, profile }: PinFiles, change: (pins: Pins) => Pins): Promise<void> {
  const lockFile = lockPath(path);
  await withFileLock(lockFile, async () => {
    const { pinned } = loadConfig(path, { profile }).config.spaces;
    const { config } = loadConfig(path);
    const owner = ownerOf(config, profile);
    const { entries, altered, unusable } = readLock(lockFile);
    refuseUnusable({ unusable });
    const after = change({ pinned, entries, altered });
    const kept = keepShared([...entries, ...altered], [...after.entries, ...after.altered], otherPins(config, owner));
    if (isOther([...entries, ...altered], kept)) await writeLock(lockFile, kept);
    if (!isOther(pinned, after.pinned)) return;
    const value = after.pinned.map(toWritten);
    await editConfig(path, [{ path: ['spaces', 'pinned'], value }], { profile: owner });
  });
}

/** What to do where nothing in the lock file can be used. */
export const REPLACE_LOCK = 'Move the file away; `hugwire spaces refresh` then records the Spaces anew.';

/**
 * Refuses to go on with a lock file that cannot be used: it may hold what the user wants to keep.
 * @param pins from `readPins`
 * @throws HugwireError `unavailable`
 */
export function refuseUnusable({ unusable }: Pick<Pins, 'unusable'>): void {
  if (unusable) throw new HugwireError('unavailable', unusable, { hint: REPLACE_LOCK });
}

/**
 * Where the pins that are in force are written: a profile that says which Spaces are pinned hides what the rest of the
 * file says of it.
 * @param config with its profiles
 * @param profile that is in force
 * @returns the profile; undefined for the file itself
 */
export function ownerOf({ profiles }: Config, profile: string | undefined): string | undefined {
  return profile !== undefined && profiles[profile]?.spaces?.pinned !== undefined ? profile : undefined;
}

type NamedPin = Pick<PinnedSpace, 'space' | 'endpoint' | 'tool'>;

/** What the rest of the file has pinned, or its other profiles. */
function otherPins({ spaces, profiles }: Config, owner: string | undefined): NamedPin[] {
  const others = Object.entries(profiles).filter(([name]) => name !== owner);
  return [...(owner === undefined ? [] : spaces.pinned), ...others.flatMap(([, one]) => one.spaces?.pinned ?? [])];
}

/** The lock file is for all profiles: what one of them no longer wants may be wanted by another. */
function keepShared(
  before: readonly LockEntry[],
  after: readonly LockEntry[],
  wanted: readonly NamedPin[],
): LockEntry[] {
  const isWanted = (entry: LockEntry) => wanted.some((pin) => isOf(pin, entry));
  const isReplaced = (entry: LockEntry) => after.some(({ tool }) => tool === entry.tool);
  return [...after, ...before.filter((entry) => !isReplaced(entry) && isWanted(entry))];
}

const isOther = (before: unknown, after: unknown) => JSON.stringify(before) !== JSON.stringify(after);

/** A pin as a person would write it: what is the default goes without saying. */
function toWritten({ space, endpoint, tool, enabled, proposed, token }: PinnedSpace) {
  return {
    space,
    ...(endpoint === undefined ? {} : { endpoint }),
    tool,
    ...(enabled ? {} : { enabled }),
    ...(proposed ? { proposed } : {}),
    ...(token === 'auto' ? {} : { token }),
  };
}

/**
 * Whether two names are of the same Space.
 * @param one name
 * @param other name
 */
export function isSpace(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Whether two pins are for the same endpoint.
 * @param one pin
 * @param other pin
 */
export function isSamePlace(one: PinnedSpace, other: PinnedSpace): boolean {
  return isSpace(one.space, other.space) && one.endpoint === other.endpoint;
}

/**
 * Puts a pin and what was approved of it in, in place of those of the same tool or the same endpoint.
 * @param pins as they are
 * @param pin to be put in
 * @param entry approved
 * @param replaced name of a tool that it takes the place of as well
 */
export function putPin(pins: Pins, pin: PinnedSpace, entry: LockEntry, replaced?: string): Pins {
  const isSame = (one: PinnedSpace) => one.tool === pin.tool || one.tool === replaced || isSamePlace(one, pin);
  const at = pins.pinned.findIndex(isSame);
  const others = pins.pinned.filter((one) => !isSame(one));
  // Where the old one stood, so that little moves in the file.
  const pinned = at < 0 ? [...others, pin] : [...others.slice(0, at), pin, ...others.slice(at)];
  const { entries, altered } = dropEntries(pins, [...pins.pinned.filter(isSame), pin]);
  return { pinned, altered, entries: [...entries, entry] };
}

/**
 * Puts what was approved in for a pin that there is, in place of what was approved of it before.
 * @param pins as they are
 * @param entry approved
 */
export function putEntry(pins: Pins, entry: LockEntry): Pins {
  // Another process may have removed it meanwhile.
  if (!pins.pinned.some((pin) => isOf(pin, entry))) return pins;
  const { entries, altered } = dropEntries(pins, [entry]);
  return { ...pins, altered, entries: [...entries, entry] };
}

/**
 * Takes pins out, with what was approved of them.
 * @param pins as they are
 * @param gone those that are to go
 */
export function dropPins(pins: Pins, gone: readonly PinnedSpace[]): Pins {
  const tools = gone.map(({ tool }) => tool);
  return { ...dropEntries(pins, gone), pinned: pins.pinned.filter(({ tool }) => !tools.includes(tool)) };
}

function dropEntries({ entries, altered }: Pins, gone: readonly Pick<PinnedSpace, 'tool'>[]): Approvals {
  const stays = ({ tool }: LockEntry) => !gone.some((one) => one.tool === tool);
  return { entries: entries.filter(stays), altered: altered.filter(stays) };
}

/**
 * The pins that a word means: by the tool's name, by the Space, or by Space and endpoint.
 * @param pinned all of them
 * @param word as written
 * @throws HugwireError `invalid_arguments` when there is none; it names the nearest
 */
export function findPins(pinned: readonly PinnedSpace[], word: string): PinnedSpace[] {
  const wanted = word.trim().replace(/\/+$/, '');
  const byTool = pinned.filter(({ tool }) => tool === wanted);
  if (byTool.length > 0) return byTool;
  const bySpace = pinned.filter(
    ({ space, endpoint = '' }) => isSpace(space, wanted) || isSpace(`${space}${endpoint}`, wanted),
  );
  if (bySpace.length > 0) return bySpace;
  const tools = pinned.map(({ tool }) => tool);
  const meant = nearest(wanted, [...tools, ...pinned.map(({ space }) => space)]);
  const hint = meant ? `Did you mean ${meant}?` : tools.length > 0 ? `There are ${tools.join(', ')}.` : ADD_HINT;
  throw new HugwireError('invalid_arguments', `No pinned Space is called "${cleanLine(wanted, 80)}".`, { hint });
}

const ADD_HINT = 'None is pinned: `hugwire spaces add owner/space` pins one.';
