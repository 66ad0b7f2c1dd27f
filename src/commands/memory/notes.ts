import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine } from '../../lib/text.js';
import { localDay, readMoment } from '../../lib/time.js';
import type { FileMemory } from '../../sessions/memory/memory.js';
import type { FoundNotes, Note, NoteChange, NoteQuery, Saved } from '../../sessions/memory/notes.js';
import { confirm, type Prompts } from '../prompts.js';
import { alignColumns, type CommandResult, type View } from '../terminal.js';

export interface ChangeOptions {
  text?: string;
  tag?: string[];
  kind?: Note['kind'];
}

/** What every `hugwire memory` command works with. */
export interface MemoryContext extends View {
  memory: FileMemory;
  /** Missing where nobody can be asked. */
  prompts?: Prompts;
}

/**
 * `hugwire memory add`.
 * @param text of the note
 * @param options its tags and kind
 */
export async function addNote(text: string, options: ChangeOptions, { memory }: MemoryContext): Promise<CommandResult> {
  const [saved] = (await memory.save([{ text, tags: options.tag, kind: options.kind }])) as [Saved];
  return report(saved, saved.outcome === 'new' ? 'Added' : 'Already known; updated');
}

/**
 * `hugwire memory edit`: changes what the options say, or else opens an editor.
 * @param id of the note, or the start of it
 * @param options what is to change
 * @param openEditor takes the text and gives the new one; missing where there is no terminal
 * @throws HugwireError `invalid_arguments` when there is nothing to change and no editor
 */
export async function editNote(
  id: string,
  options: ChangeOptions,
  { memory }: MemoryContext,
  openEditor?: (text: string) => Promise<string>,
): Promise<CommandResult> {
  const note = await memory.find(id);
  const { text, tag, kind } = options;
  const change: NoteChange = { text, tags: tag, kind };
  if (text === undefined && tag === undefined && kind === undefined) {
    if (!openEditor) {
      throw new HugwireError('invalid_arguments', 'Nothing to change was given.', {
        hint: 'Add --text, --tag or --kind.',
      });
    }
    change.text = await openEditor(note.text);
    if (change.text.trim() === note.text.trim()) {
      return { text: `Nothing changed in ${note.id}.`, data: { note, outcome: 'unchanged' }, exitCode: 0 };
    }
  }
  return report(await memory.edit(note.id, change), 'Changed');
}

/**
 * `hugwire memory remove`: asks first, unless told not to.
 * @param ids of notes, or the start of each
 * @param options whether to remove all, and whether to ask
 * @throws HugwireError `invalid_arguments` when nobody can be asked; `cancelled` at Ctrl-C
 */
export async function removeNotes(
  ids: readonly string[],
  options: { all?: boolean; yes?: boolean },
  { memory, prompts }: MemoryContext,
): Promise<CommandResult> {
  const all = options.all === true;
  if (all === ids.length > 0) {
    throw new HugwireError('invalid_arguments', all ? 'Give ids or --all, not both.' : 'Which notes?', {
      hint: '`hugwire memory remove ID…`, or `--all`. `hugwire memory list` shows the ids.',
    });
  }
  const notes = all
    ? (await memory.search({ limit: Number.MAX_SAFE_INTEGER })).notes
    : await Promise.all(ids.map((id) => memory.find(id)));
  const removed = notes.length > 0 && (await agrees(notes, options.yes, prompts));
  const count = removed ? await memory.remove(notes.map(({ id }) => id)) : 0;
  const text = count > 0 ? `Removed ${plural(count, 'note')}.` : 'Nothing was removed.';
  return { text, data: { removed: count }, exitCode: 0 };
}

function agrees(notes: readonly Note[], yes: boolean | undefined, prompts: MemoryContext['prompts']): Promise<boolean> {
  const [first] = notes;
  const what = notes.length === 1 && first ? `"${cleanLine(first.text, 50)}"` : plural(notes.length, 'note');
  const unasked = {
    message: `Removing ${plural(notes.length, 'note')} needs your approval, and nobody can be asked here.`,
    hint: 'Add --yes to agree.',
  };
  return confirm(`Remove ${what}?`, { yes, prompts, initial: false, unasked });
}

function report({ note, outcome, redacted }: Saved, verb: string): CommandResult {
  return {
    text: `${verb} ${note.id}.`,
    data: { note, outcome, redacted },
    note: redacted ? 'what looked like a secret was removed first' : undefined,
    exitCode: 0,
  };
}

const DEFAULT_LIMIT = 20;

export interface ShowNotesOptions {
  tag?: string[];
  kind?: Note['kind'];
  since?: string;
  until?: string;
  /** How many at most. */
  limit?: number;
}

/**
 * `hugwire memory list` and `hugwire memory search`.
 * @param words what to look for; none: the newest notes
 * @param options which notes, and how to print them
 * @throws HugwireError `invalid_arguments` for an invalid time
 */
export async function showNotes(
  words: string,
  options: ShowNotesOptions,
  context: MemoryContext,
): Promise<CommandResult> {
  const found = await context.memory.search({ words, ...readFilters(options), limit: options.limit ?? DEFAULT_LIMIT });
  const unreadable = await context.memory.unreadable();
  const note = unreadable > 0 ? `${plural(unreadable, 'line')} of ${context.memory.path} cannot be read` : undefined;
  if (found.notes.length === 0) return { text: describeNothing(found, words), data: found, note, exitCode: 0 };
  const { bold, dim } = context.style;
  const rows = found.notes.map((one) => rowOf(one, context));
  const headings = ['id', 'date', 'kind', 'text'].map((heading) => bold(heading));
  const lines = alignColumns(context.width === undefined ? rows : [headings, ...rows], context.width);
  const summary = context.width === undefined ? [] : ['', dim(describeAmount(found, words))];
  return { text: [...lines, ...summary].join('\n'), data: found, note, exitCode: 0 };
}

/**
 * The filters of the command line as the memory takes them.
 * @param options as typed
 */
export function readFilters({ tag, kind, since, until }: ShowNotesOptions): NoteQuery {
  return {
    tags: tag,
    kind,
    since: since === undefined ? undefined : readMoment(since, { edge: 'begin', zone: 'local' }),
    until: until === undefined ? undefined : readMoment(until, { edge: 'end', zone: 'local' }),
  };
}

function rowOf({ id, time, kind, role, tags, text }: Note, { style }: MemoryContext): string[] {
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
  if (total === 0) return 'There are no notes yet. Add one: hugwire memory add "…"';
  return `None of ${plural(total, 'note')} matches${words ? ` "${cleanLine(words, 60)}"` : ''}.`;
}
