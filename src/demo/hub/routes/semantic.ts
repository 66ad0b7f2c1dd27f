import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { categorySlugs } from '../data/categories.js';
import { readNumber } from '../pages.js';
import { invalid, Refused } from '../refusals.js';
import type { DemoSpaceRepo } from '../repos.js';
import { pick } from '../rows/index.js';
import { flag } from '../rows/shape.js';
import { SEMANTIC_HIT } from '../rows/space.js';
import { applyFilters } from '../search/filters.js';
import { relevance } from '../search/semantic.js';
import { spaces } from '../world.js';

/** Hits of the one batch that there is. */
const BATCH = 100;

/** Characters of a question. */
const LONGEST = 250;

/** The search for Spaces by what they do. */
export const semanticRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/spaces\/semantic-search$/, bucket: 'api', handle: search },
];

function search(request: DemoRequest): DemoResponse {
  const { query } = request;
  const question = readQuestion(query);
  const limit = Math.min(BATCH, readNumber(query, 'limit', { fallback: BATCH, max: 1000 }));
  const hits = candidates(query)
    .map((space) => ({ space, score: question ? relevance(space, question) : 0 }))
    .filter(({ score }) => !question || score > 0)
    .sort((a, b) => b.score - a.score || b.space.likes - a.space.likes)
    .slice(0, limit);
  const body = hits.map(({ space, score }) => ({
    ...pick(space, SEMANTIC_HIT, request),
    semanticRelevancyScore: Math.round(score * 1e4) / 1e4,
  }));
  return { body };
}

/** @throws Refused 400 when it is too long, or missing where no category stands in for it */
function readQuestion(query: URLSearchParams): string {
  const question = query.get('q') ?? '';
  if (question.length > LONGEST) {
    throw new Refused(invalid(`Too big: expected string to have <=${LONGEST} characters`, 'q'));
  }
  const category = query.get('category');
  if (category !== null && !categorySlugs.includes(category)) {
    const options = categorySlugs.map((slug) => JSON.stringify(slug)).join('|');
    throw new Refused(invalid(`Invalid option: expected one of ${options}`, 'category'));
  }
  if (question.trim() === '' && category === null) {
    throw new Refused(invalid('Invalid input: expected string, received undefined', 'q'));
  }
  return question.trim();
}

/** Public Spaces that pass the filters; those that are not running only when asked for. */
function candidates(query: URLSearchParams): DemoSpaceRepo[] {
  const sdks = query.getAll('sdk').flatMap((value) => value.split(','));
  const category = query.get('category');
  const tags = new URLSearchParams([...query].filter(([name]) => name === 'filter'));
  const tagged = new Set(applyFilters(spaces, tags));
  return spaces.filter(
    (space) =>
      !space.private &&
      !space.disabled &&
      tagged.has(space) &&
      (sdks.length === 0 || sdks.includes(space.sdk)) &&
      (category === null || space.aiCategory === category) &&
      (!flag(query, 'agents') || space.sdk === 'gradio') &&
      (flag(query, 'includeNonRunning') || space.runtime.stage.startsWith('RUNNING')),
  );
}
