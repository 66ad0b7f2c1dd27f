import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine } from '../../lib/text.js';
import { count, record, records } from '../fields.js';
import type { HubClient, QueryValue } from '../types.js';
import { type DatasetColumn, fetchColumns, readColumns, type SplitChoice } from './datasets.js';
import { askViewer, type ServedDataset } from './viewer.js';

/** Rows that are wanted; at most one of `query` and `where`. */
interface RowQuery extends SplitChoice {
  offset: number;
  /** At most 100. */
  limit: number;
  /** Full text. */
  query?: string;
  /** A condition in the viewer's filter language. */
  where?: string;
  orderBy?: string;
}

interface DatasetRow {
  /** Its place in the split. */
  index: number;
  cells: Record<string, unknown>;
  /** Columns whose value the viewer itself cut off. */
  truncated: string[];
}

export interface DatasetRows extends SplitChoice {
  dataset: string;
  columns: DatasetColumn[];
  rows: DatasetRow[];
  offset: number;
  /** All rows of the split, or all that match. */
  total?: number;
  /** Whether only the first 5 GB were looked through. */
  partial: boolean;
  notes: string[];
}

/** The largest answer of `/first-rows`, the one endpoint that needs no index. */
const FIRST_ROWS = 100;
/** By what the number of rows is divided when they were too large for one answer. */
const FEWER = 8;

/**
 * Reads, searches or filters the rows of a split.
 * @param hub the Hub
 * @param dataset its id and notes
 * @param wanted which rows
 * @throws HugwireError; for a refused filter with a hint that names the mistake
 */
export async function fetchRows(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  if (wanted.query !== undefined) return ask(hub, dataset, wanted, '/search', { query: wanted.query });
  if (wanted.where === undefined && wanted.orderBy === undefined) return readRows(hub, dataset, wanted);
  const filter = { where: wanted.where, orderby: wanted.orderBy && readOrder(wanted.orderBy) };
  try {
    return await ask(hub, dataset, wanted, '/filter', filter);
  } catch (caught) {
    const error = toHugwireError(caught);
    if (error.code !== 'invalid_arguments') throw error;
    const columns = await fetchColumns(hub, dataset.id, wanted.config).catch(() => []);
    const hint = explainFilter({ where: wanted.where, orderBy: filter.orderby }, columns);
    throw new HugwireError(error.code, error.message, { hint, requestId: error.requestId, cause: error });
  }
}

async function readRows(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  try {
    return await ask(hub, dataset, wanted, '/rows', {});
  } catch (caught) {
    const error = toHugwireError(caught);
    const mayHelp = error.code === 'unavailable' || error.code === 'disabled' || error.code === 'too_large';
    if (!mayHelp || wanted.offset >= FIRST_ROWS) throw error;
    const preview = await readPreview(hub, dataset, wanted).catch(() => undefined);
    if (!preview) throw error;
    return preview;
  }
}

async function ask(
  hub: HubClient,
  dataset: ServedDataset,
  wanted: RowQuery,
  path: '/rows' | '/search' | '/filter',
  query: Record<string, QueryValue>,
): Promise<DatasetRows> {
  const { config, split, offset } = wanted;
  for (let limit = wanted.limit; ; limit = Math.floor(limit / FEWER) || 1) {
    try {
      const place = { dataset: dataset.id, config, split };
      const { body, note } = await askViewer(hub, path, { ...place, ...query, offset, length: limit }, 'list');
      const few = limit < wanted.limit && `${wanted.limit} rows were too large for one answer; limit=${limit} was not.`;
      return {
        ...readBody(dataset, wanted, body),
        total: count(body.num_rows_total),
        partial: body.partial === true,
        notes: [...dataset.notes, ...[note, few].filter((one) => typeof one === 'string')],
      };
    } catch (error) {
      if (!(error instanceof HugwireError) || error.code !== 'too_large' || limit === 1) throw error;
    }
  }
}

/** What the viewer shows before it has indexed the split: its first rows, and no count. */
async function readPreview(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  const { config, split, offset, limit } = wanted;
  const { body } = await askViewer(hub, '/first-rows', { dataset: dataset.id, config, split }, 'list');
  const read = readBody(dataset, wanted, body);
  return {
    ...read,
    rows: read.rows.slice(offset, offset + limit),
    partial: false,
    notes: [...dataset.notes, `The viewer has only the first ${read.rows.length} rows of this split ready.`],
  };
}

function readBody(
  dataset: ServedDataset,
  { config, split, offset }: RowQuery,
  body: Record<string, unknown>,
): Omit<DatasetRows, 'total' | 'partial' | 'notes'> {
  const rows = records(body.rows);
  return {
    dataset: dataset.id,
    config,
    split,
    offset,
    columns: readColumns(body.features),
    rows: rows.map(({ row_idx, row, truncated_cells }, index) => ({
      index: count(row_idx) ?? offset + index,
      cells: record(row),
      truncated: Array.isArray(truncated_cells) ? truncated_cells.map(String) : [],
    })),
  };
}

