import { compact, count, line, lines, record, tagValues } from './fields.js';
import type { FoundRepo } from './lookup.js';
import { type OverviewBase, readBase, readLanguages, SHARED_FIELDS } from './overview.js';
import { type DatasetSize, readCardSize, readViewerSize } from './sizes.js';
import type { HubClient } from './types.js';

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
  const size = measured?.configs.length ? measured : told;
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
    size: size ? { ...size, ...(bytes === undefined ? {} : { bytes }) } : undefined,
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
