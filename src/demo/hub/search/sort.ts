import { invalid, Refused } from '../refusals.js';
import type { DemoKind, DemoRepo } from '../repos.js';
import { parameterCount } from './filters.js';

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
 * @throws Refused 400 for a key that the Hub does not know, such as one in snake_case
 */
export function applySort(repos: DemoRepo[], kind: DemoKind, query: URLSearchParams): DemoRepo[] {
  const name = query.get('sort') ?? 'trendingScore';
  const key = SORTS[kind][name];
  if (!key) throw new Refused(invalid(`Invalid sort parameter: ${name}`));
  const rising = query.get('direction') === '1' ? 1 : -1;
  return [...repos].sort((a, b) => rising * compare(key(a), key(b)) || compare(a.id, b.id));
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : Number(a > b);
}
