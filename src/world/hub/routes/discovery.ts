import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { avatarUrl, canSee } from '../access.js';
import vocabulary from '../data/vocabulary.json';
import { authors, collections, papers } from '../data.js';
import { mongoId } from '../hashes.js';
import { readNumber, readText } from '../query.js';
import { badOption, RequestRefused } from '../refusals.js';
import { type DemoKind, type DemoRepo, datasets, models } from '../repos.js';
import { card } from '../rows.js';

const KINDS: DemoKind[] = ['model', 'dataset', 'space'];

/** Types that the quick search accepts; the small Hub finds nothing of the last two. */
const QUICK_TYPES = ['model', 'dataset', 'space', 'org', 'user', 'paper', 'collection', 'bucket', 'kernel'];

/** What trends, the search over all kinds at once, and the tags that models and datasets are filtered by. */
export const discoveryRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/trending$/, bucket: 'api', handle: trending },
  { method: 'GET', pattern: /^\/api\/quicksearch$/, bucket: 'api', handle: quicksearch },
  { method: 'POST', pattern: /^\/api\/quicksearch$/, bucket: 'api', handle: quicksearch },
  { method: 'GET', pattern: /^\/api\/models-tags-by-type$/, bucket: 'api', handle: answerTags(modelVocabulary) },
  { method: 'GET', pattern: /^\/api\/datasets-tags-by-type$/, bucket: 'api', handle: answerTags(datasetVocabulary) },
];

/** The first ten of each kind, or of the one that `type` names. */
function trending(request: DemoRequest): DemoResponse {
  const limit = readNumber(request.query, 'limit', { fallback: 10, max: 20 });
  const type = request.query.get('type') ?? 'all';
  const options = ['all', ...KINDS];
  if (!options.includes(type)) throw new RequestRefused(badOption(options, 'type'));
  const recentlyTrending = KINDS.filter((kind) => type === 'all' || type === kind).flatMap((kind) =>
    request.state
      .of(kind)
      .filter((repo) => !repo.private && !repo.disabled && repo.trendingScore > 0)
      .sort((a, b) => b.trendingScore - a.trendingScore)
      .slice(0, limit)
      .map((repo) => ({ repoType: kind, repoData: card(repo, request) })),
  );
  return { body: { recentlyTrending } };
}

function quicksearch(request: DemoRequest): DemoResponse {
  const { query, user, state } = request;
  readText(query, 'discussionId', { max: 24 });
  const limit = readNumber(query, 'limit', { fallback: 10, max: 20 });
  const types = query.getAll('type').flatMap((value) => value.split(','));
  if (types.some((type) => !QUICK_TYPES.includes(type))) throw new RequestRefused(badOption(QUICK_TYPES, 'type'));
  const wanted = (type: string) => types.length === 0 || types.includes(type);
  const words = (query.get('q') ?? '')
    .toLowerCase()
    .split(/[\s/]+/)
    .filter(Boolean);
  const body: Record<string, unknown> = { q: query.get('q') ?? '' };
  const put = (type: string, rows: unknown[], counted = true) => {
    const found = wanted(type) ? rows : [];
    body[`${type}s`] = found.slice(0, limit);
    if (counted) body[`${type}sCount`] = found.length;
  };
  for (const kind of KINDS) {
    const visible = state.of(kind).filter((repo) => canSee(repo, user));
    const found = visible.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
    put(kind, found.sort(byFame).map(describeHit));
  }
  for (const type of ['org', 'user']) put(type, findAuthors(type, words), false);
  put('paper', findPapers(words));
  put('collection', findCollections(words));
  for (const type of ['bucket', 'kernel']) put(type, []);
  return { body };
}

const describeHit = (repo: DemoRepo) => ({
  id: repo.id,
  private: repo.private,
  ...(repo.kind === 'space' && { emoji: repo.emoji }),
  trendingWeight: repo.trendingScore,
});

const byFame = (a: DemoRepo, b: DemoRepo) => b.likes - a.likes || (a.id < b.id ? -1 : 1);

function findAuthors(type: string, words: string[]): Record<string, unknown>[] {
  return Object.entries(authors)
    .filter(([name, { type: own }]) => own === type && words.every((word) => name.toLowerCase().includes(word)))
    .map(([name, { fullname }]) => ({
      _id: mongoId(`${type} ${name}`),
      [type === 'org' ? 'name' : 'user']: name,
      fullname,
      avatarUrl: avatarUrl(name),
    }));
}

const findPapers = (words: string[]) =>
  papers.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word))).map(({ id }) => ({ id }));

const findCollections = (words: string[]) =>
  collections
    .filter(({ private: hidden, title }) => !hidden && words.every((word) => title.toLowerCase().includes(word)))
    .map(({ owner, name, title, description }) => ({
      _id: mongoId(`collection ${owner}/${name}`),
      title,
      description,
    }));

interface Tag {
  id: string;
  label: string;
  type: string;
  subType?: string;
}

type Vocabulary = Record<string, Tag[]>;

/** All types of tags, or the one that `type` names. */
function answerTags(listTags: () => Vocabulary) {
  return ({ query }: DemoRequest): DemoResponse => {
    const type = query.get('type');
    const all = listTags();
    if (type === null) return { body: all };
    return all[type] ? { body: { [type]: all[type] } } : badOption(Object.keys(all), 'type');
  };
}

function modelVocabulary(): Vocabulary {
  return {
    pipeline_tag: taskTags('pipeline_tag', ''),
    library: named('library', vocabulary.libraries),
    dataset: used(models, 'dataset', 'dataset:'),
    language: named('language', vocabulary.languages),
    license: listed('license', vocabulary.licences),
    arxiv: used(models, 'arxiv', 'arxiv:'),
    doi: [],
    region: [{ type: 'region', id: 'region:us', label: 'us' }],
    bucket: [],
    deploy: [],
    other: listed('other', ['conversational', 'endpoints_compatible', 'text-generation-inference', 'custom_code'], ''),
  };
}

/** Kinds of tags that no dataset of the small Hub has. */
const UNUSED_TAGS = [
  'doi',
  'task_ids',
  'annotations_creators',
  'language_creators',
  'multilinguality',
  'source_datasets',
  'other',
];

function datasetVocabulary(): Vocabulary {
  return {
    task_categories: taskTags('task_categories', 'task_categories:'),
    size_categories: listed('size_categories', vocabulary.sizes),
    modality: listed('modality', vocabulary.modalities),
    format: listed('format', vocabulary.formats),
    library: named('library', vocabulary.datasetLibraries, 'library:'),
    language: named('language', vocabulary.languages, 'language:'),
    license: listed('license', vocabulary.licences),
    benchmark: [{ type: 'benchmark', id: 'benchmark:official', label: 'official' }],
    arxiv: used(datasets, 'arxiv', 'arxiv:'),
    ...Object.fromEntries(UNUSED_TAGS.map((type) => [type, []])),
    region: [{ type: 'region', id: 'region:us', label: 'us' }],
  };
}

function taskTags(type: string, prefix: string): Tag[] {
  return Object.entries(vocabulary.tasks).flatMap(([subType, ids]) =>
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

/** The tags of public repositories that have a prefix. */
function used(repos: readonly DemoRepo[], type: string, prefix: string): Tag[] {
  const tags = repos.filter((repo) => !repo.private).flatMap((repo) => repo.tags);
  const ids = [...new Set(tags.filter((tag) => tag.startsWith(prefix)))].sort();
  return ids.map((id) => ({ type, id, label: id.slice(prefix.length) }));
}
