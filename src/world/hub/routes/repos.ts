import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { canSee, historyOf, openContent, openRepo, openRevision } from '../access.js';
import { below, flag, linkTo, paginate, readNumber } from '../query.js';
import type { DemoCommit, DemoKind, DemoRef, DemoRepo } from '../repos.js';
import { detail, listRow } from '../rows.js';
import { applyFilters, applySort } from '../search.js';

/** Lists of repositories, what they are, and their history. */
export const repoRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/(model|dataset|space)s\/?$/, bucket: 'api', handle: list },
  { method: 'GET', pattern: below('/refs'), bucket: 'api', handle: refs },
  { method: 'GET', pattern: below('/commits/(.+)'), bucket: 'api', handle: commits },
  { method: 'GET', pattern: below('/revision/(.+)'), bucket: 'api', handle: info },
  {
    method: 'GET',
    pattern: /^\/api\/(model|dataset|space)s\/([^/]+\/[^/]+)\/auth-check$/,
    bucket: 'api',
    handle: authCheck,
  },
  { method: 'GET', pattern: below(''), bucket: 'api', handle: info },
];

/** Rows of a page without `limit`, and at most. */
const PAGE = 1000;

function list(request: DemoRequest): DemoResponse {
  const kind = request.params[0] as DemoKind;
  const visible = request.state.of(kind).filter((repo) => canSee(repo, request.user));
  const sorted = applySort(applyFilters(visible, request.query), kind, request.query);
  const limit = readNumber(request.query, 'limit', { fallback: PAGE, max: Number.MAX_SAFE_INTEGER });
  // Clients that want more than a page ask for all at once and follow the links.
  const { rows, headers } = paginate(request, sorted, Math.min(limit, PAGE));
  return { headers, body: rows.map((repo) => listRow(repo, request)) };
}

function info(request: DemoRequest): DemoResponse {
  const [kind, id = '', revision] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  return { body: detail(at(repo, revision || 'main'), request) };
}

/** The repository as it is at a revision: its hash and its files. */
function at(repo: DemoRepo, revision: string): DemoRepo {
  const ref = openRevision(repo, revision);
  return { ...repo, sha: ref.commit, refs: [ref] };
}

/** Says whether the caller may read the content: a plain OK, or the refusal. */
function authCheck(request: DemoRequest): DemoResponse {
  const [kind, id = ''] = request.params;
  openContent(request, openRepo(request, kind as DemoKind, id));
  return { body: 'OK' };
}

function refs(request: DemoRequest): DemoResponse {
  const [kind, id = ''] = request.params;
  const all = openRepo(request, kind as DemoKind, id).refs;
  const pulls = flag(request.query, 'include_prs') || flag(request.query, 'include_pull_requests');
  const body = {
    branches: describe(all, 'branch', 'refs/heads/'),
    converts: describe(all, 'convert', 'refs/convert/'),
    tags: describe(all, 'tag', 'refs/tags/'),
    pullRequests: pulls ? describe(all, 'pull', 'refs/pr/') : undefined,
  };
  return { body };
}

function describe(refs: DemoRef[], type: DemoRef['type'], prefix: string) {
  return refs
    .filter((ref) => ref.type === type)
    .map(({ name, commit }) => {
      const short = name.replace(prefix, '');
      return { name: short, ref: prefix + short, targetCommit: commit };
    });
}

/** Pages by number, unlike the other lists, with the count of all commits in a header. */
function commits(request: DemoRequest): DemoResponse {
  const [kind, id = '', revision = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  const ref = openRevision(repo, revision);
  const history = historyOf(repo, ref.commit);
  const page = readNumber(request.query, 'p', { fallback: 0, max: 1e6, min: 0 });
  const limit = readNumber(request.query, 'limit', { fallback: 50, max: 1000 });
  const headers: Record<string, string> = { 'X-Total-Count': String(history.length) };
  if ((page + 1) * limit < history.length) {
    const next = new URL(request.url, request.origin);
    next.searchParams.set('p', String(page + 1));
    headers.Link = linkTo(next);
  }
  return { headers, body: history.slice(page * limit, (page + 1) * limit).map(describeCommit) };
}

const describeCommit = ({ id, title, message, date, author }: DemoCommit) => ({
  id,
  title,
  message,
  authors: [{ user: author, avatar: `/avatars/${author}.svg` }],
  date,
});
