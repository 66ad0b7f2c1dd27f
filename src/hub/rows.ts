import { HugwireError, toHugwireError } from '../errors.js';
import { fetchColumns, type SplitChoice } from './datasets.js';
import { type DatasetColumn, readColumns } from './features.js';
import { count, record, records } from './fields.js';
import { explainFilter, readOrder } from './row-filter.js';
import type { HubClient, QueryValue } from './types.js';
import { askViewer, type ServedDataset } from './viewer.js';

/** Rows that are wanted; at most one of `query` and `where`. */
export interface RowQuery extends SplitChoice {
  offset: number;
  /** At most 100. */
  limit: number;
  /** Full text. */
  query?: string;
  /** A condition in the viewer's filter language. */
  where?: string;
  orderBy?: string;
}

export interface DatasetRow {
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
  const { config, split, offset, limit } = wanted;
  const { body, note } = await askViewer(
    hub,
    path,
    { dataset: dataset.id, config, split, ...query, offset, length: limit },
    'list',
  );
  return {
    ...readBody(dataset, wanted, body),
    total: count(body.num_rows_total),
    partial: body.partial === true,
    notes: [...dataset.notes, ...(note ? [note] : [])],
  };
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
