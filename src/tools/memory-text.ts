import { HugwireError } from '../errors.js';
import type { FoundNotes, Memory, Note } from '../sessions/memory/types.js';
import { plural } from '../text/format.js';
import { redact } from '../text/redact.js';
import { cleanLine, cleanText, cutText, fence } from '../text/sanitize.js';
import type { ToolContext } from './tool.js';

/** Of all notes of an answer together; what does not fit is cut. One note by itself always fits. */
const MAX_CHARS = 12_000;
const LEAST_CHARS = 300;

/**
 * The memory that a tool may use.
 * @throws HugwireError `disabled` where nothing is remembered
 */
export async function openMemory({ memory }: ToolContext): Promise<Memory> {
  if (!memory) throw new HugwireError('disabled', 'There is no memory here.');
  return memory();
}

export interface NotesPage {
  /** Notes before the first. */
  offset: number;
  /** Whether words were looked for. */
  byWords: boolean;
  /** Where the next page begins. */
  cursor?: string;
}

/**
 * Notes as an assistant reads them: how many there are, and the notes themselves as quoted text, since any program or person
 * may have put something there.
 * @param found by the search
 * @param page which part of it this is
 */
export function renderNotes({ notes, matching, total }: FoundNotes, { offset, byWords, cursor }: NotesPage): string {
  if (total === 0) return 'The memory is empty.';
  if (notes.length === 0) {
    const next = matching > 0 ? 'Those were all.' : 'Next: try fewer or other words, or leave filters out.';
    return `0 of ${plural(total, 'note')}. ${next}`;
  }
  const which = offset > 0 ? `${offset + 1} to ${offset + notes.length}` : String(notes.length);
  const some = notes.length < matching && matching < total ? `${which} of ${matching} that match, of` : `${which} of`;
  const heading = `${some} ${plural(total, 'note')}, ${byWords ? 'best' : 'newest'} first:`;
  return [heading, fence(renderEach(notes), 'memory'), cursor && `Next: more: cursor="${cursor}"`]
    .filter(Boolean)
    .join('\n');
}

function renderEach(notes: readonly Note[]): string {
  let left = MAX_CHARS;
  return notes
    .map((note) => {
      // A line written by hand has passed no check.
      const text = redact(cleanText(note.text));
      const shown = cutText(text, Math.max(LEAST_CHARS, left));
      left -= shown.length;
      const more = shown.length < text.length ? ` [${text.length} characters: memory_search query="${note.id}"]` : '';
      return `${describeNote(note)}\n${shown}${more}`;
    })
    .join('\n\n');
}

function describeNote({ id, time, kind, role, tags }: Note): string {
  const said = role ? `${kind} of ${role}` : kind;
  return [id, time.slice(0, 16), said, ...tags.map((tag) => `#${redact(cleanLine(tag, 60))}`)]
    .filter(Boolean)
    .join(' ');
}
