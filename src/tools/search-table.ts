import type { RepoRow, SearchKind, SearchPage } from '../hub/search.js';
import { formatCount, formatDay } from '../text/format.js';
import { cleanLine } from '../text/sanitize.js';
import { renderTable } from '../text/table.js';

const count = (value: number | undefined) => (value === undefined ? '' : formatCount(value));

type Column = [heading: string, cell: (row: RepoRow) => string];

const ID: Column = ['id', (row) => [cleanLine(row.id, 120), ...marks(row)].join(' ')];
const TASK: Column = ['task', (row) => cleanLine(row.task, 40)];
const LIKES: Column = ['likes', (row) => count(row.likes)];
const DOWNLOADS: Column = ['downloads', (row) => count(row.downloads)];
const LICENCE: Column = ['licence', (row) => cleanLine(row.licence, 30)];
// A month says how fresh a repository is; the day costs three more tokens a row.
const UPDATED: Column = ['updated', (row) => formatDay(row.updated).slice(0, 7)];

const COLUMNS: Record<SearchKind, Column[]> = {
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
};

const NAMES: Record<SearchKind, [one: string, many: string]> = {
  model: ['model', 'models'],
  dataset: ['dataset', 'datasets'],
  space: ['Space', 'Spaces'],
};

/**
 * Renders the results of one kind: a heading, what was done other than asked, and a row for each result.
 * @param kind what was searched
 * @param page what was found
 */
export function renderPage(kind: SearchKind, page: SearchPage): string {
  const notes = page.notes.map((note) => cleanLine(note, 400));
  const [one, many] = NAMES[kind];
  if (page.rows.length === 0) return [...notes, `No ${many} found.`].join('\n');
  const heading = `${page.rows.length} ${page.rows.length === 1 ? one : many}, ${page.order}:`;
  return [...notes, heading, renderTable(COLUMNS[kind], page.rows)].join('\n');
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
