import type { PinnedSpace } from '../../config/schema.js';
import { findApproved, isOf, type LockEntry } from '../../spaces/lock.js';
import type { Pins } from '../../spaces/pins.js';
import { pinnedTools } from '../../tools/pinned.js';
import { selectTools } from '../../tools/select.js';
import type { SpacesContext } from './targets.js';

/** `proposed`: an assistant asked for it; `broken`: it is wanted, but cannot be offered. */
export type PinState = 'on' | 'off' | 'proposed' | 'broken';

/** A pin as the server sees it. */
export interface PinView {
  pin: PinnedSpace;
  state: PinState;
  /** Why it is off or broken, where the pin itself does not say it. */
  reason?: string;
  /** The command that mends a broken one, or switches one on. */
  remedy?: string;
  /** What was approved, or is to be. */
  entry?: LockEntry;
}

/**
 * How the server sees each pin, those first that wait for the user.
 * @param pins as they are
 * @param context with the config in force
 */
export function viewPins(pins: Pins, context: Pick<SpacesContext, 'config' | 'pins'>): PinView[] {
  const views = pins.pinned.map((pin, at) => viewPin(pin, pins.pinned.slice(0, at), pins, context));
  const isWaiting = ({ state }: PinView) => state === 'proposed';
  return [...views.filter(isWaiting), ...views.filter((view) => !isWaiting(view))];
}

function viewPin(
  pin: PinnedSpace,
  before: readonly PinnedSpace[],
  pins: Pins,
  { config: { tools }, pins: store }: Pick<SpacesContext, 'config' | 'pins'>,
): PinView {
  const approved = findApproved(pin, pins);
  const entry = typeof approved === 'string' ? pins.altered.find((one) => isOf(pin, one)) : approved;
  const known = { pin, entry };
  if (pin.proposed) return { ...known, state: 'proposed' };
  if (!pin.enabled) return { ...known, state: 'off' };
  if (typeof approved === 'string') {
    const { space, endpoint = '', tool } = pin;
    return entry
      ? { ...known, state: 'broken', reason: CHANGED, remedy: `hugwire spaces enable ${tool}` }
      : { ...known, state: 'broken', reason: MISSING, remedy: `hugwire spaces add ${space}${endpoint} --tool ${tool}` };
  }
  const fault = store.findNameFault(pin.tool, before);
  if (fault) return { ...known, state: 'broken', reason: fault };
  const made = pinnedTools([pin], pins).tools;
  if (selectTools(made, tools).tools.length > 0) return { ...known, state: 'on' };
  if (tools.readOnly) return { ...known, state: 'off', reason: 'tools.readOnly is set' };
  const remedy = `hugwire spaces enable ${pin.tool}`;
  return { ...known, state: 'off', reason: 'tools.enable or tools.disable', remedy };
}

const CHANGED = 'spaces.lock.json was changed since it was approved';
const MISSING = 'spaces.lock.json does not have it';
