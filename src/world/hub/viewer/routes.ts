import { drawDigit } from '../../pictures.js';
import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee, openContent } from '../access.js';
import { type ViewerRefusalSeed, viewerRefusals } from '../data.js';
import { RequestRefused } from '../refusals.js';
import { type DemoRepo, newId } from '../repos.js';
import { describeColumns, describeConfig, describeSizes, listParquet } from './figures.js';
import { BadCondition, findRows, parseCondition, parseOrder } from './filter.js';
import { type DemoTable, digitAt, tablesOf } from './tables.js';

const MOST_ROWS = 100;
const FIRST_ROWS = 100;
const COMPLETE = { pending: [], failed: [] };

/** The dataset viewer, which on the real Hub is a service of its own. */
export const viewerRoutes: DemoRoute[] = [
  at('is-valid', ({ tables, dataset }) => {
    const serves = (name: string) => refusalOf(dataset, name) === undefined;
    return {
      preview: serves('first-rows'),
      viewer: serves('rows'),
      search: serves('search'),
      filter: serves('filter'),
      statistics: serves('statistics'),
      partial: isPartial(tables),
    };
  }),
  at('splits', ({ tables, dataset }) => ({
    splits: tables.map(({ config, split }) => ({ dataset, config, split })),
    ...COMPLETE,
  })),
  at('size', ({ tables, dataset }) => ({
    size: describeSizes(dataset, tables),
    ...COMPLETE,
    partial: isPartial(tables),
  })),
  at('info', describeInfo),
  at('parquet', ({ tables, request }) => ({
    parquet_files: listParquet(tables, request.origin),
    ...COMPLETE,
    partial: isPartial(tables),
  })),
  atSplit('first-rows', (table, request) => {
    const { dataset, config, split } = table;
    const rows = showRows(table, range(0, Math.min(FIRST_ROWS, table.count)), request);
    return { dataset, config, split, features: listFeatures(table), rows, truncated: table.count > FIRST_ROWS };
  }),
  atSplit('rows', (table, request) => page(table, range(0, table.count), request)),
  atSplit('search', (table, request) => page(table, findRows(table, required(request, 'query')), request)),
  atSplit('filter', (table, request) => page(table, filterRows(table, request), request)),
  atSplit('statistics', (table) => ({
    num_examples: table.count,
    statistics: describeColumns(table),
    partial: table.partial,
  })),
  {
    method: 'GET',
    pattern: /^\/datasets-server\/cached-assets\/ylecun\/mnist\/.*\/(\d+)\/image\/image\.jpg$/,
    bucket: 'resolvers',
    handle: ({ params }) => ({ headers: { 'Content-Type': 'image/png' }, body: drawDigit(digitAt(Number(params[0]))) }),
  },
];

interface Asked {
  dataset: string;
  /** Of the config that was named, or of all. */
  tables: readonly DemoTable[];
  request: DemoRequest;
}

function at(name: string, handle: (asked: Asked) => unknown): DemoRoute {
  return {
    method: 'GET',
    pattern: new RegExp(`^/datasets-server/${name}$`),
    bucket: 'api',
    handle: (request): DemoResponse => {
      const dataset = required(request, 'dataset');
      const all = openTables(request, dataset, name);
      const config = request.query.get('config');
      const tables = config === null ? all : all.filter((table) => table.config === config);
      if (tables.length === 0) throw new RequestRefused(nothingThere());
      return { headers: { 'Cache-Control': 'max-age=300' }, body: handle({ dataset, tables, request }) };
    },
  };
}

function atSplit(name: string, handle: (table: DemoTable, request: DemoRequest) => unknown): DemoRoute {
  return at(name, ({ tables, request }) => {
    required(request, 'config');
    const split = required(request, 'split');
    const table = tables.find((candidate) => candidate.split === split);
    if (!table) throw new RequestRefused(nothingThere());
    return handle(table, request);
  });
}

/** The splits of a dataset that the caller may read. Unlike the Hub, the viewer follows no renaming. */
function openTables(request: DemoRequest, id: string, endpoint: string): readonly DemoTable[] {
  const badToken = request.user === undefined && request.headers.authorization !== undefined;
  if (badToken) throw new RequestRefused(notAccessible(false));
  if (newId('dataset', id)) throw new RequestRefused(renamedDataset());
  const repo = request.state.find('dataset', id);
  if (!repo || repo.id !== id || !canSee(repo, request.user) || !isOpen(request, repo)) {
    throw new RequestRefused(notAccessible(request.user !== undefined));
  }
  const refusal = refusalOf(id, endpoint);
  if (refusal) throw new RequestRefused(viewerRefusal(refusal.status, refusal.code, refusal.error, refusal.cause));
  const tables = tablesOf(id);
  if (!tables) throw new RequestRefused(notReady());
  return tables;
}

/** Whether an endpoint refuses a dataset, and how. */
const refusalOf = (id: string, endpoint: string) =>
  viewerRefusals.find(({ dataset, at }) => dataset === id && (at?.includes(endpoint) ?? true));

function isOpen(request: DemoRequest, repo: DemoRepo): boolean {
  try {
    openContent(request, repo);
    return true;
  } catch (error) {
    if (error instanceof RequestRefused) return false;
    throw error;
  }
}

