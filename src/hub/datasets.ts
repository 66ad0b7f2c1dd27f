import { HugwireError, toHugwireError } from '../errors.js';
import { nearest } from '../schema/nearest.js';
import { cleanLine } from '../text/sanitize.js';
import { type DatasetColumn, readColumns } from './features.js';
import { count, record, records } from './fields.js';
import type { HubClient } from './types.js';
import { askViewer, type ServedDataset } from './viewer.js';

export interface DatasetSplit {
  config: string;
  split: string;
  /** Missing while the viewer has not counted them. */
  rows?: number;
  columns?: number;
  /** Of the Parquet files. */
  bytes?: number;
}

export interface DatasetStructure {
  dataset: string;
  splits: DatasetSplit[];
  /** Columns of one config; the others may differ. */
  columns?: { config: string; columns: DatasetColumn[] };
  /** Whether only the first 5 GB were counted. */
  partial: boolean;
  notes: string[];
}

/** Where rows are: both names as the viewer spells them. */
export interface SplitChoice {
  config: string;
  split: string;
}

/**
 * The splits of a dataset, without their sizes.
 * @param hub the Hub
 * @param dataset its id and what is to be said about it; notes are added
 */
export async function listSplits(hub: HubClient, dataset: ServedDataset): Promise<SplitChoice[]> {
  const { body, note } = await askViewer(hub, '/splits', { dataset: dataset.id }, 'repo');
  if (note) dataset.notes.push(note);
  const splits = records(body.splits).map(({ config, split }) => ({ config: String(config), split: String(split) }));
  const pending = records(body.pending);
  const failed = records(body.failed);
  if (pending.length > 0) dataset.notes.push(`Not ready yet, try again in a minute: ${namesOf(pending)}.`);
  if (failed.length > 0) dataset.notes.push(`The viewer could not read: ${namesOf(failed)}.`);
  return splits;
}

/**
 * The one split that is meant, or undefined when several may be.
 * @param splits all of the dataset
 * @param named what the caller said; names may be left out
 * @throws HugwireError `not_found` for a config or split that does not exist, with the ones that do
 */
export function chooseSplit(splits: readonly SplitChoice[], named: Partial<SplitChoice>): SplitChoice | undefined {
  const ofConfig = narrow(splits, 'config', named.config);
  const candidates = narrow(ofConfig, 'split', named.split);
  if (candidates.length === 1) return candidates[0];
  // `default` is what the viewer calls the config of a dataset that declares none.
  const ofDefault = named.split ? candidates.filter(({ config }) => config === 'default') : [];
  return ofDefault.length === 1 ? ofDefault[0] : undefined;
}

function narrow(splits: readonly SplitChoice[], key: 'config' | 'split', name: string | undefined): SplitChoice[] {
  if (name === undefined) return [...splits];
  const found = splits.filter((candidate) => candidate[key] === name);
  if (found.length > 0) return found;
  const names = [...new Set(splits.map((candidate) => candidate[key]))];
  const meant = nearest(name, names);
  throw new HugwireError('not_found', `There is no ${key} "${cleanLine(name, 80)}" here.`, {
    hint: meant ? `Did you mean "${cleanLine(meant, 80)}"? There are: ${list(names)}.` : `There are: ${list(names)}.`,
  });
}

/**
 * What a dataset consists of: configs, splits, their sizes, and the columns of one config.
 * @param hub the Hub
 * @param dataset its id and notes
 * @param splits as `listSplits` gave them
 * @param config narrows the answer down to one config
 */
export async function describeStructure(
  hub: HubClient,
  dataset: ServedDataset,
  splits: readonly SplitChoice[],
  config?: string,
): Promise<DatasetStructure> {
  const shown = config === undefined ? [...splits] : narrow(splits, 'config', config);
  const first = shown[0]?.config;
  const notes: string[] = [];
  const [size, columns] = await Promise.all([
    orNote(notes, 'Sizes', askViewer(hub, '/size', { dataset: dataset.id }, 'repo')),
    first === undefined ? undefined : orNote(notes, 'Columns', fetchColumns(hub, dataset.id, first)),
  ]);
  const counted = records(record(size?.body.size).splits);
  return {
    dataset: dataset.id,
    splits: shown.map((split) => {
      const found = counted.find((one) => one.config === split.config && one.split === split.split);
      return {
        ...split,
        rows: count(found?.num_rows),
        columns: count(found?.num_columns),
        bytes: count(found?.num_bytes_parquet_files),
      };
    }),
    ...(columns && first !== undefined ? { columns: { config: first, columns } } : {}),
    partial: size?.body.partial === true,
    notes: [...dataset.notes, ...notes],
  };
}

/**
 * The columns of a config.
 * @param hub the Hub
 * @param dataset id
 * @param config name
 */
export async function fetchColumns(hub: HubClient, dataset: string, config: string): Promise<DatasetColumn[]> {
  const { body } = await askViewer(hub, '/info', { dataset, config }, 'repo');
  return readColumns(record(body.dataset_info).features);
}

/** One part of the structure may be missing without the rest being useless. */
async function orNote<Result>(notes: string[], what: string, work: Promise<Result>): Promise<Result | undefined> {
  return work.catch((caught: unknown) => {
    const error = toHugwireError(caught);
    if (error.code === 'cancelled') throw error;
    notes.push(`${what} are unknown: ${error.message}`);
    return undefined;
  });
}

function namesOf(items: readonly Record<string, unknown>[]): string {
  return list([...new Set(items.map(({ config, split }) => [config, split].filter(Boolean).join('/')))]);
}

/** Names for a sentence; a dataset may have thousands of configs. */
function list(names: readonly string[], most = 30): string {
  const shown = names.slice(0, most).map((name) => cleanLine(name, 80));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
