import * as z from 'zod';
import { SEARCHES } from '../hub/search/search.js';
import {
  type CollectionRow,
  type FoundRows,
  type RepoRow,
  SEARCH_KINDS,
  type SearchKind,
  type SearchPage,
  type SearchRow,
  SORTS,
} from '../hub/search/types.js';
import { explainError, HugwireError, toHugwireError } from '../lib/errors.js';
import { formatCount, formatDay, plural, renderTable, type TableColumn } from '../lib/format.js';
import { cleanLine, isIdentifier, showName, showSize, showWords } from '../lib/text.js';
import { failureResult } from './run.js';
import { type AnyTool, defineTool, type ToolContext } from './tool.js';

/** Names that models and other tools use for the arguments of hub_search, folded. */
const SEARCH_ALIASES: AnyTool['aliases'] = {
  names: {
    q: 'query',
    search: 'query',
    text: 'query',
    kind: 'kinds',
    type: 'kinds',
    types: 'kinds',
    repotype: 'kinds',
    repotypes: 'kinds',
    owner: 'author',
    organization: 'author',
    pipelinetag: 'task',
    libraryname: 'library',
    framework: 'library',
    sdk: 'library',
    product: 'library',
    filter: 'tags',
    filters: 'tags',
    // The search knows which of them is what.
    license: 'tags',
    licence: 'tags',
    language: 'tags',
    languages: 'tags',
    lang: 'tags',
    sortby: 'sort',
    max: 'limit',
    n: 'limit',
  },
  values: {
    // The Hub's API says lastModified, Python and the CLI say last_modified.
    sort: {
      lastmodified: 'updated',
      modified: 'updated',
      recent: 'updated',
      recentlyupdated: 'updated',
      createdat: 'created',
      newest: 'created',
      new: 'created',
      recentlycreated: 'created',
      trendingscore: 'trending',
      hot: 'trending',
      popular: 'downloads',
      mostdownloads: 'downloads',
      mostdownloaded: 'downloads',
      mostlikes: 'likes',
      mostliked: 'likes',
    },
    kinds: {
      models: 'model',
      datasets: 'dataset',
      spaces: 'space',
      papers: 'paper',
      collections: 'collection',
      doc: 'docs',
      documentation: 'docs',
    },
  },
};

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
  const steps = [id && isIdentifier(id) && `details: ${details}`, cursor && `more: cursor="${cursor}"`].filter(Boolean);
  if (steps.length > 0) return `Next: ${steps.join('; ')}`;
  return outcomes.some(({ error }) => error) ? '' : suggestLoosening(outcomes, input);
}

/** What to change in a search that found nothing: only what was asked for can be at fault. */
function suggestLoosening(outcomes: Outcome[], { query, author, task, library, tags }: Input): string {
  const filters = Object.entries({ author, task, library, tags: tags?.length });
  const given = filters.flatMap(([name, value]) => (value ? [name] : []));
  const byId = outcomes.some(({ kind }) => kind === 'model' || kind === 'dataset');
  const steps = [
    given.length > 0 && `check or leave out ${given.join(', ')}`,
    query?.trim() &&
      `try fewer or other words${byId ? '; for models and datasets the query must be part of the id' : ''}`,
  ].filter(Boolean);
  return steps.length > 0 ? `Next: ${steps.join('; ')}.` : '';
}

/** The call that tells more of a result. */
function detailsOf(kind: SearchKind, id: string): string {
  if (kind === 'space') return `space_info space="${id}"`;
  return kind === 'model' || kind === 'dataset' ? `hub_repo ids=["${kind}s/${id}"]` : `hub_read uris=["${id}"]`;
}

const count = (value: number | undefined) => (value === undefined ? '' : formatCount(value));

type Column = TableColumn<RepoRow>;

const ID: Column = ['id', (row) => [showName(row.id, 120), ...marks(row)].join(' ')];
const TASK: Column = ['task', (row) => showName(row.task, 40)];
const LIKES: Column = ['likes', (row) => count(row.likes)];
const DOWNLOADS: Column = ['downloads', (row) => count(row.downloads)];
const LICENCE: Column = ['licence', (row) => showName(row.licence, 30)];
// A month says how fresh a repository is; the day costs three more tokens a row.
const UPDATED: Column = ['updated', (row) => formatDay(row.updated).slice(0, 7)];

