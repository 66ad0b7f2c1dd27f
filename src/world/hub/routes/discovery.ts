import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { authorData, avatarUrl, canSee } from '../access.js';
import vocabulary from '../data/vocabulary.json';
import { authors, papers } from '../data.js';
import { mongoId } from '../hashes.js';
import { readNumber } from '../query.js';
import { badOption, RequestRefused } from '../refusals.js';
import { type DemoKind, type DemoRepo, datasets, models, reposOf } from '../repos.js';
import { pick } from '../rows.js';
import { parameterCount } from '../search.js';

const KINDS: DemoKind[] = ['model', 'dataset', 'space'];

/** Types that the quick search accepts; the small Hub finds nothing of the last two. */
const QUICK_TYPES = ['model', 'dataset', 'space', 'org', 'user', 'paper', 'collection', 'bucket'];

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
    reposOf(kind)
      .filter((repo) => !repo.private && !repo.disabled && repo.trendingScore > 0)
      .sort((a, b) => b.trendingScore - a.trendingScore)
      .slice(0, limit)
      .map((repo) => ({ repoType: kind, repoData: { ...pick(repo, 'trending', request), ...more(repo) } })),
  );
  return { body: { recentlyTrending } };
}

function more(repo: DemoRepo): Record<string, unknown> {
  return {
    authorData: authorData(repo.author),
    repoType: repo.kind,
    ...(repo.kind === 'model' && {
      availableInferenceProviders: repo.providers.map(({ provider }) => provider),
      numParameters: parameterCount(repo),
      widgetOutputUrls: [],
    }),
  };
}

function quicksearch(request: DemoRequest): DemoResponse {
  const { query, user } = request;
  const limit = readNumber(query, 'limit', { fallback: 10, max: 20 });
  const types = query.getAll('type').flatMap((value) => value.split(','));
  if (types.some((type) => !QUICK_TYPES.includes(type))) throw new RequestRefused(badOption(QUICK_TYPES, 'type'));
  const wanted = (type: string) => types.length === 0 || types.includes(type);
  const words = (query.get('q') ?? '')
    .toLowerCase()
    .split(/[\s/]+/)
    .filter(Boolean);
  const body: Record<string, unknown[]> = {};
  for (const kind of KINDS.filter(wanted)) {
    const visible = reposOf(kind).filter((repo) => canSee(repo, user));
    const found = visible.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word)));
    body[`${kind}s`] = found
      .sort(byFame)
      .slice(0, limit)
      .map(({ _id, id, private: hidden }) => ({ _id, id, private: hidden }));
  }
  for (const type of ['org', 'user'].filter(wanted)) body[`${type}s`] = findAuthors(type, words).slice(0, limit);
  if (wanted('paper')) body.papers = findPapers(words).slice(0, limit);
  for (const type of ['collection', 'bucket'].filter(wanted)) body[`${type}s`] = [];
  return { body };
}

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
  papers
    .filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
    .map(({ id, title }) => ({ _id: mongoId(`paper ${id}`), id, title }));

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
    other: listed('other', ['conversational', 'endpoints_compatible', 'text-generation-inference', 'custom_code'], ''),
  };
}

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
