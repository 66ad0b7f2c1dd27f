import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { openContent, openRepo, openRevision } from '../access.js';
import type { DemoKind, DemoRepo } from '../repos.js';
import { detail } from '../rows/index.js';
import { below } from './paths.js';

/** One repository. */
export const repoRoutes: DemoRoute[] = [
  { method: 'GET', pattern: below('/revision/(.+)'), bucket: 'api', handle: info },
  { method: 'GET', pattern: below('/auth-check'), bucket: 'api', handle: authCheck },
  { method: 'GET', pattern: below(''), bucket: 'api', handle: info },
];

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
