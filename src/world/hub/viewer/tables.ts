import { type Feature, type TableSeed, tableSeeds, viewerRefusals } from '../data.js';
import { mongoId } from '../hashes.js';

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

/** What a computed cell is made from. */
interface Cell {
  index: number;
  split: string;
  /** The Hub's address. */
  origin: string;
}

/** Columns that differ in every row, or from split to split; undefined leaves the value that was typed. */
const COMPUTED: Record<string, Record<string, (cell: Cell) => unknown>> = {
  'HuggingFaceFW/fineweb': {
    id: ({ index }) => `<urn:uuid:00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}>`,
    date: ({ index }) => `2024-02-${String((index % 28) + 1).padStart(2, '0')}T04:41:09Z`,
    file_path: ({ index }) => `s3://commoncrawl/crawl-data/CC-MAIN-2024-10/segments/warc/CC-MAIN-${index % 90}.warc.gz`,
  },
  'nyu-mll/glue': {
    idx: ({ index }) => index,
    // The answers to the tests are nobody's to see.
    label: ({ split }) => (split.startsWith('test') ? -1 : undefined),
  },
  'rajpurkar/squad': { id: ({ split, index }) => mongoId(`squad ${split} ${index}`) },
  'ylecun/mnist': { image: (cell) => ({ src: imageUrl(cell), height: 28, width: 28 }) },
};

/** What the endpoints serve that do not refuse. */
const cases = viewerRefusals.map(
  ({ dataset }): TableSeed => ({
    dataset,
    config: 'default',
    features: { text: 'string', count: 'int64' },
    rows: [
      ['one', 1],
      ['two', 2],
      ['three', 3],
    ],
    splits: [{ split: 'train', count: 3, bytes: 512 }],
  }),
);

const tables: readonly DemoTable[] = [...tableSeeds, ...cases].flatMap(makeTables);

/**
 * The splits of a dataset, in the order in which the viewer lists them; undefined when it has not read the dataset yet.
 * @param dataset its present id
 */
export function tablesOf(dataset: string): readonly DemoTable[] | undefined {
  const found = tables.filter((table) => table.dataset === dataset);
  return found.length > 0 ? found : undefined;
}

/** The splits of one config. Blocks of rows matter: true datasets are often sorted, a trap for who reads the top. */
function makeTables({ dataset, config, splits, ...seed }: TableSeed): DemoTable[] {
  const names = Object.keys(seed.features);
  const computed = COMPUTED[dataset] ?? {};
  const features = Object.fromEntries(
    Object.entries(seed.features).map(([name, feature]) => [
      name,
      typeof feature === 'string' ? { dtype: feature, _type: 'Value' } : feature,
    ]),
  );
  return splits.map(({ split, count, bytes, partial = false, rows = seed.rows }) => {
    const blocks = rows ? [rows] : (seed.blocks ?? []);
    return {
      dataset,
      config,
      split,
      features,
      count,
      bytes,
      partial,
      row(index, origin) {
        const block = blocks[Math.floor((index * blocks.length) / count)] ?? [];
        const values = block[index % block.length] ?? [];
        const cell = { index, split, origin };
        return Object.fromEntries(
          names.map((name, column) => [name, computed[name]?.(cell) ?? values[column] ?? null]),
        );
      },
    };
  });
}

/** The label of the image at an index, which is the digit that it shows. */
export const digitAt = (index: number) => Number(tablesOf('ylecun/mnist')?.[0]?.row(index, '').label);

/** As the viewer signs it; the demo does not check the signature. */
function imageUrl({ origin, split, index }: Cell): string {
  const path = `ylecun/mnist/--/77f3279092a1c1579b2250db8eafed0ad422088c/--/mnist/${split}/${index}/image/image.jpg`;
  return `${origin}/datasets-server/cached-assets/${path}?Expires=1795221600&Signature=q2h6Ywd-demo__&Key-Pair-Id=K3EI6M078Z3AC3`;
}
