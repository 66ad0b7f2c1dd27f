import type { Feature } from '../data.js';
import type { DemoTable } from './tables.js';

/** In memory a table takes more than in Parquet. */
const INFLATION = 2.4;

/**
 * What `/size` says: of the dataset, of each config and of each split.
 * @param dataset id
 * @param tables its splits
 */
export function describeSizes(dataset: string, tables: readonly DemoTable[]) {
  const configs = [...new Set(tables.map(({ config }) => config))];
  return {
    dataset: { dataset, ...totals(tables), estimated_num_rows: null },
    configs: configs.map((config) => {
      const own = tables.filter((table) => table.config === config);
      return { dataset, config, ...totals(own), num_columns: columnsOf(own[0]), estimated_num_rows: null };
    }),
    splits: tables.map((table) => ({
      dataset,
      config: table.config,
      split: table.split,
      num_bytes_parquet_files: table.bytes,
      num_bytes_memory: Math.round(table.bytes * INFLATION),
      num_rows: table.count,
      num_columns: columnsOf(table),
      estimated_num_rows: null,
    })),
  };
}

/**
 * What `/info` says of one config.
 * @param tables the config's splits
 */
export function describeConfig(tables: readonly DemoTable[]) {
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  return {
    description: '',
    citation: '',
    homepage: '',
    license: '',
    features: tables[0]?.features ?? {},
    builder_name: 'parquet',
    dataset_name: tables[0]?.dataset.split('/')[1],
    config_name: tables[0]?.config,
    version: { version_str: '0.0.0', major: 0, minor: 0, patch: 0 },
    splits: Object.fromEntries(
      tables.map(({ split, count, bytes }) => [
        split,
        { name: split, num_bytes: Math.round(bytes * INFLATION), num_examples: count, dataset_name: null },
      ]),
    ),
    download_size: bytes,
    dataset_size: Math.round(bytes * INFLATION),
  };
}

/**
 * What `/parquet` says: the files of the converted branch.
 * @param tables splits
 * @param origin the Hub's address
 */
export function listParquet(tables: readonly DemoTable[], origin: string) {
  return tables.map(({ dataset, config, split, bytes }) => ({
    dataset,
    config,
    split,
    url: `${origin}/datasets/${dataset}/resolve/refs%2Fconvert%2Fparquet/${config}/${split}/0000.parquet`,
    filename: '0000.parquet',
    size: bytes,
  }));
}

function totals(tables: readonly DemoTable[]) {
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  return {
    num_bytes_original_files: bytes,
    num_bytes_parquet_files: bytes,
    num_bytes_memory: Math.round(bytes * INFLATION),
    num_rows: tables.reduce((sum, table) => sum + table.count, 0),
  };
}

const columnsOf = (table: DemoTable | undefined) => Object.keys(table?.features ?? {}).length;

/** Rows that the figures are taken from: those of the typed ones, which repeat. */
const SAMPLE = 2000;
const BINS = 10;

/**
 * What `/statistics` says of a split.
 * @param table the split
 */
export function describeColumns(table: DemoTable): unknown[] {
  const rows = Array.from({ length: Math.min(SAMPLE, table.count) }, (_, index) => table.row(index, ''));
  return (
    Object.entries(table.features)
      // Of columns that are made of several fields there are no figures.
      .filter(([, feature]) => typeof feature._type === 'string')
      .map(([name, feature]) =>
        describe(
          name,
          feature,
          rows.map((row) => row[name]),
        ),
      )
      .sort((a, b) => a.column_name.localeCompare(b.column_name))
  );
}

function describe(name: string, feature: Feature, values: unknown[]) {
  const present = values.filter((value) => value !== null && value !== undefined);
  const missing = {
    nan_count: values.length - present.length,
    nan_proportion: share(values.length - present.length, values.length),
  };
  const column = (type: string, figures: object) => ({
    column_name: name,
    column_type: type,
    column_statistics: { ...missing, ...figures },
  });
  if (feature._type === 'ClassLabel')
    return column('class_label', labelFigures(feature.names as string[], present as number[]));
  if (feature._type === 'Image') return column('image', spread(present.map(() => 28)));
  if (feature._type === 'List') return column('list', spread(present.map((value) => (value as unknown[]).length)));
  if (feature.dtype === 'bool')
    return column('bool', { frequencies: countValues(present, (value) => (value ? 'True' : 'False')) });
  if (feature.dtype === 'string') {
    const distinct = new Set(present).size;
    const categories = distinct <= 10 || (distinct < 1000 && distinct / present.length <= 0.2);
    return categories
      ? column('string_label', { n_unique: distinct, frequencies: countValues(present, String) })
      : column('string_text', spread(present.map((value) => String(value).length)));
  }
  return column(String(feature.dtype).startsWith('float') ? 'float' : 'int', spread(present.map(Number)));
}

function labelFigures(names: readonly string[], values: readonly number[]) {
  const unlabelled = values.filter((value) => value < 0).length;
  const frequencies = countValues(
    values.filter((value) => value >= 0),
    (value) => names[value as number] ?? String(value),
  );
  return {
    no_label_count: unlabelled,
    no_label_proportion: share(unlabelled, values.length),
    n_unique: Object.keys(frequencies).length,
    frequencies,
  };
}

function countValues(values: readonly unknown[], nameOf: (value: unknown) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1;
  return counts;
}

function spread(values: number[]) {
  if (values.length === 0) return { min: null, max: null, mean: null, median: null, std: null, histogram: null };
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const width = (max - min) / BINS;
  const edges = width === 0 ? [min, max] : Array.from({ length: BINS + 1 }, (_, bin) => round(min + bin * width));
  const hist = edges
    .slice(1)
    .map(
      (_, bin) =>
        values.filter(
          (value) => Math.min(edges.length - 2, width === 0 ? 0 : Math.floor((value - min) / width)) === bin,
        ).length,
    );
  return {
    min: round(min),
    max: round(max),
    mean: round(mean),
    median: round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    std: round(Math.sqrt(variance)),
    histogram: { hist, bin_edges: edges },
  };
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : round(part / whole));
const round = (value: number) => Math.round(value * 1e5) / 1e5;
