import type { DatasetSplit, DatasetStructure } from '../hub/datasets.js';
import type { DatasetColumn } from '../hub/features.js';
import type { DatasetRows } from '../hub/rows.js';
import { formatBytes, plural } from '../text/format.js';
import { cleanLine, fence } from '../text/sanitize.js';
import { renderTable, type TableColumn } from '../text/table.js';
import { fitCells, showCell } from './dataset-cells.js';

/** Characters of cells in one answer: about 4,000 tokens. */
const CELLS_BUDGET = 14_000;
/** With many rows the least length of a cell adds up; then rows are left out. */
const MAX_TABLE = 30_000;
const MAX_COLUMNS = 40;
const MAX_SPLITS = 40;
const PARTIAL = 'The viewer has only the first 5 GB of this data; counts and matches cover no more.';

/**
 * Configs, splits and columns of a dataset, and the call that reads rows.
 * @param structure what the dataset consists of
 * @param question what the caller left open, if rows were wanted
 */
export function renderStructure(structure: DatasetStructure, question?: string): string {
  const { dataset, splits, columns, partial, notes } = structure;
  const configs = new Set(splits.map(({ config }) => config));
  const rows = sum(splits.map((split) => split.rows));
  const bytes = sum(splits.map((split) => split.bytes));
  const facts = [
    plural(configs.size, 'config'),
    plural(splits.length, 'split'),
    rows !== undefined && `${exact(rows)} rows`,
    bytes !== undefined && `${formatBytes(bytes)} of Parquet`,
  ];
  const shown = splits.slice(0, MAX_SPLITS);
  const left = [...configs].filter((config) => !shown.some((split) => split.config === config));
  const first = splits[0];
  return [
    question,
    `${dataset}: ${facts.filter(Boolean).join(', ')}`,
    shown.length > 0 && renderTable(SPLIT_COLUMNS, shown),
    splits.length > shown.length &&
      `${splits.length - shown.length} more splits${left.length > 0 ? `; more configs: ${nameList(left)}` : ''}`,
    columns && describeColumns(columns, configs.size > 1),
    partial && PARTIAL,
    ...new Set(notes),
    first && `Rows: dataset_rows dataset=${dataset} config=${cleanLine(first.config)} split=${cleanLine(first.split)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

const SPLIT_COLUMNS: readonly TableColumn<DatasetSplit>[] = [
  ['config', ({ config }) => cleanLine(config, 80)],
  ['split', ({ split }) => cleanLine(split, 80)],
  ['rows', ({ rows }) => (rows === undefined ? '' : exact(rows))],
  ['columns', ({ columns }) => String(columns ?? '')],
  ['size', ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes))],
];

function describeColumns({ config, columns }: { config: string; columns: DatasetColumn[] }, several: boolean): string {
  const shown = columns.slice(0, MAX_COLUMNS).map(({ name, type }) => `${cleanLine(name, 80)}: ${type}`);
  const more = columns.length > shown.length ? `; ${columns.length - shown.length} more` : '';
  return `Columns${several ? ` of ${cleanLine(config, 80)}` : ''}: ${shown.join('; ')}${more}`;
}

/**
 * Rows as a table of tab-separated values, each with its index in front; what was shortened is counted.
 * @param result what was read
 * @param wanted how many rows were asked for, and how they were chosen
 */
export function renderRows(result: DatasetRows, wanted: { limit: number; query?: string; filtered: boolean }): string {
  const columns = result.columns.slice(0, MAX_COLUMNS);
  const fitted = fitCells(
    result.rows.map(({ cells }) => columns.map((column) => showCell(cells[column.name], column))),
    CELLS_BUDGET,
  );
  const lines = fitted.rows.map((cells, index) => [String(result.rows[index]?.index), ...cells].join('\t'));
  const kept = fittingLines(lines);
  const head = ['row', ...columns.map(({ name }) => cleanLine(name, 80))].join('\t');
  const label = `rows of ${result.dataset}`;
  return [
    `${result.dataset} ${cleanLine(result.config, 80)}/${cleanLine(result.split, 80)}: ${describeRange(result, kept, wanted)}`,
    kept > 0 && fence([head, ...lines.slice(0, kept)].join('\n'), label),
    describeCuts(result, fitted.cut, columns.length),
    result.partial && PARTIAL,
    ...new Set(result.notes),
    describeMore(result, kept, wanted.limit),
  ]
    .filter(Boolean)
    .join('\n');
}

function fittingLines(lines: readonly string[]): number {
  let length = 0;
  const over = lines.findIndex((line) => {
    length += line.length + 1;
    return length > MAX_TABLE;
  });
  // The first row is shown whatever its size.
  return over === -1 ? lines.length : Math.max(1, over);
}

function describeRange(
  { offset, total }: DatasetRows,
  kept: number,
  { query, filtered }: { query?: string; filtered: boolean },
): string {
  const what = query === undefined ? (filtered ? ' that match' : '') : ` that match "${cleanLine(query, 80)}"`;
  const all = total === undefined ? '' : `${exact(total)} `;
  if (kept === 0) return total ? `${all}rows${what}; none from offset ${offset} on` : `no rows${what}`;
  if (kept === 1) return `row ${offset}${total === undefined ? '' : ` of ${exact(total)}`}${what}`;
  return `${offset}–${offset + kept - 1} of ${all || '? '}rows${what}`;
}

function describeCuts({ columns, rows }: DatasetRows, cut: number, shown: number): string | undefined {
  const byViewer = rows.reduce((sum, { truncated }) => sum + truncated.length, 0);
  const left = columns.slice(shown).map(({ name }) => name);
  const parts = [
    cut > 0 && `${plural(cut, 'long cell')} shortened (…); fewer rows at once show more of each`,
    byViewer > 0 && `${plural(byViewer, 'cell')} cut by the viewer`,
    left.length > 0 && `${plural(left.length, 'column')} left out: ${nameList(left)}`,
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join('. ')}.` : undefined;
}

function describeMore({ offset, total, rows }: DatasetRows, kept: number, limit: number): string | undefined {
  const next = offset + kept;
  const more = kept < rows.length || (total === undefined ? rows.length === limit : next < total);
  return kept > 0 && more ? `More: offset=${next}` : undefined;
}

function nameList(names: readonly string[], most = 60): string {
  const shown = names.slice(0, most).map((name) => cleanLine(name, 60));
  return `${shown.join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`;
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? known.reduce((total, value) => total + value, 0) : undefined;
}

function exact(value: number): string {
  return value.toLocaleString('en-GB');
}
