import * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { plural } from '../lib/format.js';
import { cleanLine, cleanText, cutText, fence, redact } from '../lib/text.js';
import { readMoment } from '../lib/time.js';
import type { FileMemory } from '../sessions/memory/memory.js';
import type { FoundNotes, Note } from '../sessions/memory/notes.js';
import { defineTool, type ToolContext } from './tool.js';

const input = z.object({
  query: z.string().optional().describe('Words, or the id of a note'),
  tags: z.array(z.string()).optional(),
  kind: z.enum(['note', 'summary', 'preference', 'message']).optional(),
  since: z.string().optional().describe('2026-11-20, or 7d ago'),
  until: z.string().optional(),
  limit: z.int().min(1).max(50).default(10),
  cursor: z.string().optional().describe('Of the last answer'),
});

export const memorySearch = defineTool({
  name: 'memory_search',
  title: 'Recall',
  toolset: 'memory',
  effect: 'read',
  hints: { openWorldHint: false },
  description: 'Search the notes that memory_save kept, best match first. Without query: the newest.',
  input,
  aliases: {
    names: {
      q: 'query',
      words: 'query',
      text: 'query',
      id: 'query',
      tag: 'tags',
      type: 'kind',
      from: 'since',
      to: 'until',
    },
  },
  async run({ query, tags, kind, since, until, limit, cursor }, ctx) {
    const offset = readCursor(cursor);
    const memory = await openMemory(ctx);
    const found = await memory.search({
      words: query,
      tags,
      kind,
      since: since === undefined ? undefined : readMoment(since, { edge: 'begin', zone: 'UTC' }),
      until: until === undefined ? undefined : readMoment(until, { edge: 'end', zone: 'UTC' }),
      offset,
      limit,
    });
    const end = offset + found.notes.length;
    const next = end < found.matching ? `o${end}` : undefined;
    return {
      text: renderNotes(found, { offset, byWords: Boolean(query?.trim()), cursor: next }),
      data: { ...found, cursor: next },
    };
  },
});

function readCursor(cursor: string | undefined): number {
  const offset = cursor === undefined ? 0 : Number(cursor.match(/^o(\d{1,6})$/)?.[1]);
  if (!Number.isNaN(offset)) return offset;
  throw new HugwireError('invalid_arguments', 'Invalid cursor: it was not issued by memory_search.', {
    hint: 'Repeat the search without a cursor, or with the cursor exactly as the last answer gave it.',
  });
}

/** Of all notes of an answer together; what does not fit is cut. One note by itself always fits. */
const MAX_CHARS = 12_000;
const LEAST_CHARS = 300;

/**
 * The memory that a tool may use.
 * @throws HugwireError `disabled` where nothing is remembered
 */
export async function openMemory({ memory }: ToolContext): Promise<FileMemory> {
  if (!memory) throw new HugwireError('disabled', 'Memory is not available here.');
  return memory();
}

interface NotesPage {
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
function renderNotes({ notes, matching, total }: FoundNotes, { offset, byWords, cursor }: NotesPage): string {
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
