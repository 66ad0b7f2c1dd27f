import searchData from './data/search.json';
import { badParameter, RequestRefused } from './refusals.js';
import type { DemoKind, DemoModel, DemoRepo, DemoSpaceRepo } from './repos.js';

/** The categories that the Hub's own model sorts Spaces into, by the slug that the semantic search takes. */
const categories: Record<string, string> = searchData.categories;

export const categorySlugs = Object.keys(categories);

/** What a row shows for a slug. */
export const categoryLabel = (slug: string) => categories[slug] ?? slug;

type Test = (repo: DemoRepo) => boolean;

/** Tags that a model must have for an app to run it. */
const APPS: Record<string, string> = {
  'llama.cpp': 'gguf',
  lmstudio: 'gguf',
  ollama: 'gguf',
  jan: 'gguf',
  vllm: 'transformers',
  sglang: 'transformers',
};

/** What each parameter of a list lets through; parameters that are not here filter nothing. */
const FILTERS: Record<string, (value: string) => Test> = {
  search: (value) => hasAllWords(value),
  author: (value) => (repo) => repo.author.toLowerCase() === value.toLowerCase(),
  filter: (value) => hasTags(value),
  pipeline_tag: (value) => (repo) => repo.kind === 'model' && repo.pipelineTag === value,
  library: (value) => hasTags(value),
  apps: (value) =>
    hasTags(
      split(value)
        .map((app) => APPS[app] ?? app)
        .join(','),
    ),
  gated: (value) => (repo) => (repo.gated !== false) === /^(?:true|1)$/i.test(value),
  inference: (value) => (repo) => value === 'warm' && providersOf(repo).length > 0,
  inference_provider: (value) => servedBy(split(value)),
  num_parameters: (value) => hasParameters(value),
  trained_dataset: (value) =>
    hasTags(
      split(value)
        .map((id) => `dataset:${id}`)
        .join(','),
    ),
  models: (value) => (repo) => repo.kind === 'space' && repo.models.includes(value),
  datasets: (value) => (repo) => repo.kind === 'space' && repo.datasets.includes(value),
  linked: (value) => (repo) =>
    !/^(?:true|1)$/i.test(value) || (repo.kind === 'space' && repo.models.length + repo.datasets.length > 0),
};

/**
 * The repositories that pass every filter of a query; a filter that is repeated counts each time.
 * @throws RequestRefused 400 for a value that does not parse
 */
export function applyFilters(repos: readonly DemoRepo[], query: URLSearchParams): DemoRepo[] {
  const tests = [...query].flatMap(([name, value]) => {
    const filter = FILTERS[name.replace(/\[\]$/, '')];
    return filter && value !== '' ? [filter(value)] : [];
  });
  return repos.filter((repo) => tests.every((test) => test(repo)));
}

const split = (value: string) => value.split(',').map((part) => part.trim());

/** The search of the lists is a substring search over ids, and nothing else: every word must be in the id. */
function hasAllWords(value: string): Test {
  const words = value.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ id }) => words.every((word) => id.toLowerCase().includes(word));
}

/** Models carry a language as the bare code, datasets with its prefix: either is found by the prefixed form. */
function hasTags(value: string): Test {
  const wanted = split(value).map((tag) => tag.toLowerCase());
  return (repo) => {
    const tags = new Set(repo.tags.map((tag) => tag.toLowerCase()));
    return wanted.every((tag) => tags.has(tag) || (repo.kind === 'model' && tags.has(tag.replace(/^language:/, ''))));
  };
}

const providersOf = (repo: DemoRepo): DemoModel['providers'] => (repo.kind === 'model' ? repo.providers : []);

function servedBy(names: string[]): Test {
  return (repo) => providersOf(repo).some(({ provider }) => names.includes('all') || names.includes(provider));
}

function hasParameters(value: string): Test {
  const range = parameterRange(value);
  if (!range) throw new RequestRefused(badParameter(`Invalid num_parameters: ${value}`, 'num_parameters'));
  return (repo) => {
    const count = parameterCount(repo);
    return count !== undefined && count >= range.min && count <= range.max;
  };
}

/** Parameters of a model, from whichever of its formats tells. */
export function parameterCount(repo: DemoRepo): number | undefined {
  return repo.kind === 'model' ? (repo.safetensors?.total ?? repo.gguf?.total) : undefined;
}

const UNITS: Record<string, number> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/**
 * Reads `num_parameters`: `min:6B,max:128B`, either part alone, or a number alone for the minimum.
 * @returns undefined when it does not parse
 */
function parameterRange(text: string): { min: number; max: number } | undefined {
  const range = { min: 0, max: Number.POSITIVE_INFINITY };
  for (const part of text.split(',')) {
    const match = /^(?:(min|max):)?(\d+(?:\.\d+)?)([KMBT]?)$/i.exec(part.trim());
    if (!match) return undefined;
    const [, bound = 'min', number, unit = ''] = match;
    range[bound.toLowerCase() as 'min' | 'max'] = Number(number) * (UNITS[unit.toUpperCase()] ?? 1);
  }
  return range;
}

type Key = (repo: DemoRepo) => number | string;

