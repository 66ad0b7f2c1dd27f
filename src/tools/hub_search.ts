import * as z from 'zod';
import { type HugwireError, toHugwireError } from '../errors.js';
import { SEARCHES } from '../hub/search.js';
import { SEARCH_KINDS, type SearchKind, type SearchPage, type SearchRow, SORTS } from '../hub/search-types.js';
import { suggestTask } from '../hub/terms.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { explainError, failureResult } from './run.js';
import { SEARCH_ALIASES } from './search-aliases.js';
import { nameKind, renderPage } from './search-table.js';
import { defineTool, type ToolContext } from './tool.js';

const input = z.object({
  query: z
    .string()
    // No `max`: the tool list need not tell it.
    .refine((query) => query.length <= 1000, 'longer than 1000 characters')
    .optional()
    .describe('Part of the name; plain language for Spaces, papers, docs; a day for its papers'),
  kinds: z.array(z.enum(SEARCH_KINDS)).min(1).default(['model']),
  author: z.string().optional(),
  task: z.string().optional().describe('text-generation'),
  library: z.string().optional(),
  tags: z.array(z.string()).optional().describe('license:mit, language:fr'),
  sort: z.enum(SORTS).optional(),
  limit: z.int().min(1).max(50).default(10),
  cursor: z.string().optional().describe('Of the last answer'),
});

type Input = z.output<typeof input>;

/** What one kind gave: results, or why there are none. */
interface Outcome {
  kind: SearchKind;
  page?: SearchPage<SearchRow>;
  error?: HugwireError;
}

export const hubSearch = defineTool({
  name: 'hub_search',
  title: 'Search the Hub',
  toolset: 'search',
  effect: 'read',
  description:
    'Search models, datasets, Spaces (AI apps), papers, collections, docs on the Hugging Face Hub. Without query: what is trending.',
  input,
  aliases: SEARCH_ALIASES,
  async run(input, ctx) {
    const offsets = readOffsets(input);
    const outcomes = await Promise.all(offsets.map(([kind, offset]) => searchOne(kind, input, offset, ctx)));
    const [first] = outcomes;
    if (outcomes.length === 1 && first?.error) return failureResult(first.error);
    const cursor = nextCursor(outcomes, offsets);
    return {
      text: [...outcomes.map(renderOutcome), suggestNext(outcomes, cursor, input)].filter(Boolean).join('\n\n'),
      data: { results: Object.fromEntries(outcomes.map(toData)), cursor },
      isError: outcomes.every(({ error }) => error !== undefined),
    };
  },
});

/** Which kinds to search, and from where: a cursor says both. */
function readOffsets({ kinds, cursor }: Input): [SearchKind, number][] {
  if (!cursor) return [...new Set(kinds)].map((kind) => [kind, 0]);
  return Object.entries(decodeCursor(cursor, SEARCH_KINDS)) as [SearchKind, number][];
}

/** One kind's failure is told beside the others' results. */
async function searchOne(kind: SearchKind, input: Input, offset: number, { hub }: ToolContext): Promise<Outcome> {
  try {
    const query = input.query?.trim() || undefined;
    return { kind, page: await SEARCHES[kind](hub, { ...input, query, offset }) };
  } catch (error) {
    return { kind, error: toHugwireError(error) };
  }
}

function renderOutcome({ kind, page, error }: Outcome): string {
  if (page) return renderPage(kind, page);
  return `Searching ${nameKind(kind)} failed. ${error ? explainError(error) : ''}`;
}

function toData({ kind, page, error }: Outcome): [SearchKind, unknown] {
  return [kind, page ?? (error && failureResult(error).data)];
}

function nextCursor(outcomes: Outcome[], offsets: [SearchKind, number][]): string | undefined {
  const next = outcomes.flatMap(({ kind, page }, index) =>
    page?.more ? [[kind, (offsets[index]?.[1] ?? 0) + page.rows.length]] : [],
  );
  return encodeCursor(Object.fromEntries(next));
}

/** One line with the next useful call. */
function suggestNext(outcomes: Outcome[], cursor: string | undefined, input: Input): string {
  const found = outcomes.find(({ page }) => page && page.rows.length > 0);
  const id = found?.page?.rows[0]?.id;
  const details = found && detailsOf(found.kind, id ?? '');
  const steps = [id && `details: ${details}`, cursor && `more: cursor="${cursor}"`].filter(Boolean);
  if (steps.length > 0) return `Next: ${steps.join('; ')}`;
  return outcomes.some(({ error }) => error) ? '' : suggestLoosening(outcomes, input);
}

/** What to change in a search that found nothing: only what was asked for can be at fault. */
function suggestLoosening(outcomes: Outcome[], { query, author, task, library, tags }: Input): string {
  const meant = task && suggestTask(task);
  const filters = Object.entries({ author, task: meant ? undefined : task, library, tags: tags?.length });
  const given = filters.flatMap(([name, value]) => (value ? [name] : []));
  const byId = outcomes.some(({ kind }) => kind === 'model' || kind === 'dataset');
  const steps = [
    meant && `try task="${meant}"`,
    given.length > 0 && `check or leave out ${given.join(', ')}`,
    query?.trim() &&
      `try fewer or other words${byId ? '; for models and datasets the query must be part of the id' : ''}`,
  ].filter(Boolean);
  return steps.length > 0 ? `Next: ${steps.join('; ')}.` : '';
}

/** The call that tells more of a result. */
function detailsOf(kind: SearchKind, id: string): string {
  if (kind === 'space') return `space_info space="${id}"`;
  return kind === 'model' || kind === 'dataset' ? `hub_repo ids=["${id}"]` : `hub_read uris=["${id}"]`;
}
