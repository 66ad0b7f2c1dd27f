import { findSession } from '../../sessions/find.js';
import { describeSession, type EntryFilter, readEntries } from '../../sessions/reader.js';
import type { Entry } from '../../sessions/types.js';
import type { CommandResult } from '../output.js';
import type { SessionsPlace } from './place.js';
import { readSpan } from './span.js';
import { Timeline } from './timeline.js';

export interface ShowOptions {
  tool?: string;
  errors?: boolean;
  since?: string;
  until?: string;
  /** Words that an entry holds. */
  text?: string;
  json?: boolean;
}

/**
 * `hugwire sessions show`.
 * @param id which session
 * @param options which of its entries
 * @param place where the journals are
 * @throws HugwireError `not_found`, `invalid_arguments`
 */
export async function showCommand(id: string, options: ShowOptions, place: SessionsPlace): Promise<CommandResult> {
  const { directory } = place;
  const session = await describeSession(directory, await findSession(directory, id));
  const entries: Entry[] = [];
  for await (const entry of readEntries(session.path, readFilter(options, place.now))) entries.push(entry);
  if (options.json) return { output: JSON.stringify({ ...session, entries }, null, 2), exitCode: 0 };
  const timeline = new Timeline(place);
  const lines = gather(entries).flatMap((entry) => timeline.render(entry));
  const next = session.live ? `It is still running: hugwire sessions tail ${session.short}` : undefined;
  return { output: lines.length > 0 ? lines.join('\n') : describeNone(options), note: next, exitCode: 0 };
}

/** A journal may be empty, or of another version. */
function describeNone(options: ShowOptions): string {
  const filters = ['tool', 'errors', 'since', 'until', 'text'] as const;
  if (filters.some((name) => options[name] !== undefined)) return 'No entry fits.';
  return 'Nothing in it can be read by this hugwire.';
}

/**
 * The filter that options of the shell ask for.
 * @throws HugwireError `invalid_arguments` for a time that is none
 */
export function readFilter({ tool, errors, text, ...span }: ShowOptions, now: Date): EntryFilter {
  return { tool, failed: errors, text, ...readSpan(span, now) };
}

/** What belongs to a call comes right after it, though other calls ran at the same time. */
export function gather(entries: readonly Entry[]): Entry[] {
  const calls = new Map<string, Entry[]>();
  const above: Entry[] = [];
  for (const entry of entries) {
    const children = entry.parent === undefined ? undefined : calls.get(entry.parent);
    if (children) children.push(entry);
    else above.push(entry);
    if (entry.type === 'FunctionCall') calls.set(entry.id, []);
  }
  return above.flatMap((entry) => [entry, ...(calls.get(entry.id) ?? [])]);
}
