import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee } from '../access.js';
import { paginate, readNumber } from '../pages.js';
import type { DemoKind } from '../repos.js';
import { listRow } from '../rows/index.js';
import { applyFilters } from '../search/filters.js';
import { applySort } from '../search/sort.js';
import { reposOf } from '../world.js';

/** Rows of a page without `limit`, and at most. */
const PAGE = 1000;

/** The lists of models, datasets and Spaces. */
export const listRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/(model|dataset|space)s\/?$/, bucket: 'api', handle: list },
];

function list(request: DemoRequest): DemoResponse {
  const kind = request.params[0] as DemoKind;
  const visible = reposOf(kind).filter((repo) => canSee(repo, request.user));
  const sorted = applySort(applyFilters(visible, request.query), kind, request.query);
  const limit = readNumber(request.query, 'limit', { fallback: PAGE, max: Number.MAX_SAFE_INTEGER });
  // Clients that want more than a page ask for all at once and follow the links.
  const { rows, headers } = paginate(request, sorted, Math.min(limit, PAGE));
  return { headers, body: rows.map((repo) => listRow(repo, request)) };
}
