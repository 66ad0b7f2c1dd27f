import type { DemoTable } from './table.js';

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
