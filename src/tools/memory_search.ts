import * as z from 'zod';
import { HugwireError } from '../errors.js';
import { readMoment } from '../text/moment.js';
import { openMemory, renderNotes } from './memory-text.js';
import { defineTool } from './tool.js';

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
  throw new HugwireError('invalid_arguments', 'That cursor is none of memory_search.', {
    hint: 'Repeat the search without a cursor, or with the cursor exactly as the last answer gave it.',
  });
}
