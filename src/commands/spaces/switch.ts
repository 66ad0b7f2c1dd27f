import type { PinnedSpace } from '../../config/schema.js';
import { cancelled, HugwireError } from '../../lib/errors.js';
import { cleanLine } from '../../lib/text.js';
import { findApproved, isOf, isOn, type LockEntry, whyUnapproved } from '../../spaces/lock.js';
import { findPins, ownerOf, type Pins } from '../../spaces/pins.js';
import { confirm } from '../prompts.js';
import type { CommandResult } from '../terminal.js';
import { listInventory } from '../tools/list.js';
import { switchInConfig } from '../tools/switch.js';
import { showDefinition } from './info.js';
import type { SpacesContext } from './targets.js';

/** What is needed to turn Spaces on and off: no Space is asked. */
type SwitchContext = Pick<
  SpacesContext,
  'path' | 'profile' | 'config' | 'pins' | 'prompts' | 'tell' | 'toldStyle' | 'width'
>;

export interface SwitchSpacesOptions {
  yes?: boolean;
}

/**
 * `hugwire spaces disable`: turns tools off and keeps what was approved. It does what `hugwire tools disable` does, and works
 * also for a tool whose record is missing or was changed.
 * @param words tools or Spaces
 * @param context to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned
 */
export async function disableSpaces(words: readonly string[], context: SwitchContext): Promise<CommandResult> {
  const { path, profile, config } = context;
  const found = findAll(words, context.pins.read());
  if (ownerOf(config, profile) === profile) {
    await context.pins.disable(found);
    const turned = found.map((pin) => ({ tool: pin.tool, on: false, changed: isOn(pin) }));
    return report(turned, 'off');
  }
  const known = new Set(listInventory({ config, path }).map(({ tool }) => tool.name));
  const names = found.map(({ tool }) => tool).filter((tool) => known.has(tool));
  const { changed } = await switchInConfig(names, false, { path, profile });
  return report(
    found.map(({ tool }) => ({ tool, on: false, changed: changed.some((item) => item.tool.name === tool) })),
    'off',
  );
}

/**
 * `hugwire spaces enable`: turns tools on, as `hugwire tools enable` does. What still needs approval (an assistant's proposal, or
 * a record that was changed) is shown first.
 * @param words tools or Spaces
 * @param options of the command
 * @param context to work in
 * @throws HugwireError `invalid_arguments` for what is not pinned or was never recorded, `cancelled` when the user does
 *   not agree; nothing is changed then
 */
export async function enableSpaces(
  words: readonly string[],
  { yes }: SwitchSpacesOptions,
  context: SwitchContext,
): Promise<CommandResult> {
  const pins = context.pins.read();
  const found = findAll(words, pins);
  const open = found.flatMap((pin) => {
    const entry = needsApproval(pin, pins);
    return entry ? [{ pin, entry }] : [];
  });
  for (const { pin } of open)
    context.pins.refuseName(
      pin.tool,
      pins.pinned.filter((one) => one !== pin),
    );
  if (open.length > 0) {
    await askApproval(open, words, yes, context);
    // Written where the pin is, whichever profile is in force: what was approved is the same for all.
    await context.pins.approve(open);
  }
  const names = found.map(({ tool }) => tool);
  const { after, changed } = await switchInConfig(names, true, context);
  const turned = names.map((tool) => {
    const item = after.find((one) => one.tool.name === tool);
    const isNew = changed.some((one) => one.tool.name === tool) || open.some(({ pin }) => pin.tool === tool);
    return { tool, on: item?.on === true, changed: isNew, reason: item?.reason };
  });
  return report(turned, 'on');
}

function findAll(words: readonly string[], { pinned }: Pins): PinnedSpace[] {
  return [...new Set(words.flatMap((word) => findPins(pinned, word)))];
}

/** The record that the user has to approve first; undefined when it is approved. */
function needsApproval(pin: PinnedSpace, pins: Pins): LockEntry | undefined {
  const altered = pins.altered.find((entry) => isOf(pin, entry));
  if (altered) return altered;
  const approved = findApproved(pin, pins);
  if (typeof approved !== 'string') return pin.proposed ? approved : undefined;
  const { space, endpoint = '', tool } = pin;
  throw new HugwireError('invalid_arguments', `spaces.lock.json has no record of ${tool}.`, {
    hint: `Pin it again: hugwire spaces add ${space}${endpoint} --tool ${tool}`,
  });
}

async function askApproval(
  open: readonly { pin: PinnedSpace; entry: LockEntry }[],
  words: readonly string[],
  yes: boolean | undefined,
  { prompts, tell, toldStyle: style, width }: SwitchContext,
): Promise<void> {
  for (const { pin, entry } of open) {
    const why = pin.proposed
      ? `An assistant has asked for ${pin.tool}: ${entry.endpoint} of ${cleanLine(entry.space, 120)}.`
      : `The record of ${pin.tool} ${whyUnapproved(entry)}. It says:`;
    tell([why, '', ...showDefinition(entry, { style, width }), ''].join('\n'));
  }
  const tools = open.length === 1 ? 'this tool' : `these ${open.length} tools`;
  const unasked = {
    message: 'This needs your approval, and nobody can be asked here.',
    hint: `hugwire spaces enable ${words.join(' ')} --yes`,
  };
  if (!(await confirm(`Give ${tools} to your assistants?`, { yes, prompts, unasked }))) throw cancelled();
}

/** What happened to a pin's tool. */
interface Turned {
  tool: string;
  on: boolean;
  changed: boolean;
  /** Why it is off. */
  reason?: string;
}

function report(turned: readonly Turned[], wanted: 'on' | 'off'): CommandResult {
  const lines = turned.map(({ tool, on, changed, reason }) => {
    if (wanted === 'on' && !on) return `${tool} stays off: ${reason}.`;
    return `${tool} ${changed ? `is ${wanted}` : `was already ${wanted}`}.`;
  });
  const tools = turned.map(({ on, ...one }) => ({ ...one, state: on ? 'on' : 'off' }));
  return { text: lines.join('\n'), data: { tools }, exitCode: 0 };
}
