import { compact, count, line, lines, record, records, tagValues } from '../fields.js';
import type { HubClient } from '../types.js';
import { askViewer } from '../viewer/viewer.js';
import type { FoundRepo } from './lookup.js';
import { type OverviewBase, readBase, readLanguages, SHARED_FIELDS } from './overview.js';

export interface DatasetOverview extends OverviewBase {
  kind: 'dataset';
  title?: string;
  description?: string;
  tasks?: string[];
  languages?: string[];
  /** The Hub's size category, such as `10K<n<100K`. */
  sizeCategory?: string;
  modalities?: string[];
  formats?: string[];
  /** Rows and splits, where the dataset viewer or the card tells them. */
  size?: DatasetSize;
  downloads?: number;
  downloadsAllTime?: number;
}

/** The fields to expand for a dataset. */
export const DATASET_FIELDS = [...SHARED_FIELDS, 'description', 'downloads', 'downloadsAllTime', 'gated', 'mainSize'];

/** The viewer is a second service, and a slow one at times: an overview does not wait for it longer than this. */
const VIEWER_PATIENCE_MS = 4000;

/**
 * Reads a dataset.
 * @param hub the Hub, for the size of its splits
 * @param repo found with `DATASET_FIELDS`
 */
export async function readDataset(hub: HubClient, repo: FoundRepo): Promise<DatasetOverview> {
  const { info, id } = repo;
  const card = record(info.cardData);
  const tags = lines(info.tags);
  const told = readCardSize(card);
  const measured = await withinPatience(readViewerSize(hub, id));
  const size = measured?.configs ? measured : told;
  const bytes = size?.bytes ?? count(info.mainSize);
  return compact({
    ...readBase(repo),
    kind: 'dataset' as const,
    title: line(card.pretty_name, 120),
    description: line(info.description, 300),
    tasks: tagValues(tags, 'task_categories'),
    languages: readLanguages(card, tags),
    sizeCategory: tagValues(tags, 'size_categories')[0],
    modalities: tagValues(tags, 'modality'),
    formats: tagValues(tags, 'format'),
    size: size ? { ...size, bytes } : undefined,
    downloads: count(info.downloads),
    downloadsAllTime: count(info.downloadsAllTime),
  });
}

/** The value, or undefined when it fails or comes too late; a late one still goes into the cache. */
async function withinPatience<T>(part: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, VIEWER_PATIENCE_MS, undefined);
  });
  try {
    return await Promise.race([part.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

interface SplitSize {
  name: string;
  rows?: number;
}

interface ConfigSize {
  name: string;
  columns?: number;
  splits: SplitSize[];
}

/** How large a dataset is, and how it is divided. */
interface DatasetSize {
  rows?: number;
  /** Bytes of the files as they were uploaded. */
  bytes?: number;
  /** Missing where no split is known. */
  configs?: ConfigSize[];
  /** True when the dataset viewer has looked at a part only. */
  partial?: boolean;
}

/**
 * Asks the dataset viewer for the size of every split.
 * @param hub the Hub
 * @param id of a dataset
 * @throws HugwireError when the viewer has nothing for this dataset
 */
async function readViewerSize(hub: HubClient, id: string): Promise<DatasetSize> {
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
function readCardSize(card: Record<string, unknown>): DatasetSize | undefined {
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
