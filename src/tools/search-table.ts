import type { CollectionRow, FoundRows, RepoRow, SearchKind, SearchPage, SearchRow } from '../hub/search-types.js';
import { formatCount, formatDay, plural } from '../text/format.js';
import { cleanLine } from '../text/sanitize.js';
import { renderTable, type TableColumn } from '../text/table.js';

const count = (value: number | undefined) => (value === undefined ? '' : formatCount(value));

type Column = TableColumn<RepoRow>;

const ID: Column = ['id', (row) => [cleanLine(row.id, 120), ...marks(row)].join(' ')];
const TASK: Column = ['task', (row) => cleanLine(row.task, 40)];
const LIKES: Column = ['likes', (row) => count(row.likes)];
const DOWNLOADS: Column = ['downloads', (row) => count(row.downloads)];
const LICENCE: Column = ['licence', (row) => cleanLine(row.licence, 30)];
// A month says how fresh a repository is; the day costs three more tokens a row.
const UPDATED: Column = ['updated', (row) => formatDay(row.updated).slice(0, 7)];

const COLUMNS: { [Kind in SearchKind]: readonly TableColumn<FoundRows[Kind]>[] } = {
  model: [ID, TASK, ['size', (row) => count(row.parameters)], DOWNLOADS, LIKES, LICENCE, UPDATED],
  dataset: [
    ID,
    TASK,
    ['rows', (row) => cleanLine(row.size, 20).replace(/^n</, '<').replace('<n<', '–')],
    DOWNLOADS,
    LIKES,
    LICENCE,
    UPDATED,
  ],
  space: [
    ID,
    ['what it does', describeSpace],
    ['stage', (row) => cleanLine(row.stage, 30).toLowerCase()],
    ['hardware', (row) => cleanLine(row.hardware, 20)],
    LIKES,
  ],
  paper: [
    ['id', (row) => cleanLine(row.id, 60)],
    ['title', (row) => cleanLine(row.title, 120)],
    ['published', (row) => row.published ?? ''],
    ['upvotes', (row) => count(row.upvotes)],
  ],
  collection: [
    ['id', (row) => cleanLine(row.id, 200)],
    ['title', (row) => cleanLine(row.title, 80)],
    ['items', describeItems],
    ['upvotes', (row) => count(row.upvotes)],
    ['updated', (row) => (row.updated ?? '').slice(0, 7)],
  ],
  docs: [
    ['id', (row) => cleanLine(row.id, 200)],
    ['section', (row) => cleanLine(row.title, 100)],
    ['text', (row) => cleanLine(row.description, 120)],
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
export function renderPage(kind: SearchKind, page: SearchPage<SearchRow>): string {
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
export function nameKind(kind: SearchKind): string {
  return NAMES[kind][1];
}

function marks(row: RepoRow): string[] {
  return [row.gated && '[gated]', row.private && '[private]', row.disabled && '[disabled]', row.mcp && '[mcp]'].filter(
    (mark): mark is string => typeof mark === 'string',
  );
}

function describeSpace({ title, description, sdk }: RepoRow): string {
  const what = cleanLine(description ?? title, 80);
  return sdk && sdk !== 'gradio' ? `${what} (${cleanLine(sdk, 20)})`.trim() : what;
}

/** `3 models, 1 paper, …`: lists show the first items only. */
function describeItems({ kinds = {}, more }: CollectionRow): string {
  const counted = Object.entries(kinds).map(([kind, number]) => plural(number, cleanLine(kind, 20)));
  return [...counted, ...(more ? ['…'] : [])].join(', ');
}
