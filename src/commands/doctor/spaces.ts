import { lockPath } from '../../config/paths.js';
import type { PinnedSpace } from '../../config/schema.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';
import { findApproved, isOn, type LockEntry, readLock } from '../../spaces/lock.js';
import { compareWithLive } from '../../spaces/pinned.js';
import { describeStage, readinessOf } from '../../spaces/stages.js';
import { BUILT_IN } from '../../tools/index.js';
import { pinnedTools } from '../../tools/pinned.js';
import { type CheckContext, canAskHub, type Finding, findingsOf } from './check.js';

const REPIN = '`hugwire spaces refresh` shows what has changed, and asks for your approval.';

/** Whether the lock file can be read, and has the approved record of every pin in the config. */
export async function checkLock({ configPath, config, loaded }: CheckContext): Promise<Finding[]> {
  const { ok, warning, problem, skipped } = findingsOf('lock', 'Pinned Spaces');
  const path = lockPath(configPath);
  const lock = readLock(path);
  if (lock.unusable) return [problem(lock.unusable, 'Move the file away and pin the Spaces again.')];
  const notes = lock.warnings.map((line) => warning(line, REPIN));
  if (loaded instanceof HugwireError) return [...notes, skipped(`${path}: not checked, since the config is invalid`)];
  const { tools, warnings } = pinnedTools(config.spaces.pinned, lock, BUILT_IN);
  const origin = lock.entries.length === 0 ? 'as shipped with hugwire' : `approved in ${path}`;
  const count = tools.length === 0 ? 'none' : `${plural(tools.length, 'tool')}, ${origin}`;
  return [...warnings.map((why) => problem(why)), ...notes, ...(warnings.length > 0 ? [] : [ok(count)])];
}

/** Whether each pinned Space runs, and still has the schema that was approved. Wakes none. */
export async function checkSpaces(context: CheckContext): Promise<Finding[]> {
  const { config, configPath, loaded } = context;
  if (loaded instanceof HugwireError || !(await canAskHub(context))) return [];
  const lock = readLock(lockPath(configPath));
  const pins = config.spaces.pinned.filter(isOn);
  return Promise.all(pins.map((pin) => checkSpace(pin, findApproved(pin, lock), context)));
}

async function checkSpace(
  pin: PinnedSpace,
  entry: LockEntry | string,
  { spaces, signal }: CheckContext,
): Promise<Finding> {
  const { ok, warning, problem } = findingsOf(`space:${pin.tool}`, pin.tool);
  try {
    const site = await spaces.find(pin.space, { signal });
    const stage = `${site.id} ${describeStage(site)}`;
    const readiness = readinessOf(site);
    if (readiness === 'down') return problem(stage, `Turn it off: \`hugwire spaces disable ${pin.tool}\`.`);
    if (readiness !== 'up') return warning(stage, 'The first call wakes it, which takes a few minutes.');
    if (typeof entry === 'string') return ok(stage);
    const differences = compareWithLive(entry, await spaces.open(pin.space, { signal }));
    if (differences.length === 0) return ok(`${stage}, unchanged since it was pinned`);
    const gone = differences.some((line) => line.startsWith(`${entry.endpoint} is gone`));
    const what = `${stage}, but has changed since it was pinned: ${cleanLine(differences.join(' '), 300)}`;
    return gone ? problem(what, REPIN) : warning(what, REPIN);
  } catch (caught) {
    const { code, message, hint } = toHugwireError(caught);
    const passing = code === 'timeout' || code === 'cancelled' || code === 'rate_limited' || code === 'unavailable';
    const told = code === 'cancelled' ? `${pin.space} did not answer in time` : message;
    return passing
      ? warning(told, hint)
      : problem(told, hint ?? `\`hugwire spaces disable ${pin.tool}\` turns it off.`);
  }
}
