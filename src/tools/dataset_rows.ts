import * as z from 'zod';
import { parseRepo } from '../hub/reference.js';
import {
  chooseSplit,
  type DatasetColumn,
  type DatasetSplit,
  type DatasetStructure,
  describeStructure,
  listSplits,
  type SplitChoice,
} from '../hub/viewer/datasets.js';
import { type DatasetRows, fetchRows } from '../hub/viewer/rows.js';
import { type ServedDataset, withDataset } from '../hub/viewer/viewer.js';
import { HugwireError } from '../lib/errors.js';
import { formatBytes, plural, renderTable, type TableColumn } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { cleanLine, cleanText, cutText, fence, showName } from '../lib/text.js';
import { defineTool, type ToolContext, type ToolResult } from './tool.js';

const input = z.object({
  dataset: z.string().describe('owner/name'),
  config: z.string().optional(),
  split: z.string().optional(),
  offset: z.int().min(0).default(0),
  limit: z.int().min(1).max(100).default(5),
  query: z.string().optional().describe('Full text'),
  where: z.string().optional().describe(`"age">30 AND "name"='Ann'`),
  order_by: z.string().optional().describe('age DESC'),
});

type Input = z.output<typeof input>;

export const datasetRows = defineTool({
  name: 'dataset_rows',
  title: 'Read dataset rows',
  toolset: 'read',
  effect: 'read',
  description:
    'Read, search or filter rows of a Hub dataset. Without a clear config and split: its configs, splits, columns, sizes.',
  input,
  aliases: {
    names: {
      id: 'dataset',
      repo: 'dataset',
      repoid: 'dataset',
      datasetid: 'dataset',
      name: 'config',
      subset: 'config',
      configname: 'config',
      length: 'limit',
      n: 'limit',
      rows: 'limit',
      numrows: 'limit',
      start: 'offset',
      skip: 'offset',
      q: 'query',
      search: 'query',
      filter: 'where',
      condition: 'where',
      sort: 'order_by',
      sortby: 'order_by',
    },
  },
  run,
});

async function run(given: Input, { hub }: ToolContext): Promise<ToolResult> {
  const wanted = readInput(given);
  const id = readDatasetId(wanted.dataset, hub.endpoint);
  return withDataset(hub, id, async (dataset) => {
    if (wanted.config !== undefined && wanted.split !== undefined) {
      try {
        return await answerRows(hub, dataset, { config: wanted.config, split: wanted.split }, wanted);
      } catch (error) {
        if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
        // Either the names are wrong, and this says so, or the viewer's own words stand.
        chooseSplit(await listSplits(hub, dataset), wanted);
        throw error;
      }
    }
    const splits = await listSplits(hub, dataset);
    const choice = chooseSplit(splits, wanted);
    if (choice) return answerRows(hub, dataset, choice, wanted);
    const structure = await describeStructure(hub, dataset, splits, wanted.config);
    return { text: renderStructure(structure, openQuestion(wanted)), data: structure };
  });
}

/** Empty texts are what some models send for "none". */
function readInput(given: Input): Input {
  const wanted = { ...given };
  for (const key of ['config', 'split', 'query', 'where', 'order_by'] as const) {
    wanted[key] = given[key]?.trim() || undefined;
  }
  if (wanted.query !== undefined && (wanted.where !== undefined || wanted.order_by !== undefined)) {
    throw new HugwireError('invalid_arguments', 'query cannot be combined with where or order_by.', {
      hint: 'The viewer searches or filters. Leave one out.',
    });
  }
  return wanted;
}

function readDatasetId(text: string, endpoint: string): string {
  const { kind, id } = parseRepo(text, endpoint);
  if (kind === undefined || kind === 'dataset' || !/^(?:https?|hf):/i.test(text.trim())) return id;
  throw new HugwireError('invalid_arguments', `${id} is a ${kind} there, not a dataset.`, {
    hint: 'hub_repo describes it.',
  });
}

async function answerRows(
  hub: ToolContext['hub'],
  dataset: ServedDataset,
  choice: SplitChoice,
  { offset, limit, query, where, order_by: orderBy }: Input,
): Promise<ToolResult> {
  const result = await fetchRows(hub, dataset, { ...choice, offset, limit, query, where, orderBy });
  return { text: renderRows(result, { limit, query, filtered: where !== undefined }), data: result };
}

/** Said when rows were clearly wanted, but not of which split. */
function openQuestion({ config, split, query, where, order_by, offset }: Input): string | undefined {
  const rowsWanted = query ?? where ?? order_by ?? (offset > 0 ? offset : undefined);
  if (rowsWanted === undefined && config === undefined && split === undefined) return undefined;
  const missing = config === undefined ? (split === undefined ? 'config and split' : 'config') : 'split';
  return `Which ${missing}? Call again with one of these.`;
}

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
function renderStructure(structure: DatasetStructure, question?: string): string {
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
    first && `Rows: dataset_rows dataset=${dataset} config=${showName(first.config)} split=${showName(first.split)}`,
  ]
    .filter(Boolean)
    .join('\n');
}

