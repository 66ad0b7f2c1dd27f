import { type ErrorCode, HugwireError, toHugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine, cutText, showName } from '../../lib/text.js';
import { count, record, records } from '../fields.js';
import type { HubClient } from '../types.js';
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
  const splits = records(body.splits).filter(isSplit);
  const pending = records(body.pending);
  const failed = records(body.failed);
  if (pending.length > 0) dataset.notes.push(`Not ready yet, try again in a minute: ${namesOf(pending)}.`);
  if (failed.length > 0) dataset.notes.push(`The viewer could not read: ${namesOf(failed)}.`);
  return splits;
}

function isSplit(row: Record<string, unknown>): row is Record<string, unknown> & SplitChoice {
  return typeof row.config === 'string' && typeof row.split === 'string';
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
    hint: meant ? `Did you mean ${showName(meant, 80)}? There are: ${list(names)}.` : `There are: ${list(names)}.`,
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
  const [first] = shown;
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
    columns: columns?.length && first ? { config: first.config, columns } : undefined,
    partial: size?.body.partial === true,
    notes: [...dataset.notes, ...notes],
  };
}

/**
 * The columns of a config. Of some the viewer tells nothing but with the rows of a split.
 * @param hub the Hub
 * @param dataset id
 * @param choice config, and a split of it
 */
export async function fetchColumns(
  hub: HubClient,
  dataset: string,
  { config, split }: SplitChoice,
): Promise<DatasetColumn[]> {
  const told = await askViewer(hub, '/info', { dataset, config }, 'repo').then(
    ({ body }) => readInfo(record(body.dataset_info), config),
    (error: unknown) => toHugwireError(error),
  );
  if (Array.isArray(told) && told.length > 0) return told;
  if (!Array.isArray(told) && !LESS_MAY_DO.has(told.code)) throw told;
  const { body } = await askViewer(hub, '/first-rows', { dataset, config, split }, 'list').catch((error: unknown) => {
    throw Array.isArray(told) ? error : told;
  });
  return readColumns(body.features);
}

/** Failures of `/info` that are about the dataset: what it is made from may be missing where the first rows are not. */
const LESS_MAY_DO = new Set<ErrorCode>(['not_found', 'unavailable', 'disabled']);

/** What `/info` says of one config; without a config in the request it says the same of each, by name. */
function readInfo(info: Record<string, unknown>, config: string): DatasetColumn[] {
  const [only, ...others] = Object.values(info);
  const own = [info, info[config], others.length === 0 ? only : undefined].map((one) => record(one).features);
  return own.map(readColumns).find((columns) => columns.length > 0) ?? [];
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
  const isName = (part: unknown) => typeof part === 'string' && part !== '';
  const names = items.map(({ config, split }) => [config, split].filter(isName).join('/') || 'a split');
  return list([...new Set(names)]);
}

/** Names for a sentence; a dataset may have thousands of configs. */
function list(names: readonly string[], most = 30): string {
  const shown = names.slice(0, most).map((name) => showName(name, 80));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}

/** A column of a dataset. */
export interface DatasetColumn {
  name: string;
  /** In words: `string`, `list<int32>`, `label 0=neg 1=pos`, `image`. */
  type: string;
  /** Names of the values 0, 1, 2 … of a class label. */
  labels?: string[];
  /** Whether there are pictures, sounds, films or PDFs in it, be it in lists and structures. */
  media?: true;
}

const MAX_COLUMNS = 1000;
const MAX_DEPTH = 4;
const MAX_MEDIA_DEPTH = 12;
const MAX_TYPE_LENGTH = 240;

/**
 * The columns in an answer of the dataset viewer.
 * @param features the list of `/rows` and `/first-rows`, or the object of `/info`
 */
export function readColumns(features: unknown): DatasetColumn[] {
  const entries: [unknown, unknown][] = Array.isArray(features)
    ? features.filter(isObject).map(({ name, type }) => [name, type])
    : Object.entries(isObject(features) ? features : {});
  return entries.slice(0, MAX_COLUMNS).flatMap(([name, type]) => {
    if (typeof name !== 'string') return [];
    const labels = readLabels(type);
    const media = holdsMedia(type) || undefined;
    return { name, type: cutText(describeFeature(type), MAX_TYPE_LENGTH), labels, media };
  });
}

const MEDIA = new Set<unknown>(['Image', 'Audio', 'Video', 'Pdf']);

function holdsMedia(feature: unknown, depth = 0): boolean {
  if (depth > MAX_MEDIA_DEPTH || typeof feature !== 'object' || feature === null) return false;
  if (isObject(feature) && MEDIA.has(feature._type)) return true;
  return Object.values(feature).some((part) => holdsMedia(part, depth + 1));
}

/**
 * A feature in words, in the vocabulary of the `datasets` library.
 * @param feature as the viewer gives it: `_type` names its class
 */
export function describeFeature(feature: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(feature)) return `list<${describeFeature(feature[0], depth + 1)}>`;
  if (!isObject(feature)) return 'unknown';
  const type = feature._type;
  if (typeof type === 'string') return (DESCRIPTIONS.get(type) ?? describeOther)(feature, depth);
  const fields = Object.entries(feature).map(
    ([name, of]) => `${showName(name, 60)}: ${describeFeature(of, depth + 1)}`,
  );
  return `{${fields.join(', ')}}`;
}

type Describe = (feature: Record<string, unknown>, depth: number) => string;

const describeList: Describe = ({ feature }, depth) => `list<${describeFeature(feature, depth + 1)}>`;
const describeArray: Describe = ({ shape, dtype }) =>
  `array ${cleanLine(Array.isArray(shape) ? shape.map((side) => side ?? '?').join('×') : '', 60)} ${showName(dtype, 20)}`;
const describeLanguages: Describe = ({ languages }) =>
  `translation ${cleanLine(Array.isArray(languages) ? languages.join(' ') : '', 120)}`.trim();
const describeOther: Describe = ({ _type }) => showName(_type, 40).toLowerCase();

const DESCRIPTIONS = new Map<string, Describe>([
  ['Value', ({ dtype }) => showName(dtype, 40) || 'unknown'],
  [
    'ClassLabel',
    (feature) => `label ${(readLabels(feature) ?? []).map((name, index) => `${index}=${name}`).join(' ')}`,
  ],
  ['Sequence', describeList],
  ['List', describeList],
  ['LargeList', describeList],
  ['Array2D', describeArray],
  ['Array3D', describeArray],
  ['Array4D', describeArray],
  ['Array5D', describeArray],
  ['Translation', describeLanguages],
  ['TranslationVariableLanguages', describeLanguages],
]);

function readLabels(feature: unknown): string[] | undefined {
  if (!isObject(feature) || feature._type !== 'ClassLabel' || !Array.isArray(feature.names)) return undefined;
  return feature.names.map((name) => cleanLine(name, 60));
}
