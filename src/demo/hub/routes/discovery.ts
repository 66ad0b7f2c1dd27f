import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee } from '../access.js';
import { authorData } from '../authors.js';
import { mongoId } from '../build/hashes.js';
import { authors } from '../data/authors.js';
import { papers } from '../data/papers.js';
import { readNumber } from '../pages.js';
import { invalid, Refused } from '../refusals.js';
import type { DemoKind, DemoRepo } from '../repos.js';
import { pick } from '../rows/index.js';
import { parameterCount } from '../search/filters.js';
import { reposOf } from '../world.js';

const KINDS: DemoKind[] = ['model', 'dataset', 'space'];

/** Types that the quick search takes; the demo answers those it has. */
const QUICK_TYPES = ['model', 'dataset', 'space', 'org', 'user', 'paper', 'collection', 'bucket'];

/** What trends, and the search over all kinds at once. */
export const discoveryRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/trending$/, bucket: 'api', handle: trending },
  { method: 'GET', pattern: /^\/api\/quicksearch$/, bucket: 'api', handle: quicksearch },
  { method: 'POST', pattern: /^\/api\/quicksearch$/, bucket: 'api', handle: quicksearch },
];

/** The first ten of each kind, or of the one that `type` names. */
function trending(request: DemoRequest): DemoResponse {
  const limit = readNumber(request.query, 'limit', { fallback: 10, max: 20 });
  const type = request.query.get('type') ?? 'all';
  const options = ['all', ...KINDS];
  if (!options.includes(type)) throw new Refused(unknownType(options, 'type'));
  const recentlyTrending = KINDS.filter((kind) => type === 'all' || type === kind).flatMap((kind) =>
    reposOf(kind)
      .filter((repo) => !repo.private && !repo.disabled && repo.trendingScore > 0)
      .sort((a, b) => b.trendingScore - a.trendingScore)
      .slice(0, limit)
      .map((repo) => ({ repoType: kind, repoData: { ...pick(repo, TRENDING[kind], request), ...more(repo) } })),
  );
  return { body: { recentlyTrending } };
}

const TRENDING: Record<DemoKind, string[]> = {
  model: ['author', 'downloads', 'gated', 'lastModified', 'likes', 'pipeline_tag', 'private'],
  dataset: ['author', 'downloads', 'gated', 'lastModified', 'likes', 'private'],
  space: [
    'author',
    'lastModified',
    'likes',
    'private',
    'title',
    'sdk',
    'emoji',
    'colorFrom',
    'colorTo',
    'shortDescription',
    'runtime',
    'pinned',
    'ai_short_description',
    'ai_category',
  ],
};

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
  if (types.some((type) => !QUICK_TYPES.includes(type))) throw new Refused(unknownType(QUICK_TYPES, 'type'));
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
      avatarUrl: `/avatars/${mongoId(`avatar ${name}`)}.svg`,
    }));
}

const findPapers = (words: string[]) =>
  papers
    .filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
    .map(({ id, title }) => ({ _id: mongoId(`paper ${id}`), id, title }));

const unknownType = (options: string[], field: string) =>
  invalid(`Invalid option: expected one of ${options.map((option) => JSON.stringify(option)).join('|')}`, field);
