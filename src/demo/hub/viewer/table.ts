/** A feature of a column, as the dataset viewer writes it. */
export type Feature = { _type: string; [key: string]: unknown } | { [field: string]: Feature };

export type Row = Record<string, unknown>;

/** One split of one config, with all of its rows. */
export interface DemoTable {
  dataset: string;
  config: string;
  split: string;
  features: Record<string, Feature>;
  count: number;
  /** Of its Parquet file. */
  bytes: number;
  /** Only the first 5 GB are indexed. */
  partial: boolean;
  /** The row at an index below `count`. */
  row(index: number, origin: string): Row;
}

/** A split as its author types it: some rows, which repeat until there are `count`. */
export interface TableSeed {
  config: string;
  split: string;
  features: Record<string, Feature>;
  /** Values in the order of the features. */
  rows: unknown[][];
  count: number;
  bytes: number;
  partial?: boolean;
  /** Columns that differ in every row, such as an index or an id. */
  own?: Record<string, (index: number) => unknown>;
}

export const text: Feature = { dtype: 'string', _type: 'Value' };
export const int32: Feature = { dtype: 'int32', _type: 'Value' };
export const int64: Feature = { dtype: 'int64', _type: 'Value' };
export const float32: Feature = { dtype: 'float32', _type: 'Value' };
export const float64: Feature = { dtype: 'float64', _type: 'Value' };
export const bool: Feature = { dtype: 'bool', _type: 'Value' };
export const image: Feature = { _type: 'Image' };

/** A list of values of one kind. */
export const listOf = (feature: Feature): Feature => ({ feature, _type: 'List' });

/** Numbers that stand for names. */
export const label = (...names: string[]): Feature => ({ names, _type: 'ClassLabel' });

/**
 * Makes a dataset's splits of what its author typed.
 * @param dataset id
 * @param seeds in the order in which the viewer lists them
 */
export function makeTables(dataset: string, seeds: TableSeed[]): DemoTable[] {
  return seeds.map(({ rows, own = {}, partial = false, ...seed }) => {
    const names = Object.keys(seed.features);
    return {
      ...seed,
      dataset,
      partial,
      row: (index) => {
        const values = rows[index % rows.length] ?? [];
        return Object.fromEntries(names.map((name, column) => [name, own[name]?.(index) ?? values[column] ?? null]));
      },
    };
  });
}
