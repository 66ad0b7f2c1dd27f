import { DEFAULT_LOCK } from '../../spaces/default-lock.js';
import { hashEntry, type LockEntry } from '../../spaces/lock.js';
import { compareWithLive, pinSpace, propertiesOf } from '../../spaces/pin.js';
import type { App, Endpoint } from '../../spaces/types.js';
import { cleanLine } from '../../text/sanitize.js';

/**
 * Records an endpoint anew for a tool that there is. Of what ships with hugwire, its own words stay.
 * @param app as it is now
 * @param endpoint of the app
 * @param tool its name
 * @param before what was approved, if anything was
 * @param now when
 */
export function recordAnew(
  app: App,
  endpoint: Endpoint,
  tool: string,
  before?: LockEntry,
  now = new Date(),
): LockEntry {
  const fresh = pinSpace(app, endpoint, tool, now);
  if (!before || !DEFAULT_LOCK.includes(before)) return fresh;
  const entry = { ...fresh, title: before.title, description: before.description };
  return { ...entry, hash: hashEntry(entry) };
}

/**
 * What is other than it was when it was approved: what a call would meet first, then the texts that an assistant reads.
 * @param before what was approved
 * @param fresh what would be
 * @param app as it is now
 * @returns a line each; none when an assistant would see the same
 */
export function describeChanges(before: LockEntry, fresh: LockEntry, app: App): string[] {
  const calls = compareWithLive(before, app);
  // What ships has words of its own, which say nothing of whether the Space has changed.
  if (DEFAULT_LOCK.includes(before)) return calls;
  if (hashEntry(before) === fresh.hash) return calls;
  const texts = [
    tell('title', before.title, fresh.title),
    tell('description', before.description, fresh.description),
    ...describeTexts(before, fresh),
  ].filter((line) => line !== undefined);
  const all = [...calls, ...texts];
  return all.length > 0 ? all : ['Details of its schema.'];
}

function describeTexts(before: LockEntry, fresh: LockEntry): (string | undefined)[] {
  const now = propertiesOf(fresh.schema);
  return Object.entries(propertiesOf(before.schema)).map(([name, schema]) =>
    Object.hasOwn(now, name)
      ? tell(`text of "${cleanLine(name, 64)}"`, schema.description, now[name]?.description)
      : undefined,
  );
}

function tell(what: string, before: unknown, now: unknown): string | undefined {
  const [old, fresh] = [cleanLine(before, 300), cleanLine(now, 300)];
  if (old === fresh) return undefined;
  return `${what}: ${old ? `“${old}”` : 'none'} → ${fresh ? `“${fresh}”` : 'none'}`;
}
