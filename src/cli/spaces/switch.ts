import type { PinnedSpace } from '../../config/schema.js';
import { cancelled, HugwireError } from '../../errors.js';
import { findApproved, isOf } from '../../spaces/approvals.js';
import { hashEntry, type LockEntry } from '../../spaces/lock.js';
import { cleanLine } from '../../text/sanitize.js';
import type { CommandResult } from '../output.js';
import { showDefinition } from './definition.js';
import { refuseName } from './names.js';
import { changePins, findPins, type Pins, readPins } from './pins.js';
import type { Place } from './place.js';

/** Where Spaces are switched: nothing is asked of any Space for it. */
export type SwitchPlace = Pick<Place, 'path' | 'profile' | 'config' | 'prompts' | 'tell' | 'toldStyle' | 'width'>;

export interface SwitchOptions {
  yes?: boolean;
  json?: boolean;
}

/**
 * `hugwire spaces disable`: takes tools out of the list and keeps what was approved of them.
 * @param words tools or Spaces
 * @param options of the command
 * @param place to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned, or is pinned for other profiles too
 */
export async function disableSpaces(
  words: readonly string[],
  { json }: SwitchOptions,
  place: SwitchPlace,
): Promise<CommandResult> {
  const found = findAll(words, readPins(place));
  refuseShared(found, place);
  await changePins(place, (pins) => setPins(pins, found, { enabled: false }));
  return report(found, 'off', 'was off already', json, ({ enabled, proposed }) => enabled && !proposed);
}

/**
 * `hugwire spaces enable`: puts tools into the list. What nobody has approved as it is (an assistant's proposal, or a
 * record that was changed) is shown, and asked for.
 * @param words tools or Spaces
 * @param options of the command
 * @param place to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned or was never recorded, `cancelled` when the user does
 *   not agree; nothing is changed then
 */
export async function enableSpaces(
  words: readonly string[],
  { yes, json }: SwitchOptions,
  place: SwitchPlace,
): Promise<CommandResult> {
  const pins = readPins(place);
  const found = findAll(words, pins);
  const open = found.flatMap((pin) => {
    const entry = needsApproval(pin, pins);
    return entry ? [{ pin, entry }] : [];
  });
  for (const { pin } of open)
    refuseName(
      pin.tool,
      pins.pinned.filter((one) => one !== pin),
    );
  if (open.length > 0) await askApproval(open, words, yes, place);
  await changePins(place, (now) => {
    const approved = open.reduce((all, { entry }) => approve(all, entry), now);
    return setPins(approved, found, { enabled: true, proposed: undefined });
  });
  const isNew = (pin: PinnedSpace) => !pin.enabled || open.some((one) => one.pin === pin);
  return report(found, 'on', 'was on already', json, isNew);
}

/** With --profile it would be off in every other profile as well, which nobody who says it wants. */
function refuseShared(found: readonly PinnedSpace[], { config, profile }: SwitchPlace): void {
  if (profile === undefined || config.profiles[profile]?.spaces?.pinned !== undefined) return;
  const tools = found.map(({ tool }) => tool).join(' ');
  throw new HugwireError('invalid_arguments', `Profile ${profile} has no pinned Spaces of its own.`, {
    hint: `In this profile alone: hugwire tools disable ${tools} --profile ${profile}. Everywhere: leave --profile out.`,
  });
}

function findAll(words: readonly string[], { pinned }: Pins): PinnedSpace[] {
  return [...new Set(words.flatMap((word) => findPins(pinned, word)))];
}

/** The record that the user has to see first; undefined when all is approved. */
function needsApproval(pin: PinnedSpace, pins: Pins): LockEntry | undefined {
  const altered = pins.altered.find((entry) => isOf(pin, entry));
  if (altered) return altered;
  const approved = findApproved(pin, pins);
  if (typeof approved !== 'string') return pin.proposed ? approved : undefined;
  const { space, endpoint = '', tool } = pin;
  throw new HugwireError('invalid_arguments', `spaces.lock.json has no record of ${tool}.`, {
    hint: `hugwire spaces add ${space}${endpoint} --tool ${tool}`,
  });
}

async function askApproval(
  open: readonly { pin: PinnedSpace; entry: LockEntry }[],
  words: readonly string[],
  yes: boolean | undefined,
  { prompts, tell, toldStyle: style, width }: SwitchPlace,
): Promise<void> {
  for (const { pin, entry } of open) {
    const why = pin.proposed
      ? `An assistant has asked for ${pin.tool}: ${entry.endpoint} of ${cleanLine(entry.space, 120)}.`
      : `The record of ${pin.tool} was changed since it was approved. It now says:`;
    tell([why, '', ...showDefinition(entry, { style, width }), ''].join('\n'));
  }
  if (yes) return;
  if (!prompts) {
    throw new HugwireError('invalid_arguments', 'This needs your approval, and nobody can be asked here.', {
      hint: `hugwire spaces enable ${words.join(' ')} --yes`,
    });
  }
  const tools = open.length === 1 ? 'this tool' : `these ${open.length} tools`;
  if (!(await prompts.confirm(`Give ${tools} to your assistants?`))) throw cancelled();
}

/** Makes a record the approved one, provided that it still is what was shown. */
function approve(pins: Pins, entry: LockEntry): Pins {
  const seen = hashEntry(entry);
  const now = [...pins.altered, ...pins.entries].find(({ tool }) => tool === entry.tool);
  if (now && hashEntry(now) !== seen) {
    throw new HugwireError('unavailable', `The record of ${entry.tool} has just been changed by another process.`, {
      hint: 'Look at it again.',
    });
  }
  const others = (list: readonly LockEntry[]) => list.filter(({ tool }) => tool !== entry.tool);
  return { ...pins, altered: others(pins.altered), entries: [...others(pins.entries), { ...entry, hash: seen }] };
}

function setPins(pins: Pins, chosen: readonly PinnedSpace[], change: Partial<PinnedSpace>): Pins {
  const tools = chosen.map(({ tool }) => tool);
  return { ...pins, pinned: pins.pinned.map((pin) => (tools.includes(pin.tool) ? { ...pin, ...change } : pin)) };
}

function report(
  pins: readonly PinnedSpace[],
  state: 'on' | 'off',
  same: string,
  json: boolean | undefined,
  isNew: (pin: PinnedSpace) => boolean,
): CommandResult {
  if (json) {
    const tools = pins.map((pin) => ({ tool: pin.tool, state, changed: isNew(pin) }));
    return { output: JSON.stringify({ tools }, null, 2), exitCode: 0 };
  }
  const lines = pins.map((pin) => `${pin.tool} ${isNew(pin) ? `is ${state}` : same}.`);
  return { output: lines.join('\n'), exitCode: 0 };
}