/** Words of the filter language that are no columns. */
const KEYWORDS = new Set(
  'and or not is null like ilike in between true false asc desc nulls first last lower upper length cast as'.split(' '),
);
const NUMBERS = /^(?:u?int|float|decimal|label)/;

/**
 * Puts `order_by` into the viewer's form: `score desc` and `-score` become `"score" DESC`.
 * @param text one column or several, separated by commas
 */
export function readOrder(text: string): string {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const descending = /\sdesc$/i.test(part) || part.startsWith('-');
      const name = part
        .replace(/^[-+]/, '')
        .replace(/(?<!\s)\s+(?:asc|desc)$/i, '')
        .trim();
      const quoted = /^".*"$/s.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
      return descending ? `${quoted} DESC` : quoted;
    })
    .join(', ');
}

/**
 * Says what is probably wrong with a filter that the viewer refused, and how a right one looks.
 * @param filter what was sent
 * @param columns of the split; none when they are not known
 */
export function explainFilter(filter: { where?: string; orderBy?: string }, columns: readonly DatasetColumn[]): string {
  const text = [filter.where, filter.orderBy].filter(Boolean).join(' ').slice(0, MAX_FILTER);
  const tokens =
    text.match(/'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?|[<>=!&|]+|[^\s]/gu) ?? [];
  const problems = new Set(explainText(text));
  for (
    let index = 0;
    index < Math.min(tokens.length, 200) && columns.length > 0 && problems.size < MAX_PROBLEMS;
    index += 1
  ) {
    for (const problem of explainToken(tokens, index, columns)) problems.add(problem);
  }
  return [...problems, `${RULES} Example: where=${exampleFilter(columns)}.`].join(' ');
}

/** Characters of a filter; it travels in an address, and servers take no longer ones. */
const MAX_FILTER = 4000;
const MAX_PROBLEMS = 4;

const RULES =
  'Columns go in double quotes, text in single quotes (a quote inside is doubled), with = <> > >= < <=, AND, OR, NOT and brackets.';

function explainText(text: string): string[] {
  const problems: string[] = [];
  if (text.includes('==')) problems.push('Write = instead of ==.');
  if (/&&|\|\|/.test(text)) problems.push('Write AND and OR instead of && and ||.');
  if (/;|--/.test(text)) problems.push('";" and "--" are not allowed.');
  if ((text.match(/'/g)?.length ?? 0) % 2 === 1) problems.push("A single quote is open; inside text write ''.");
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) problems.push('A double quote is open.');
  return problems;
}

function explainToken(tokens: readonly string[], index: number, columns: readonly DatasetColumn[]): string[] {
  const token = tokens[index] ?? '';
  const names = columns.map(({ name }) => name);
  const afterOperator = /^[<>=!]+$/.test(tokens[index - 1] ?? '');
  const quoted = /^"(.*)"$/s.exec(token)?.[1];
  if (quoted !== undefined && !names.includes(quoted)) {
    return [afterOperator ? `Write text in single quotes: '${cleanLine(quoted, 60)}'.` : unknownColumn(quoted, names)];
  }
  if (/^'/.test(token)) return explainLabel(tokens, index, columns);
  if (!/^[\p{L}_]/u.test(token) || KEYWORDS.has(token.toLowerCase()) || names.includes(token)) return [];
  // A bare word is a column, save before a bracket, where it is a function.
  if (tokens[index + 1] === '(') return [];
  return [afterOperator ? `Write text in single quotes: '${cleanLine(token, 60)}'.` : unknownColumn(token, names)];
}

/** Text compared with a class label, which holds numbers. */
function explainLabel(tokens: readonly string[], index: number, columns: readonly DatasetColumn[]): string[] {
  const name = (tokens[index - 2] ?? '').replace(/^"|"$/g, '');
  const column = columns.find((candidate) => candidate.name === name);
  const value = (tokens[index] ?? '').slice(1, -1);
  if (!column?.labels) return [];
  const number = column.labels.findIndex((label) => label.toLowerCase() === value.toLowerCase());
  const meant = number === -1 ? column.type : `"${column.name}"=${number} is ${column.labels[number]}`;
  return [`"${cleanLine(name, 60)}" holds numbers (${cleanLine(meant, 160)}).`];
}

function unknownColumn(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  const shown = names.slice(0, 20).map((known) => cleanLine(known, 60));
  return `There is no column "${cleanLine(name, 60)}"${meant ? `; did you mean "${cleanLine(meant, 60)}"?` : `; there are ${shown.join(', ')}.`}`;
}

function exampleFilter(columns: readonly DatasetColumn[]): string {
  const number = columns.find(({ type }) => NUMBERS.test(type));
  const text = columns.find(({ type }) => type === 'string');
  const parts = [number && `"${cleanLine(number.name, 60)}">0`, text && `"${cleanLine(text.name, 60)}"='some text'`];
  return parts.filter(Boolean).join(' AND ') || `"age">30 AND "name"='O''Hara'`;
}
