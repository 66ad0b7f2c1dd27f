import { compact, count, line, record, records } from './fields.js';
import type { HubClient } from './types.js';
import { askViewer } from './viewer.js';

export interface SplitSize {
  name: string;
  rows?: number;
}

export interface ConfigSize {
  name: string;
  columns?: number;
  splits: SplitSize[];
}

/** How large a dataset is, and how it is divided. */
export interface DatasetSize {
  rows?: number;
  /** Bytes of the files as they were uploaded. */
  bytes?: number;
  configs: ConfigSize[];
  /** True when the dataset viewer has looked at a part only. */
  partial?: boolean;
}

/**
 * Asks the dataset viewer for the size of every split.
 * @param hub the Hub
 * @param id of a dataset
 * @throws HugwireError when the viewer has nothing for this dataset
 */
export async function readViewerSize(hub: HubClient, id: string): Promise<DatasetSize> {
  const { body } = await askViewer(hub, '/size', { dataset: id }, 'repo');
  const size = record(body.size);
  const whole = record(size.dataset);
  const columns = new Map(records(size.configs).map((row) => [row.config, count(row.num_columns)]));
  return compact({
    rows: count(whole.num_rows),
    bytes: count(whole.num_bytes_original_files) ?? count(whole.num_bytes_parquet_files),
    configs: groupSplits(
      records(size.splits).map((row) => ({ config: row.config, split: row.split, rows: row.num_rows })),
      (config) => columns.get(config),
    ),
    partial: body.partial === true || undefined,
  });
}

/**
 * The same from a card's `dataset_info`, where the viewer cannot help.
 * @param card front matter
 * @returns undefined when the card does not tell
 */
export function readCardSize(card: Record<string, unknown>): DatasetSize | undefined {
  const told = Array.isArray(card.dataset_info) ? card.dataset_info : [card.dataset_info];
  const splits = records(told).flatMap((info) =>
    records(info.splits).map((split) => ({
      config: info.config_name ?? 'default',
      split: split.name,
      rows: split.num_examples,
    })),
  );
  const configs = groupSplits(splits, () => undefined);
  if (configs.length === 0) return undefined;
  const rows = configs.flatMap((config) => config.splits).reduce((sum, split) => sum + (split.rows ?? 0), 0);
  return compact({ rows: rows || undefined, configs });
}

function groupSplits(
  splits: { config: unknown; split: unknown; rows: unknown }[],
  columnsOf: (config: string) => number | undefined,
): ConfigSize[] {
  const configs = new Map<string, ConfigSize>();
  for (const row of splits) {
    const config = line(row.config, 120);
    const split = line(row.split, 120);
    if (!config || !split) continue;
    const known = configs.get(config) ?? { ...compact({ name: config, columns: columnsOf(config) }), splits: [] };
    known.splits.push(compact({ name: split, rows: count(row.rows) }));
    configs.set(config, known);
  }
  return [...configs.values()];
}
