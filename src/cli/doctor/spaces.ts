import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError, toHugwireError } from '../../errors.js';
import { DEFAULT_LOCK } from '../../spaces/default-lock.js';
import { LOCK_FILE, type LockEntry, readLock } from '../../spaces/lock.js';
import { compareWithLive } from '../../spaces/pin.js';
import { describeStage, readinessOf } from '../../spaces/stages.js';
import { plural } from '../../text/format.js';
import { cleanLine } from '../../text/sanitize.js';
import { findEntry } from '../../tools/pinned.js';
import { type Finding, findingsOf } from './finding.js';
import { canAsk, type Patient } from './patient.js';

const REPIN = 'Run `hugwire spaces refresh` to look at what is new, and to agree to it.';

/** Whether the lock file can be read, is as hugwire wrote it, and has what the config pins. */
export async function checkLock({ configPath, config, loaded }: Patient): Promise<Finding> {
  const { ok, warning, problem, skipped } = findingsOf('lock', 'Pinned Spaces');
  const path = join(dirname(configPath), LOCK_FILE);
  const { entries, warnings } = readLock(path);
  if (warnings.length > 0) {
    const said = warnings.map((line) => line.replaceAll(path, LOCK_FILE)).join(' ');
    // An entry that a hand has changed still makes a tool; a file that cannot be read makes none.
    return entries.length > 0 ? warning(`${path}: ${said}`, REPIN) : problem(`${path}: ${said}`, REPIN);
  }
  if (loaded instanceof HugwireError) return skipped(`${plural(entries.length, 'record')}; which are used, the config says`);
  const pins = config.spaces.pinned.filter(({ enabled }) => enabled);
  const missing = pins.filter((pin) => !findEntry(pin, entries));
  if (missing.length > 0) {
    const names = missing.map(({ space, tool }) => `${space} (${tool})`).join(', ');
    return problem(`${path} has no record of ${names}`, 'Pin it again: `hugwire spaces add OWNER/SPACE`.');
  }
  const own = pins.every((pin) => DEFAULT_LOCK.some(({ tool }) => tool === pin.tool));
  return ok(`${plural(pins.length, 'tool')}${existsSync(path) ? ` by ${path}` : own ? ', as hugwire ships them' : ''}`);
}

/** Whether each pinned Space runs, and still takes what it took when it was pinned. Wakes none. */
export async function checkSpaces(patient: Patient): Promise<Finding[]> {
  const { config, configPath, loaded } = patient;
  if (loaded instanceof HugwireError || !(await canAsk(patient))) return [];
  const { entries } = readLock(join(dirname(configPath), LOCK_FILE));
  const pins = config.spaces.pinned.filter(({ enabled }) => enabled);
  return Promise.all(pins.map((pin) => checkSpace(pin, findEntry(pin, entries), patient)));
}

async function checkSpace(pin: PinnedSpace, entry: LockEntry | undefined, { spaces, signal }: Patient): Promise<Finding> {
  const { ok, warning, problem } = findingsOf(`space:${pin.tool}`, pin.tool);
  try {
    const site = await spaces.find(pin.space, { signal });
    const stage = `${site.id} ${describeStage(site)}`;
    const readiness = readinessOf(site);
    if (readiness === 'down') return problem(stage, `Switch it off: \`hugwire spaces disable ${pin.tool}\`.`);
    if (readiness !== 'up') return warning(stage, 'The first call wakes it, and takes some minutes.');
    if (!entry) return ok(stage);
    const differences = compareWithLive(entry, await spaces.open(pin.space, { signal }));
    if (differences.length === 0) return ok(`${stage}, as it was when it was pinned`);
    const gone = differences.some((line) => line.startsWith(`${entry.endpoint} is gone`));
    const what = `${stage}, but has changed since it was pinned: ${cleanLine(differences.join(' '), 300)}`;
    return gone ? problem(what, REPIN) : warning(what, REPIN);
  } catch (caught) {
    const { code, message, hint } = toHugwireError(caught);
    const passing = code === 'timeout' || code === 'cancelled' || code === 'rate_limited' || code === 'unavailable';
    const told = code === 'cancelled' ? `${pin.space} did not answer in time` : message;
    return passing ? warning(told, hint) : problem(told, hint ?? `\`hugwire spaces disable ${pin.tool}\` switches it off.`);
  }
}
