import type { FoundNotes, Note, NoteQuery } from '../../sessions/memory/types.js';
import { plural } from '../../text/format.js';
import { readMoment } from '../../text/moment.js';
import { cleanLine } from '../../text/sanitize.js';
import type { CommandResult } from '../output.js';
import { localDay } from '../terminal/clock.js';
import { alignColumns } from '../terminal/columns.js';
import type { MemoryCommand } from './command.js';

const DEFAULT_LIMIT = 20;

export interface ShowOptions {
  tag?: string[];
  kind?: Note['kind'];
  since?: string;
  until?: string;
  /** How many at most. */
  limit?: number;
  json?: boolean;
}

/**
 * `hugwire memory list` and `hugwire memory search`.
 * @param words what to look for; none: the newest notes
 * @param options which notes, and how to print them
 * @throws HugwireError `invalid_arguments` for a time that is none
 */
export async function showNotes(words: string, options: ShowOptions, command: MemoryCommand): Promise<CommandResult> {
  const found = await command.memory.search({ words, ...readFilters(options), limit: options.limit ?? DEFAULT_LIMIT });
  const unreadable = await command.memory.unreadable();
  const note = unreadable > 0 ? `${plural(unreadable, 'line')} of ${command.memory.path} cannot be read.` : undefined;
  if (options.json) return { output: JSON.stringify(found, undefined, 2), note, exitCode: 0 };
  if (found.notes.length === 0) return { output: describeNothing(found, words), note, exitCode: 0 };
  const { bold, dim } = command.style;
  const rows = found.notes.map((one) => rowOf(one, command));
  const headings = ['id', 'date', 'kind', 'text'].map((heading) => bold(heading));
  const lines = alignColumns(command.width === undefined ? rows : [headings, ...rows], command.width);
  const summary = command.width === undefined ? [] : ['', dim(describeAmount(found, words))];
  return { output: [...lines, ...summary].join('\n'), note, exitCode: 0 };
}

/**
 * The filters of the command line as the memory takes them.
 * @param options as they were typed
 */
export function readFilters({ tag, kind, since, until }: ShowOptions): NoteQuery {
  return {
    tags: tag,
    kind,
    since: since === undefined ? undefined : readMoment(since, { edge: 'begin', zone: 'local' }),
    until: until === undefined ? undefined : readMoment(until, { edge: 'end', zone: 'local' }),
  };
}

function rowOf({ id, time, kind, role, tags, text }: Note, { style }: MemoryCommand): string[] {
  const tagged = tags.map((tag) => `#${cleanLine(tag, 60)}`).join(' ');
  const line = cleanLine(text.trimStart().split('\n', 1)[0], 300);
  return [
    style.cyan(cleanLine(id, 40)),
    time ? localDay(new Date(time)) : '-',
    role ? `${kind}, ${role}` : kind,
    tagged ? `${line}  ${style.dim(tagged)}` : line,
  ];
}

function describeAmount({ notes, matching, total }: FoundNotes, words: string): string {
  const some =
    notes.length < matching && matching < total
      ? `${notes.length} of ${matching} that match, of`
      : `${notes.length} of`;
  const more = notes.length < matching ? `  More: --limit ${matching}` : '';
  return `${some} ${plural(total, 'note')}, ${words ? 'best' : 'newest'} first.${more}`;
}

function describeNothing({ total }: FoundNotes, words: string): string {
  if (total === 0) return 'Nothing is remembered yet. Next: hugwire memory add "…"';
  return `None of ${plural(total, 'note')} matches${words ? ` "${cleanLine(words, 60)}"` : ''}.`;
}
