import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import {
  datasetLibraries,
  formats,
  languages,
  libraries,
  licences,
  modalities,
  sizes,
  tasks,
} from '../data/vocabulary.js';
import { invalid } from '../refusals.js';
import type { DemoRepo } from '../repos.js';
import { datasets, models } from '../world.js';

interface Tag {
  id: string;
  label: string;
  type: string;
  subType?: string;
}

type Vocabulary = Record<string, Tag[]>;

/** The tags that models and datasets are filtered by. */
export const vocabularyRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/models-tags-by-type$/, bucket: 'api', handle: answer(modelVocabulary) },
  { method: 'GET', pattern: /^\/api\/datasets-tags-by-type$/, bucket: 'api', handle: answer(datasetVocabulary) },
];

/** All types of tags, or the one that `type` names. */
function answer(vocabulary: () => Vocabulary) {
  return ({ query }: DemoRequest): DemoResponse => {
    const type = query.get('type');
    const all = vocabulary();
    if (type === null) return { body: all };
    const options = Object.keys(all).map((name) => JSON.stringify(name));
    return all[type]
      ? { body: { [type]: all[type] } }
      : invalid(`Invalid option: expected one of ${options.join('|')}`, 'type');
  };
}

function modelVocabulary(): Vocabulary {
  return {
    pipeline_tag: taskTags('pipeline_tag', ''),
    library: named('library', libraries),
    dataset: used(models, 'dataset', 'dataset:'),
    language: named('language', languages),
    license: listed('license', licences),
    arxiv: used(models, 'arxiv', 'arxiv:'),
    doi: [],
    region: [{ type: 'region', id: 'region:us', label: 'us' }],
    other: listed('other', ['conversational', 'endpoints_compatible', 'text-generation-inference', 'custom_code'], ''),
  };
}

function datasetVocabulary(): Vocabulary {
  return {
    task_categories: taskTags('task_categories', 'task_categories:'),
    size_categories: listed('size_categories', sizes),
    modality: listed('modality', modalities),
    format: listed('format', formats),
    library: named('library', datasetLibraries, 'library:'),
    language: named('language', languages, 'language:'),
    license: listed('license', licences),
    benchmark: [{ type: 'benchmark', id: 'benchmark:official', label: 'official' }],
    arxiv: used(datasets, 'arxiv', 'arxiv:'),
    region: [{ type: 'region', id: 'region:us', label: 'us' }],
  };
}

function taskTags(type: string, prefix: string): Tag[] {
  return Object.entries(tasks).flatMap(([subType, ids]) =>
    ids.map((id) => ({ type, id: prefix + id, label: words(id), subType })),
  );
}

/** `text-to-image` as a label: `Text-to-Image`. */
const words = (id: string) =>
  id
    .split('-')
    .map((word) => (word === 'to' ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(id.includes('-to-') ? '-' : ' ');

function named(type: string, labels: Record<string, string>, prefix = ''): Tag[] {
  return Object.entries(labels).map(([id, label]) => ({ type, id: prefix + id, label }));
}

function listed(type: string, ids: string[], prefix = `${type}:`): Tag[] {
  return ids.map((id) => ({ type, id: prefix + id, label: id }));
}

/** Tags with a prefix that public repositories bear. */
function used(repos: readonly DemoRepo[], type: string, prefix: string): Tag[] {
  const tags = repos.filter((repo) => !repo.private).flatMap((repo) => repo.tags);
  const ids = [...new Set(tags.filter((tag) => tag.startsWith(prefix)))].sort();
  return ids.map((id) => ({ type, id, label: id.slice(prefix.length) }));
}
