import { type ErrorCode, HugwireError, toHugwireError } from '../../lib/errors.js';
import { count, record, records } from '../fields.js';
import type { HubClient, QueryValue } from '../types.js';
import {
  chooseSplit,
  type DatasetColumn,
  fetchColumns,
  listSplits,
  readColumns,
  type SplitChoice,
} from './datasets.js';
import { explainFilter, mayNeedQuotes, quoteColumns, readOrder } from './filter.js';
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
  /** Whether an answer that was kept will not do: links in it may have expired. */
  fresh?: boolean;
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
  /** How many rows can be read, where that is less than there are. */
  within?: number;
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
 * @throws HugwireError; for a refused filter with a hint that names the mistake, for wrong names with those that exist
 */
export async function fetchRows(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  try {
    return await findRows(hub, dataset, wanted);
  } catch (error) {
    if (!(error instanceof HugwireError) || error.code !== 'not_found') throw error;
    // Either the names are wrong, and this says so, or the viewer's own words stand.
    chooseSplit(await listSplits(hub, dataset), wanted);
    throw error;
  }
}

async function findRows(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  const { query, where, orderBy } = wanted;
  if (query !== undefined) return ask(hub, dataset, wanted, '/search', { query });
  if (where === undefined && orderBy === undefined) return readRows(hub, dataset, wanted);
  const readNames = () => fetchColumns(hub, dataset.id, wanted).catch(() => []);
  const filter = {
    // It must be there, even where rows are only sorted.
    where: where === undefined ? 'true' : mayNeedQuotes(where) ? quoteColumns(where, await readNames()) : where,
    orderby: orderBy && readOrder(orderBy),
  };
  try {
    return await ask(hub, dataset, wanted, '/filter', filter);
  } catch (caught) {
    const error = toHugwireError(caught);
    if (error.code !== 'invalid_arguments') throw error;
    const hint = explainFilter({ where: where && filter.where, orderBy: filter.orderby }, await readNames());
    throw new HugwireError(error.code, error.message, { hint, requestId: error.requestId, cause: error });
  }
}

/** Refusals of `/rows` where `/first-rows` may have something: it needs no conversion. */
const PREVIEW_MAY_HELP = new Set<ErrorCode>(['unavailable', 'disabled', 'too_large', 'not_found']);

async function readRows(hub: HubClient, dataset: ServedDataset, wanted: RowQuery): Promise<DatasetRows> {
  try {
    return await ask(hub, dataset, wanted, '/rows', {});
  } catch (caught) {
    const error = toHugwireError(caught);
    const passes = error.retryAfterSeconds !== undefined;
    if (!PREVIEW_MAY_HELP.has(error.code) || (passes && wanted.offset >= FIRST_ROWS)) throw error;
    const preview = await readPreview(hub, dataset, wanted, passes).catch(() => undefined);
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
  const { config, split, offset, fresh } = wanted;
  for (let limit = wanted.limit; ; limit = Math.floor(limit / FEWER) || 1) {
    try {
      const place = { dataset: dataset.id, config, split };
      const cache = fresh ? undefined : 'list';
      const { body, note } = await askViewer(hub, path, { ...place, ...query, offset, length: limit }, cache);
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

/** What the viewer shows before it has converted the split, or where it cannot: its first rows, and no count. */
async function readPreview(
  hub: HubClient,
  dataset: ServedDataset,
  wanted: RowQuery,
  passes: boolean,
): Promise<DatasetRows> {
  const { config, split, offset, limit, fresh } = wanted;
  const { body } = await askViewer(
    hub,
    '/first-rows',
    { dataset: dataset.id, config, split },
    fresh ? undefined : 'list',
  );
  const { rows, ...read } = readBody(dataset, { ...wanted, offset: 0 }, body);
  const note = passes
    ? `The viewer has only the first ${rows.length} rows of this split ready.`
    : `The viewer shows only the first ${rows.length} rows of this split; hub_repo ids=["datasets/${dataset.id}"] include=["files"] lists the files with all.`;
  return {
    ...read,
    offset,
    rows: rows.slice(offset, offset + limit),
    total: body.truncated === false ? rows.length : undefined,
    within: rows.length,
    partial: false,
    notes: [...dataset.notes, ...(body.truncated === false ? [] : [note])],
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
