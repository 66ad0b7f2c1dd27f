import { applyProfile } from '../../config/profile.js';
import type { Config } from '../../config/schema.js';
import { HugwireError } from '../../errors.js';
import { findUnknownLimits, selectTools } from '../../tools/select.js';
import { listInventory } from '../tools/inventory.js';

/**
 * Refuses a change that names a tool or toolset which is not there: it would be written, and do nothing. What was named
 * before may stay, since the Space that it was of may come back.
 * @param path of the config file; the record of pinned Spaces lies beside it
 * @param config what would be in force
 * @param before what is in force; unset where it is not known
 * @throws HugwireError `invalid_arguments` with the nearest name
 */
export function refuseUnknownNames(path: string, config: Config, before?: Config): void {
  const known = before ? findUnknownNames(path, before) : [];
  const fresh = findUnknownNames(path, config).filter((line) => !known.includes(line));
  if (fresh.length === 0) return;
  throw new HugwireError('invalid_arguments', `${[...new Set(fresh)].join('; ')}.`, { hint: 'Nothing was changed.' });
}

/** A line for each, in the file itself and in each of its profiles. */
function findUnknownNames(path: string, config: Config): string[] {
  return [undefined, ...Object.keys(config.profiles)].flatMap((name) => {
    const inForce = applyProfile(config, name);
    const tools = listInventory({ config: inForce, path }).map(({ tool }) => tool);
    return [...selectTools(tools, inForce.tools).warnings, ...findUnknownLimits(tools, inForce.limits)];
  });
}