const COLUMNS: { [Kind in SearchKind]: readonly TableColumn<FoundRows[Kind]>[] } = {
  model: [ID, TASK, ['size', (row) => count(row.parameters)], DOWNLOADS, LIKES, LICENCE, UPDATED],
  dataset: [
    ID,
    TASK,
    ['rows', (row) => showSize(row.size).replace(/^n</, '<').replace('<n<', '–')],
    DOWNLOADS,
    LIKES,
    LICENCE,
    UPDATED,
  ],
  space: [
    ID,
    ['what it does', describeSpace],
    ['stage', (row) => showName(row.stage, 30).toLowerCase()],
    ['hardware', (row) => showName(row.hardware, 20)],
    LIKES,
  ],
  paper: [
    ['id', (row) => showName(row.id, 60)],
    ['title', (row) => `${showWords(row.title, 120)}${row.withdrawn ? ' [withdrawn]' : ''}`],
    ['published', (row) => formatDay(row.published)],
    ['upvotes', (row) => count(row.upvotes)],
  ],
  collection: [
    ['id', (row) => showName(row.id, 200)],
    ['title', (row) => showWords(row.title, 80)],
    ['items', describeItems],
    ['upvotes', (row) => count(row.upvotes)],
    ['updated', (row) => (row.updated ?? '').slice(0, 7)],
  ],
  docs: [
    ['id', (row) => showName(row.id, 200)],
    ['section', (row) => showWords(row.title, 100)],
    ['text', (row) => showWords(row.description, 120)],
  ],
};

const NAMES: Record<SearchKind, [one: string, many: string]> = {
  model: ['model', 'models'],
  dataset: ['dataset', 'datasets'],
  space: ['Space', 'Spaces'],
  paper: ['paper', 'papers'],
  collection: ['collection', 'collections'],
  docs: ['passage of the docs', 'passages of the docs'],
};

/**
 * Renders the results of one kind: a heading, what was done other than asked, and a row for each result.
 * @param kind what was searched
 * @param page what was found
 */
function renderPage(kind: SearchKind, page: SearchPage<SearchRow>): string {
  const notes = page.notes.map((note) => cleanLine(note, 400));
  const [one, many] = NAMES[kind];
  if (page.rows.length === 0) return [...notes, `No ${many} found.`].join('\n');
  const heading = `${page.rows.length} ${page.rows.length === 1 ? one : many}, ${page.order}:`;
  // The rows of a page are of the page's kind; the type system cannot follow a kind that is known at run time only.
  const columns = COLUMNS[kind] as readonly TableColumn<SearchRow>[];
  return [...notes, heading, renderTable(columns, page.rows)].join('\n');
}

/**
 * The name of a kind in a sentence, in the plural.
 * @param kind what was searched
 */
function nameKind(kind: SearchKind): string {
  return NAMES[kind][1];
}

function marks(row: RepoRow): string[] {
  return [row.gated && '[gated]', row.private && '[private]', row.disabled && '[disabled]', row.mcp && '[mcp]'].filter(
    (mark): mark is string => typeof mark === 'string',
  );
}

function describeSpace({ title, description, category, sdk }: RepoRow): string {
  // A description says more than its category.
  const what = showWords(description ?? [title, category].filter(Boolean).join(', '), 80);
  return sdk && sdk !== 'gradio' ? `${what} (${showName(sdk, 20)})`.trim() : what;
}

/** `3 models, 1 paper, …`: lists show the first items only. */
function describeItems({ kinds = {}, more }: CollectionRow): string {
  const counted = Object.entries(kinds).map(([kind, number]) => plural(number, showName(kind, 20)));
  return [...counted, ...(more ? ['…'] : [])].join(', ');
}

/** Nobody pages further; and each page is asked for from the start, so that a cursor never goes stale. */
const MAX_OFFSET = 450;

/**
 * Makes the cursor of a search: where each kind goes on, as short as can be, since it is read as tokens.
 * @param offsets results seen, by kind
 * @returns such as `mo10da20`; undefined when there is nothing more
 */
export function encodeCursor(offsets: Record<string, number>): string | undefined {
  const parts = Object.entries(offsets)
    .filter(([, offset]) => offset <= MAX_OFFSET)
    .map(([kind, offset]) => `${kind.slice(0, 2)}${offset}`);
  return parts.length > 0 ? parts.join('') : undefined;
}

/**
 * Reads a cursor back.
 * @param cursor as `encodeCursor` made it
 * @param kinds all that can be searched; no two begin with the same two letters
 * @throws HugwireError `invalid_arguments` for anything else
 */
export function decodeCursor<Kind extends string>(
  cursor: string,
  kinds: readonly Kind[],
): Partial<Record<Kind, number>> {
  const offsets: Partial<Record<Kind, number>> = {};
  const parts = cursor.match(/[a-z]{2}\d{1,3}/g) ?? [];
  for (const part of parts) {
    const kind = kinds.find((one) => one.startsWith(part.slice(0, 2)));
    const offset = Number(part.slice(2));
    if (!kind || kind in offsets || offset > MAX_OFFSET) throw foreignCursor();
    offsets[kind] = offset;
  }
  if (parts.length === 0 || parts.join('') !== cursor) throw foreignCursor();
  return offsets;
}

function foreignCursor(): HugwireError {
  return new HugwireError('invalid_arguments', 'Invalid cursor: it was not issued by hub_search.', {
    hint: 'Repeat the search without a cursor, or with the cursor exactly as the last answer gave it.',
  });
}