const SPLIT_COLUMNS: readonly TableColumn<DatasetSplit>[] = [
  ['config', ({ config }) => showName(config, 80)],
  ['split', ({ split }) => showName(split, 80)],
  ['rows', ({ rows }) => (rows === undefined ? '' : exact(rows))],
  ['columns', ({ columns }) => String(columns ?? '')],
  ['size', ({ bytes }) => (bytes === undefined ? '' : formatBytes(bytes))],
];

function describeColumns({ config, columns }: { config: string; columns: DatasetColumn[] }, several: boolean): string {
  const shown = columns.slice(0, MAX_COLUMNS).map(({ name, type }) => `${showName(name, 80)}: ${type}`);
  const more = columns.length > shown.length ? `; ${columns.length - shown.length} more` : '';
  return `Columns${several ? ` of ${showName(config, 80)}` : ''}: ${shown.join('; ')}${more}`;
}

/**
 * Rows as a table of tab-separated values, each with its index in front; what was shortened is counted.
 * @param result what was read
 * @param wanted how many rows were asked for, and how they were chosen
 */
function renderRows(result: DatasetRows, wanted: { limit: number; query?: string; filtered: boolean }): string {
  const columns = result.columns.slice(0, MAX_COLUMNS);
  const fitted = fitCells(
    result.rows.map(({ cells }) => columns.map((column) => showCell(cells[column.name], column))),
    CELLS_BUDGET,
  );
  const lines = fitted.rows.map((cells, index) => [String(result.rows[index]?.index), ...cells].join('\t'));
  const kept = fittingLines(lines);
  const head = ['row', ...columns.map(({ name }) => showName(name, 80))].join('\t');
  const label = `rows of ${result.dataset}`;
  return [
    `${result.dataset} ${showName(result.config, 80)}/${showName(result.split, 80)}: ${describeRange(result, kept, wanted)}`,
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

/** One cell, ready to show. */
interface Cell {
  text: string;
  /** A URL is of no use when it is cut. */
  whole: boolean;
}

/** No cell is worth more than this, however few there are. */
const MAX_CELL = 6000;
/** A cell cut shorter than this tells nothing. */
const MIN_CELL = 40;

/**
 * A value of a dataset on one line, safe to show: line breaks and tabs are written as `\n` and `\t`.
 * @param value any JSON value, as the viewer gives it
 * @param column tells the names of class labels
 */
function showCell(value: unknown, column: DatasetColumn): Cell {
  const media = showMedia(value);
  if (media) return { text: clean(media), whole: true };
  if (typeof value === 'string') return { text: clean(value), whole: false };
  const label = typeof value === 'number' ? column.labels?.[value] : undefined;
  // Some datasets name their classes by their numbers.
  const named = label !== undefined && label !== String(value);
  return { text: named ? `${value} ${label}` : clean(JSON.stringify(value) ?? ''), whole: false };
}

/** `image 28×28 https://…`: the viewer gives media as an object with a signed URL, audio as a list of them. */
function showMedia(value: unknown): string | undefined {
  const media = Array.isArray(value) ? value[0] : value;
  if (!isObject(media) || typeof media.src !== 'string' || !/^https?:\/\//.test(media.src)) return undefined;
  const type = typeof media.type === 'string' ? `${media.type} ` : '';
  const size =
    typeof media.width === 'number' && typeof media.height === 'number' ? `${media.width}×${media.height} ` : '';
  return `${type}${size}${media.src.replace(/\s/g, '%20')}`;
}

function clean(text: string): string {
  return cleanText(text, MAX_CELL * 2)
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t');
}

/**
 * Cuts long cells so that all together fit; short ones keep what they have.
 * @param rows of cells
 * @param budget characters for all of them
 * @returns the same rows as texts, and how many cells were cut
 */
function fitCells(rows: readonly (readonly Cell[])[], budget: number): { rows: string[][]; cut: number } {
  const lengths = rows.flat().flatMap(({ text, whole }) => (whole ? [] : [text.length]));
  const limit = fairLimit(lengths, budget);
  let cut = 0;
  const fitted = rows.map((row) =>
    row.map(({ text, whole }) => {
      if (whole || text.length <= limit) return text;
      cut += 1;
      return cutText(text, limit);
    }),
  );
  return { rows: fitted, cut };
}

/** The greatest length that, as a limit for each, keeps the sum within the budget. */
function fairLimit(lengths: readonly number[], budget: number): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  let left = budget;
  for (const [index, length] of sorted.entries()) {
    const share = left / (sorted.length - index);
    if (length > share) return Math.min(MAX_CELL, Math.max(MIN_CELL, Math.floor(share)));
    left -= length;
  }
  return MAX_CELL;
}
