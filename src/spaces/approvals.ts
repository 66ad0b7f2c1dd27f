import type { PinnedSpace } from '../config/schema.js';
import { DEFAULT_LOCK } from './default-lock.js';
import type { Lock, LockEntry } from './lock.js';

/** What the user has approved, and what was changed since without being approved again. */
export type Approvals = Pick<Lock, 'entries' | 'altered'>;

/**
 * Whether a pin is one that the user wants: an assistant's proposal is none, whatever else the config says of it.
 * @param pin of the config
 */
export function isOn({ enabled, proposed }: PinnedSpace): boolean {
  return enabled && !proposed;
}

/**
 * What the user approved for a pin.
 * @param pin of the config
 * @param lock from `readLock`
 * @returns the record, or in words why there is none and what to do
 */
export function findApproved(pin: PinnedSpace, { entries, altered }: Approvals): LockEntry | string {
  const { space, endpoint = '', tool } = pin;
  const what = `${space} is pinned as ${tool}, but`;
  if (altered.some((one) => isOf(pin, one))) {
    return `${what} spaces.lock.json was changed since it was approved; the tool is left out: run \`hugwire spaces enable ${tool}\` to look at it and approve it`;
  }
  const entry = [...entries, ...DEFAULT_LOCK].find((one) => isOf(pin, one));
  if (entry) return entry;
  return `${what} spaces.lock.json does not have it; the tool is left out: run \`hugwire spaces add ${space}${endpoint} --tool ${tool}\``;
}

/**
 * Whether a record is the one of a pin.
 * @param pin of the config
 * @param entry of the lock
 */
export function isOf(
  { space, endpoint, tool }: Pick<PinnedSpace, 'space' | 'endpoint' | 'tool'>,
  entry: LockEntry,
): boolean {
  if (entry.tool !== tool || (endpoint !== undefined && endpoint !== entry.endpoint)) return false;
  return entry.space.toLowerCase() === space.toLowerCase();
}
