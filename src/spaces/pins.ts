import { editConfig, type MakeEdits } from '../config/edit.js';
import { loadConfig } from '../config/load.js';
import { lockPath } from '../config/paths.js';
import { applyProfile, type Config, type PinnedSpace, TOOL_NAME, TOOL_NAME_RULE } from '../config/schema.js';
import { HugwireError } from '../lib/errors.js';
import { withFileLock } from '../lib/files.js';
import { nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { type Approvals, hashEntry, isOf, isSpace, type LockEntry, readLock, writeLock } from './lock.js';

/** The pinned Spaces: what the user wants, and what was approved. */
export interface Pins extends Approvals {
  pinned: readonly PinnedSpace[];
  /** Why nothing in the lock file can be used. */
  unusable?: string;
}

interface PinStoreOptions {
  /** Of the config file; the lock file lies beside it. */
  path: string;
  /** The profile in force. */
  profile?: string;
  /** Names that no tool of a Space may have: those of the built-in tools. */
  reserved: readonly string[];
}

/** A pin to be added, with what the user has seen and approved of it. */
export interface NewPin {
  pin: PinnedSpace;
  entry: LockEntry;
  /** The pin whose place it takes. */
  replaced?: PinnedSpace;
}

/** Proposals that wait: an assistant that was talked into it must not fill the user's config. */
const MAX_PROPOSED = 10;

/**
 * The pinned Spaces of a config. Every change is one transaction over the config file and the lock file beside it, one
 * process at a time, and looks at what other processes have written meanwhile.
 *
 * Every method that writes throws `unavailable` when a file cannot be read or written, or is no file of ours.
 */
export class PinStore {
  constructor(private readonly options: PinStoreOptions) {}

  /** The pinned Spaces as the files say now. */
  read(): Pins {
    const { path, profile } = this.options;
    const { entries, altered, unusable } = readLock(lockPath(path));
    return { pinned: loadConfig(path, { profile }).config.spaces.pinned, entries, altered, unusable };
  }

  /**
   * The names that no new tool may have.
   * @param pinned all pins but those that are to be replaced
   */
  takenNames(pinned: readonly PinnedSpace[]): string[] {
    return [...this.options.reserved, ...pinned.map(({ tool }) => tool)];
  }

  /**
   * What is wrong with a name for a tool.
   * @param name as written
   * @param pinned all pins but those that are to be replaced
   * @returns undefined when nothing is
   */
  findNameFault(name: string, pinned: readonly PinnedSpace[]): string | undefined {
    const shown = cleanLine(name, 60);
    if (!TOOL_NAME.test(name)) {
      return `"${shown}" is not a valid name for a tool: it must be ${TOOL_NAME_RULE}.`;
    }
    if (this.options.reserved.includes(name)) return `${shown} is a tool of hugwire itself.`;
    const other = pinned.find(({ tool }) => tool === name);
    return other && `${shown} is the tool of ${cleanLine(other.space, 120)}${other.endpoint ?? ''}.`;
  }

  /**
   * @param name as written
   * @param pinned all pins but those that are to be replaced
   * @throws HugwireError `invalid_arguments`
   */
  refuseName(name: string, pinned: readonly PinnedSpace[]): void {
    const fault = this.findNameFault(name, pinned);
    if (fault) throw new HugwireError('invalid_arguments', fault);
  }

  /**
   * Adds what the user has approved, in place of those of the same tool or endpoint.
   * @throws HugwireError `invalid_arguments` when a name was taken meanwhile
   */
  async add(added: readonly NewPin[]): Promise<void> {
    await this.change((pins) => added.reduce((all, one) => this.addOne(all, one), pins));
  }

  /**
   * Adds what an assistant has asked for.
   * @param entry what the user has seen, or is to see
   * @param state `pinned`: the user has agreed to it; `proposed`: it stays off until the user agrees
   * @throws HugwireError `invalid_arguments` when name or endpoint were taken meanwhile, `rate_limited` when too many
   *   proposals wait
   */
  async addWanted(entry: LockEntry, state: 'pinned' | 'proposed'): Promise<void> {
    await this.change((pins) => this.addWantedOne(pins, entry, state));
  }

  /** Takes pins out, with what was approved of them. */
  async remove(gone: readonly PinnedSpace[]): Promise<void> {
    const tools = gone.map(({ tool }) => tool);
    await this.change((pins) => ({
      ...dropEntries(pins, gone),
      pinned: pins.pinned.filter(({ tool }) => !tools.includes(tool)),
    }));
  }

  /**
   * Switches pins off where they are written, and keeps what was approved of them.
   * @returns whether the config had to be changed
   */
  async disable(chosen: readonly PinnedSpace[]): Promise<boolean> {
    return this.change((pins) => setPins(pins, chosen, { enabled: false }));
  }

  /**
   * Switches pins on, in the profile in force alone, which gets a list of its own where it has none. A proposal stays off.
   * @returns whether the config had to be changed
   */
  async enable(chosen: readonly PinnedSpace[]): Promise<boolean> {
    return this.change((pins) => setPins(pins, chosen, { enabled: true }), { in: 'profile' });
  }

  /**
   * Switches pins on where they are written, and makes their records the approved ones.
   * @param approved what the user has seen
   * @throws HugwireError `unavailable` when a record is no longer what was shown
   */
  async approve(approved: readonly { pin: PinnedSpace; entry: LockEntry }[]): Promise<void> {
    const chosen = approved.map(({ pin }) => pin);
    await this.change((now) => {
      const recorded = approved.reduce((all, { entry }) => approveShown(all, entry), now);
      return setPins(recorded, chosen, { enabled: true, proposed: undefined });
    });
  }

  /** Replaces what was approved of pins; of those that were removed meanwhile, nothing is recorded. */
  async record(fresh: readonly LockEntry[]): Promise<void> {
    await this.change((pins) => {
      const kept = fresh.filter((entry) => pins.pinned.some((pin) => isOf(pin, entry)));
      const { entries, altered } = dropEntries(pins, kept);
      return { ...pins, altered, entries: [...entries, ...kept] };
    });
  }

  /**
   * The lock file first gets what is new beside all that is old, and loses the rest once the config is written: an entry
   * that no pin wants does nothing, but a pin without its entry would be broken. Where the config cannot be written, the
   * lock file is put back.
   */
  private async change(
    change: (pins: Pins) => Pins,
    { in: place = 'owner' }: { in?: 'owner' | 'profile' } = {},
  ): Promise<boolean> {
    const { path, profile } = this.options;
    const lockFile = lockPath(path);
    return withFileLock(lockFile, async () => {
      const { entries, altered, unusable } = readLock(lockFile);
      refuseUnusable({ unusable });
      const before = [...entries, ...altered];
      let recorded = before;
      const record = async (wanted: LockEntry[]) => {
        if (isOther(recorded, wanted)) await writeLock(lockFile, wanted);
        recorded = wanted;
      };
      let kept = before;
      // The pins are read inside the config's own lock, since other commands change them too.
      const edit: MakeEdits = async (_, config) => {
        const { pinned } = applyProfile(config, profile).spaces;
        const owner = place === 'profile' ? profile : ownerOf(config, profile);
        const after = change({ pinned, entries, altered });
        kept = keepShared(before, [...after.entries, ...after.altered], otherPins(config, owner));
        const dropped = before.filter((entry) => !kept.some(({ tool }) => tool === entry.tool));
        await record([...kept, ...dropped]);
        if (!isOther(pinned, after.pinned)) return [];
        const section = owner === undefined ? [] : ['profiles', owner];
        return [{ path: [...section, 'spaces', 'pinned'], value: after.pinned.map(toWritten) }];
      };
      const { written } = await editConfig(path, edit).catch(async (error: unknown) => {
        await record(before).catch(() => {});
        throw error;
      });
      await record(kept);
      return written;
    });
  }

  private addOne(pins: Pins, { pin, entry, replaced }: NewPin): Pins {
    const others = pins.pinned.filter((one) => one.tool !== replaced?.tool && !isSameEndpoint(one, pin));
    this.refuseName(pin.tool, others);
    const added = putPin(pins, pin, entry, replaced?.tool);
    // The token goes to a Space or it does not, whichever of its tools is called.
    const pinned = added.pinned.map((one) => (isSpace(one.space, pin.space) ? { ...one, token: pin.token } : one));
    return { ...added, pinned };
  }

  private addWantedOne(pins: Pins, entry: LockEntry, state: 'pinned' | 'proposed'): Pins {
    const { space, endpoint, tool } = entry;
    // What the user says of the token holds for the whole Space.
    const token = pins.pinned.find((one) => isSpace(one.space, space))?.token ?? 'auto';
    const wanted: PinnedSpace = { space, endpoint, tool, enabled: true, token };
    const known = pins.pinned.find((one) => isSameEndpoint(one, wanted));
    // What the user has decided meanwhile stands: a tool neither turns it on nor proposes it anew.
    if (known && !known.proposed) {
      throw new HugwireError('invalid_arguments', `${endpoint} of ${space} has just been pinned by another process.`);
    }
    const others = pins.pinned.filter((one) => one !== known);
    this.refuseName(tool, others);
    if (state === 'pinned') return putPin(pins, wanted, entry);
    if (pins.pinned.filter(({ proposed }) => proposed).length >= MAX_PROPOSED) {
      throw new HugwireError('rate_limited', `${MAX_PROPOSED} proposals are already waiting for the user.`, {
        hint: '`hugwire spaces list` shows them; `hugwire spaces remove` and `enable` decide.',
      });
    }
    return putPin(pins, { ...wanted, enabled: false, proposed: true }, entry);
  }
}

/** Puts a pin and what was approved of it in, in place of those of the same tool or the same endpoint. */
function putPin(pins: Pins, pin: PinnedSpace, entry: LockEntry, replaced?: string): Pins {
  const isSame = (one: PinnedSpace) => one.tool === pin.tool || one.tool === replaced || isSameEndpoint(one, pin);
  const at = pins.pinned.findIndex(isSame);
  const others = pins.pinned.filter((one) => !isSame(one));
  // Where the old one stood, so that little moves in the file.
  const pinned = at < 0 ? [...others, pin] : [...others.slice(0, at), pin, ...others.slice(at)];
  const { entries, altered } = dropEntries(pins, [...pins.pinned.filter(isSame), pin]);
  return { pinned, altered, entries: [...entries, entry] };
}

function dropEntries({ entries, altered }: Pins, gone: readonly Pick<PinnedSpace, 'tool'>[]): Approvals {
  const stays = ({ tool }: LockEntry) => !gone.some((one) => one.tool === tool);
  return { entries: entries.filter(stays), altered: altered.filter(stays) };
}

/** Makes a record the approved one, provided that it still is what was shown. */
function approveShown(pins: Pins, entry: LockEntry): Pins {
  const seen = hashEntry(entry);
  const now = [...pins.altered, ...pins.entries].find(({ tool }) => tool === entry.tool);
  if (now && hashEntry(now) !== seen) {
    throw new HugwireError('unavailable', `The record of ${entry.tool} has just been changed by another process.`, {
      hint: 'Look at it again.',
    });
  }
  const { entries, altered } = dropEntries(pins, [entry]);
  return { ...pins, altered, entries: [...entries, { ...entry, hash: seen, shown: 'whole' }] };
}

function setPins(pins: Pins, chosen: readonly PinnedSpace[], change: Partial<PinnedSpace>): Pins {
  const tools = chosen.map(({ tool }) => tool);
  return { ...pins, pinned: pins.pinned.map((pin) => (tools.includes(pin.tool) ? { ...pin, ...change } : pin)) };
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

/** Whether two pins are for the same endpoint. */
function isSameEndpoint(one: PinnedSpace, other: PinnedSpace): boolean {
  return isSpace(one.space, other.space) && one.endpoint === other.endpoint;
}

/** What to do where nothing in the lock file can be used. */
export const REPLACE_LOCK = 'Move the file away; `hugwire spaces refresh` then records the Spaces anew.';

/**
 * Refuses to go on with a lock file that cannot be used: it may hold what the user wants to keep.
 * @param pins from `PinStore.read`
 * @throws HugwireError `unavailable`
 */
export function refuseUnusable({ unusable }: Pick<Pins, 'unusable'>): void {
  if (unusable) throw new HugwireError('unavailable', unusable, { hint: REPLACE_LOCK });
}

/**
 * The pins that a word means: by the tool's name, by the Space, or by Space and endpoint.
 * @param pinned all of them
 * @param word as written
 * @throws HugwireError `invalid_arguments` when there is none; it names the nearest
 */
export function findPins(pinned: readonly PinnedSpace[], word: string): PinnedSpace[] {
  const wanted = word.trim().replace(/(?<!\/)\/+$/, '');
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

const ADD_HINT = 'No Space is pinned: `hugwire spaces add owner/space` pins one.';
