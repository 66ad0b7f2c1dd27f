import type { DemoRequest, DemoResponse, DemoUser } from '../types.js';
import {
  disabled,
  type RefusalForm,
  Refused,
  refuse,
  repoNotFound,
  revisionNotFound,
  unauthenticated,
} from './refusals.js';
import type { DemoFile, DemoKind, DemoRef, DemoRepo } from './repos.js';
import { findRepo, newId } from './world.js';

/** Whether an account may know that a repository exists. */
export function canSee(repo: DemoRepo, user: DemoUser | undefined): boolean {
  if (!repo.private) return true;
  if (!user || (user.name !== repo.author && !user.orgs.includes(repo.author))) return false;
  return user.scopedTo?.includes(repo.author) ?? true;
}

/**
 * The repository that a request names.
 * @param form of the error's body
 * @throws Refused 401 when it is missing or private and the caller anonymous, 404 with a token, 307 to its present id
 * when it was renamed or is spelt with other capitals, 403 when it is disabled
 */
export function openRepo(request: DemoRequest, kind: DemoKind, id: string, form: RefusalForm = 'json'): DemoRepo {
  const repo = findRepo(kind, newId(kind, id) ?? id);
  if (!repo || !canSee(repo, request.user)) {
    throw new Refused(request.user ? repoNotFound(form) : unauthenticated(form));
  }
  if (repo.id !== id) throw new Refused(redirectTo(request, id, repo.id));
  if (repo.disabled) throw new Refused(disabled(form));
  return repo;
}

/** The same URL with the present id, whichever way the old one was written. */
function redirectTo(request: DemoRequest, from: string, to: string): DemoResponse {
  const spelt = request.url.includes(`/${from}`) ? from : from.split('/').map(encodeURIComponent).join('/');
  const location = request.url.replace(`/${spelt}`, `/${to}`);
  return { status: 307, headers: { Location: location }, body: `Temporary Redirect. Redirecting to ${location}` };
}

/**
 * The branch, tag, pull request or commit that a request names. Every commit holds the files of its branch's head: the
 * demo keeps no older versions.
 * @param revision a name, or a commit's hash or its first seven digits or more
 * @throws Refused 404 when there is none
 */
export function openRevision(repo: DemoRepo, revision: string, form: RefusalForm = 'json'): DemoRef {
  const name = revision === 'HEAD' ? 'main' : revision;
  const ref = repo.refs.find((candidate) => candidate.name === name || candidate.name === `refs/heads/${name}`);
  if (ref) return ref;
  const commit = /^[0-9a-f]{7,40}$/.test(name) ? findCommit(repo, name) : undefined;
  if (commit) return commit;
  throw new Refused(revisionNotFound(revision, form));
}

function findCommit(repo: DemoRepo, prefix: string): DemoRef | undefined {
  const ref = repo.refs.find(({ commit }) => commit.startsWith(prefix));
  if (ref) return ref;
  const commit = repo.commits.find(({ id }) => id.startsWith(prefix));
  const main = repo.refs[0];
  return commit && main && { ...main, commit: commit.id };
}

/** Files of a gated repository that everybody may read. */
const OPEN_FILES = new Set(['README.md', '.gitattributes']);

/**
 * Lets a caller at a file's content, or at all of a repository's content when no file is given.
 * @throws Refused in the four ways of a gated repository: 401 when anonymous; 403 when not granted, when the authors
 * have not answered yet, and when a fine-grained token has no right to gated repositories
 */
export function openContent(request: DemoRequest, repo: DemoRepo, file?: DemoFile, form: RefusalForm = 'json'): void {
  const { user } = request;
  if (!repo.gated || (file && OPEN_FILES.has(file.path)) || user?.name === repo.author) return;
  const subject = `Access to ${repo.kind} ${repo.id} is restricted`;
  if (!user) {
    const message = `${subject}. You must have access to it and be authenticated to access it. Please log in.`;
    throw new Refused(refuse(401, message, 'GatedRepo', form));
  }
  if (!user.canReadGated) {
    const message =
      'Please enable access to public gated repositories in your fine-grained token settings to view this repository.';
    throw new Refused(refuse(403, message, undefined, form));
  }
  if (user.granted.includes(repo.id)) return;
  const message = user.awaiting.includes(repo.id)
    ? `Your request to access ${repo.kind} ${repo.id} is awaiting a review from the repo authors.`
    : `${subject} and you are not in the authorized list. Visit https://huggingface.co/${pagePath(repo)} to ask for access.`;
  throw new Refused(refuse(403, message, 'GatedRepo', form));
}

/** Where a repository's page is: models at the root, the others below their kind. */
const pagePath = (repo: Pick<DemoRepo, 'kind' | 'id'>) =>
  repo.kind === 'model' ? repo.id : `${repo.kind}s/${repo.id}`;