function describeInfo({ tables, request }: Asked) {
  const configs = [...new Set(tables.map(({ config }) => config))];
  const infos = configs.map((config) => [config, describeConfig(tables.filter((table) => table.config === config))]);
  const rest = { ...COMPLETE, partial: isPartial(tables) };
  return { dataset_info: request.query.has('config') ? infos[0]?.[1] : Object.fromEntries(infos), ...rest };
}

function filterRows(table: DemoTable, request: DemoRequest): number[] {
  const columns = Object.keys(table.features);
  const where = request.query.get('where') ?? '';
  const order = request.query.get('orderby') ?? '';
  if (!where && !order) {
    throw new RequestRefused(missingParameter("where' or 'orderby"));
  }
  let at: 'where' | 'orderby' = 'where';
  try {
    const condition = where ? parseCondition(where, columns) : () => true;
    const found = range(0, table.count).filter((index) => condition(table.row(index, '')) === true);
    at = 'orderby';
    if (!order) return found;
    const compare = parseOrder(order, columns);
    return found
      .map((index) => ({ index, row: table.row(index, '') }))
      .sort((a, b) => compare(a.row, b.row))
      .map(({ index }) => index);
  } catch (error) {
    if (!(error instanceof BadCondition)) throw error;
    throw new RequestRefused(invalidParameter(`Parameter '${at}' contains errors or invalid symbols`));
  }
}

function page(table: DemoTable, indices: readonly number[], request: DemoRequest) {
  const offset = readCount(request, 'offset', 0);
  const length = readCount(request, 'length', MOST_ROWS);
  if (length > MOST_ROWS) {
    throw new RequestRefused(invalidParameter(`Parameter 'length' must not be greater than ${MOST_ROWS}`));
  }
  return {
    features: listFeatures(table),
    rows: showRows(table, indices.slice(offset, offset + length), request),
    num_rows_total: indices.length,
    num_rows_per_page: MOST_ROWS,
    partial: table.partial,
  };
}

const listFeatures = ({ features }: DemoTable) =>
  Object.entries(features).map(([name, type], index) => ({ feature_idx: index, name, type }));

const showRows = (table: DemoTable, indices: readonly number[], { origin }: DemoRequest) =>
  indices.map((index) => ({ row_idx: index, row: table.row(index, origin), truncated_cells: [] }));

const isPartial = (tables: readonly DemoTable[]) => tables.some(({ partial }) => partial);

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

function required({ query }: DemoRequest, name: string): string {
  const value = query.get(name);
  if (!value) throw new RequestRefused(missingParameter(name));
  return value;
}

function readCount({ query }: DemoRequest, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value)) throw new RequestRefused(invalidParameter(`Parameter '${name}' must be integer`));
  if (value < 0) throw new RequestRefused(invalidParameter(`Parameter '${name}' must be positive`));
  return value;
}

/**
 * An error in the viewer's form; without a code it is one that its proxy makes up, in plain text.
 * @param status HTTP status
 * @param code for `X-Error-Code`
 * @param error what happened
 * @param cause of an internal error: it comes with a traceback
 */
function viewerRefusal(
  status: number,
  code: string | undefined,
  error: string,
  cause?: ViewerRefusalSeed['cause'],
): DemoResponse {
  const headers = { 'Cache-Control': 'no-store' };
  if (code === undefined) return { status, headers, body: error };
  const details = cause && {
    cause_exception: cause.exception,
    cause_message: cause.message,
    cause_traceback: ['Traceback (most recent call last):\n', `${cause.exception}: ${cause.message}\n`],
  };
  return { status, headers: { ...headers, 'X-Error-Code': code }, body: { error, ...details } };
}

/** Missing, private, or gated without access: the viewer does not say which. */
const notAccessible = (loggedIn: boolean): DemoResponse =>
  loggedIn
    ? viewerRefusal(
        404,
        'ExternalAuthenticatedError',
        'The dataset does not exist, or is not accessible with the current credentials (private or gated). Please check the spelling of the dataset name or retry with other authentication credentials.',
      )
    : viewerRefusal(
        401,
        'ExternalUnauthenticatedError',
        'The dataset does not exist, or is not accessible without authentication (private or gated). Please check the spelling of the dataset name or retry with authentication.',
      );

/** The dataset bears another name now. */
const renamedDataset = (): DemoResponse =>
  viewerRefusal(404, 'RenamedDatasetError', 'The dataset has been renamed. Please use the current dataset name.');

/** The workers have not come to it yet. */
const notReady = (): DemoResponse =>
  viewerRefusal(
    500,
    'ResponseNotReady',
    'The server is busier than usual and the response is not ready yet. Please retry later.',
  );

/** No such config or split. */
const nothingThere = (): DemoResponse => viewerRefusal(404, 'ResponseNotFound', 'Not found.');

/** @param name of the parameter */
const missingParameter = (name: string): DemoResponse =>
  viewerRefusal(422, 'MissingRequiredParameter', `Parameter '${name}' is required`);

/** @param error what is wrong with which parameter */
const invalidParameter = (error: string): DemoResponse => viewerRefusal(422, 'InvalidParameter', error);
