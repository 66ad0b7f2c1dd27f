import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { openRepo, openRevision } from '../access.js';
import { readNumber } from '../pages.js';
import type { DemoCommit, DemoKind, DemoRef } from '../repos.js';
import { flag } from '../rows/shape.js';
import { below } from './paths.js';

/** Branches, tags and commits. */
export const historyRoutes: DemoRoute[] = [
  { method: 'GET', pattern: below('/refs'), bucket: 'api', handle: refs },
  { method: 'GET', pattern: below('/commits/(.+)'), bucket: 'api', handle: commits },
];

function refs(request: DemoRequest): DemoResponse {
  const [kind, id = ''] = request.params;
  const all = openRepo(request, kind as DemoKind, id).refs;
  const pulls = flag(request.query, 'include_prs') || flag(request.query, 'include_pull_requests');
  const body = {
    branches: describe(all, 'branch', 'refs/heads/'),
    converts: describe(all, 'convert', 'refs/convert/'),
    tags: describe(all, 'tag', 'refs/tags/'),
    ...(pulls && { pullRequests: describe(all, 'pull', 'refs/pr/') }),
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
  const history = repo.commits.slice(
    Math.max(
      0,
      repo.commits.findIndex((commit) => commit.id === ref.commit),
    ),
  );
  const page = readNumber(request.query, 'p', { fallback: 0, max: 1e6, min: 0 });
  const limit = readNumber(request.query, 'limit', { fallback: 50, max: 1000 });
  const headers: Record<string, string> = { 'X-Total-Count': String(history.length) };
  if ((page + 1) * limit < history.length) {
    const next = new URL(request.url, request.origin);
    next.searchParams.set('p', String(page + 1));
    headers.Link = `<${next.href}>; rel="next"`;
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