const counted: Record<string, Key> = {
  createdAt: (repo) => repo.createdAt,
  id: (repo) => repo.id,
  lastModified: (repo) => repo.lastModified,
  likes: (repo) => repo.likes,
  // The demo has no history of likes; what trends is what was liked lately.
  likes30d: (repo) => repo.trendingScore,
  trendingScore: (repo) => repo.trendingScore,
};

const downloaded: Record<string, Key> = {
  ...counted,
  downloads: (repo) => (repo.kind === 'space' ? 0 : repo.downloads),
  mainSize: (repo) => (repo.kind === 'dataset' ? repo.mainSize : repo.usedStorage),
};

/** What each list can be sorted by. */
const SORTS: Record<DemoKind, Record<string, Key>> = {
  model: { ...downloaded, num_parameters: (repo) => parameterCount(repo) ?? 0 },
  dataset: {
    ...downloaded,
    'datasetsServerInfo.numRows': (repo) => (repo.kind === 'dataset' ? (repo.numRows ?? 0) : 0),
  },
  space: counted,
};

/**
 * Sorts by the query's `sort`, or by what trends: falling, unless `direction` is 1. Ties go by id.
 * @throws RequestRefused 400 for a key that the Hub does not know, such as one in snake_case
 */
export function applySort(repos: DemoRepo[], kind: DemoKind, query: URLSearchParams): DemoRepo[] {
  const name = query.get('sort') ?? 'trendingScore';
  const key = SORTS[kind][name];
  if (!key) throw new RequestRefused(badParameter(`Invalid sort parameter: ${name}`));
  const rising = query.get('direction') === '1' ? 1 : -1;
  return [...repos].sort((a, b) => rising * compare(key(a), key(b)) || compare(a.id, b.id));
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : Number(a > b);
}

/** Hits below this are noise. */
const THRESHOLD = 0.34;

/** How much a word counts by where it stands. */
function weightedWords(space: DemoSpaceRepo): [weight: number, words: string[]][] {
  return [
    [1, meaningful(`${space.title} ${space.id.split('/')[1]}`)],
    [0.95, meaningful(`${space.shortDescription ?? ''} ${space.aiShortDescription}`)],
    [0.9, meaningful(space.tags.filter((tag) => !tag.includes(':')).join(' '))],
    [0.85, meaningful(categoryLabel(space.aiCategory))],
    [0.7, meaningful(space.models.join(' '))],
  ];
}

const indexed = new WeakMap<DemoSpaceRepo, [number, string[]][]>();

function indexOf(space: DemoSpaceRepo): [number, string[]][] {
  const known = indexed.get(space) ?? weightedWords(space);
  indexed.set(space, known);
  return known;
}

/**
 * How well a Space fits a question, from 0 to 1. The Hub compares embeddings; here words, their stems and their
 * synonyms do the same service. As at the Hub, a single word is looked up as it is.
 */
export function relevance(space: DemoSpaceRepo, query: string): number {
  if (words(query).length === 1) return literal(space, words(query)[0] ?? '');
  const wanted = meaningful(query);
  if (wanted.length === 0) return 0;
  const scores = wanted.map((word) => best(indexOf(space), word));
  const score = scores.reduce((sum, one) => sum + one, 0) / wanted.length;
  return score >= THRESHOLD ? Math.min(1, score) : 0;
}

function best(index: [number, string[]][], word: string): number {
  return Math.max(...index.flatMap(([weight, own]) => own.map((one) => weight * nearness(word, one))), 0);
}

/** Full text: the word itself, or one with the same stem. */
function literal(space: DemoSpaceRepo, word: string): number {
  const found = indexOf(space).find(([, own]) => own.some((one) => one === stem(word) || one.startsWith(stem(word))));
  return found?.[0] ?? 0;
}

/** Words that say nothing of what a Space does. */
const STOP = new Set(searchData.stopWords.split(' '));

/** Words that mean the same here; an embedding would put them side by side. */
const SYNONYMS = searchData.synonyms.map((line) => line.split(' ').map(stem));

const groups = new Map<string, number>(SYNONYMS.flatMap((words, index) => words.map((word) => [word, index] as const)));

/** Words that carry meaning, cut to their stems. */
function meaningful(text: string): string[] {
  return [
    ...new Set(
      words(text)
        .filter((word) => !STOP.has(word))
        .map(stem),
    ),
  ];
}

/** All words, in lower case; compounds give their parts as well. */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** How near two stems are: 1 the same, less for one that begins like the other or means the same, 0 for strangers. */
function nearness(a: string, b: string): number {
  if (a === b) return 1;
  const group = groups.get(a);
  if (group !== undefined && group === groups.get(b)) return 0.8;
  return a.length >= 4 && b.length >= 4 && (a.startsWith(b) || b.startsWith(a)) ? 0.6 : 0;
}

/** Cuts English endings: enough for `images`, `generating` and `generation` to meet. */
export function stem(word: string): string {
  if (word.length <= 4) return word.replace(/(?<=\w{3})s$/, '');
  return word.replace(/(?:ations?|ators?|ating|ated|ates?|ions?|ings?|ers?|ed|es|s|e)$/, '');
}
