import { randomBytes } from 'node:crypto';
import type { DemoRequest, DemoResponse, DemoUser } from '../types.js';
import { authors, type PersonSeed, people, type TokenSeed, tokens } from './data.js';
import { mongoId } from './hashes.js';
import {
  disabled,
  type RefusalForm,
  RequestRefused,
  refuse,
  repoNotFound,
  revisionNotFound,
  unauthenticated,
} from './refusals.js';
import { type DemoCommit, type DemoFile, type DemoKind, type DemoRef, type DemoRepo, newId } from './repos.js';

const byToken = new Map(tokens.map((seed) => [seed.token, seed]));

/**
 * Gives an app a token.
 * @param of whose it is
 * @param scopes what it may
 * @param seconds that it lasts
 */
export function issueToken(of: TokenSeed['of'], scopes: readonly string[], seconds: number): string {
  const token = `hf_oauth_${randomBytes(24).toString('base64url')}`;
  const now = Date.now();
  const dates = { createdAt: new Date(now).toISOString(), expiresAt: new Date(now + seconds * 1000).toISOString() };
  byToken.set(token, { token, of, displayName: 'login', role: 'oauth', scopes, ...dates });
  return token;
}

/**
 * Reads the `Authorization` header.
 * @returns the account; `invalid` when a token came that is unknown, revoked or expired
 */
export function identify(authorization: string | undefined): { user?: DemoUser; invalid?: true } {
  if (authorization === undefined) return {};
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
  const seed = token ? byToken.get(token) : undefined;
  if (!seed || seed.expired || Date.parse(seed.expiresAt ?? '') < Date.now()) return { invalid: true };
  return { user: userOf(seed) };
}

function userOf(seed: TokenSeed): DemoUser {
  const person = people[seed.of];
  return {
    name: seed.of,
    token: seed.token,
    isPro: person.isPro,
    orgs: person.orgs.map(({ name }) => name),
    role: seed.role,
    writableOrgs: person.orgs.filter(({ role }) => role !== 'read').map(({ name }) => name),
    scopedTo: seed.scopes?.includes('read-repos') === false ? [] : seed.scoped?.map(({ owner }) => owner),
    scopes: seed.scoped,
    global: seed.global ?? [],
    canReadBilling:
      seed.role === 'oauth' || seed.scoped
        ? seed.scoped?.some(({ permissions }) => permissions.includes('user.billing.read')) === true ||
          seed.scopes?.includes('read-billing') === true
        : true,
    canReadGated:
      seed.scopes?.includes('gated-repos') ?? (seed.scoped === undefined || seed.canReadGatedRepos === true),
    granted: person.granted,
    awaiting: person.awaiting,
  };
}

/**
 * The answer of `/api/whoami-v2`.
 * @param user who asks; their token is one of the demo's
 */
export function whoami(user: DemoUser): Record<string, unknown> {
  const seed = byToken.get(user.token);
  if (!seed) throw new Error('not a token of the demo');
  const person = people[seed.of];
  return {
    type: 'user',
    id: mongoId(`user ${user.name}`),
    name: user.name,
    fullname: person.fullname,
    email: `${user.name}@example.org`,
    emailVerified: true,
    canPay: person.isPro,
    billingMode: 'postpaid',
    periodEnd: person.isPro ? 1_796_083_200 : null,
    isPro: person.isPro,
    avatarUrl: avatarUrl(user.name),
    orgs: person.orgs.map(({ name, role }) => ({
      type: 'org',
      id: mongoId(`org ${name}`),
      name,
      fullname: authors[name]?.fullname ?? name,
      email: null,
      canPay: false,
      billingMode: 'postpaid',
      periodEnd: null,
      avatarUrl: avatarUrl(name),
      roleInOrg: role,
      plan: authors[name]?.plan,
    })),
    auth: describeAuth(seed, person),
  };
}

/**
 * The answer of `/api/spaces/zero-gpu/quota`, in seconds; `current` is what is left. A window ends at the next midnight
 * of UTC.
 */
export function zeroGpuQuota(user: DemoUser): Record<string, unknown> {
  const { base, used, runs }: PersonSeed['zeroGpu'] = people[user.name as keyof typeof people].zeroGpu;
  const resetsAt = new Date(new Date().setUTCHours(24, 0, 0, 0)).toISOString();
  return {
    base,
    current: base - used,
    resetsAt,
    overquotaUsed: 0,
    runs: runs && { ...runs, remaining: runs.limit - runs.used, resetsAt },
  };
}

function describeAuth(seed: TokenSeed, person: PersonSeed): Record<string, unknown> {
  if (seed.role === 'oauth') return { type: 'oauth', expiresAt: seed.expiresAt ?? '2026-12-20T12:00:00.000Z' };
  const accessToken = { displayName: seed.displayName, role: seed.role, createdAt: seed.createdAt };
  if (!seed.scoped) return { type: 'access_token', accessToken };
  const fineGrained = {
    canReadGatedRepos: seed.canReadGatedRepos === true,
    global: seed.global ?? [],
    scoped: seed.scoped.map(({ owner, permissions }) => {
      const type = person.orgs.some(({ name }) => name === owner) ? 'org' : 'user';
      return { entity: { _id: mongoId(`${type} ${owner}`), type, name: owner }, permissions };
    }),
  };
  return { type: 'access_token', accessToken: { ...accessToken, fineGrained } };
}

/** Where the picture of a user or organisation is. */
export const avatarUrl = (name: string) => `/avatars/${mongoId(`avatar ${name}`)}.svg`;

/** What the API says of the owner of a repository. */
export function authorData(name: string): Record<string, unknown> {
  const known = authors[name];
  const type = known?.type ?? 'user';
  return {
    _id: mongoId(`${type} ${name}`),
    avatarUrl: avatarUrl(name),
    fullname: known?.fullname ?? name,
    name,
    type,
    isHf: false,
    isHfAdmin: false,
    isMod: false,
    ...(type === 'org' ? known?.plan && { plan: known.plan } : { isPro: known?.isPro ?? false }),
    followerCount: known?.followers ?? 0,
    isUserFollowing: false,
  };
}

/** Whether an account may know that a repository exists. */
export function canSee(repo: DemoRepo, user: DemoUser | undefined): boolean {
  if (!repo.private) return true;
  if (!user || (user.name !== repo.author && !user.orgs.includes(repo.author))) return false;
  return user.scopedTo?.includes(repo.author) ?? true;
}

/**
 * The repository that a request names.
 * @param form of the error's body
 * @throws RequestRefused 401 when it is missing or private and the caller anonymous, 404 with a token, 307 to its
 * present id when it was renamed or the case differs, 403 when it is disabled
 */
export function openRepo(request: DemoRequest, kind: DemoKind, id: string, form: RefusalForm = 'json'): DemoRepo {
  const repo = request.state.find(kind, newId(kind, id) ?? id);
  if (!repo || !canSee(repo, request.user)) {
    throw new RequestRefused(request.user ? repoNotFound(form) : unauthenticated(form));
  }
  if (repo.id !== id) throw new RequestRefused(redirectTo(request, id, repo.id));
  if (repo.disabled) throw new RequestRefused(disabled(form));
  return repo;
}

/** The same URL with the present id, whichever way the old one was written. */
function redirectTo(request: DemoRequest, from: string, to: string): DemoResponse {
  const spelt = request.url.includes(`/${from}`) ? from : from.split('/').map(encodeURIComponent).join('/');
  const location = request.url.replace(`/${spelt}`, `/${to}`);
  return { status: 307, headers: { Location: location }, body: `Temporary Redirect. Redirecting to ${location}` };
}

/**
 * The branch, tag, pull request or commit that a request names.
 * @param revision a name, or a commit's hash or its first seven digits or more
 * @throws RequestRefused 404 when there is none
 */
export function openRevision(repo: DemoRepo, revision: string, form: RefusalForm = 'json'): DemoRef {
  const name = revision === 'HEAD' ? 'main' : revision;
  const ref = repo.refs.find((candidate) => candidate.name === name || candidate.name === `refs/heads/${name}`);
  if (ref) return ref;
  const commit = /^[0-9a-f]{7,40}$/.test(name) ? findCommit(repo, name) : undefined;
  if (commit) return commit;
  throw new RequestRefused(revisionNotFound(revision, form));
}

function findCommit(repo: DemoRepo, prefix: string): DemoRef | undefined {
  const ref = repo.refs.find(({ commit }) => commit.startsWith(prefix));
  if (ref) return ref;
  const all = [...repo.commits, ...(repo.sideCommits ?? [])];
  const commit = all.find(({ id }) => id.startsWith(prefix));
  const main = repo.refs[0];
  return commit && main && { ...main, commit: commit.id, files: filesOf(repo, commit) };
}

/** The files at a commit. Those of the seeds hold what the newest of them does: no older versions are kept of them. */
export function filesOf(repo: DemoRepo, commit: DemoCommit): readonly DemoFile[] {
  if (commit.files) return commit.files;
  const newer = repo.commits.slice(0, repo.commits.indexOf(commit) + 1).reverse();
  return newer.find(({ files }) => files)?.files ?? repo.refs[0]?.files ?? [];
}

/** A commit and those before it, newest first. */
export function historyOf(repo: DemoRepo, id: string): DemoCommit[] {
  const at = repo.commits.findIndex((commit) => commit.id === id);
  if (at >= 0) return repo.commits.slice(at);
  const side = repo.sideCommits?.find((commit) => commit.id === id);
  return side ? [side, ...(side.parent ? historyOf(repo, side.parent) : [])] : repo.commits;
}

/** What a token's owner may do with what belongs to somebody, as fine-grained tokens name it. */
export type Permission = 'repo.write' | 'discussion.write' | 'job.write' | 'collection.write';

/** Whether a request may do something with what an owner has. */
export function mayDo({ user }: DemoRequest, permission: Permission, owner: string): boolean {
  if (!user || user.role === 'read' || user.role === 'oauth') return false;
  const isOwn = owner === user.name || user.writableOrgs.includes(owner);
  const isOpen = permission === 'discussion.write';
  if (user.role !== 'fineGrained') return isOwn || isOpen;
  const scoped = user.scopes?.some((scope) => scope.owner === owner && scope.permissions.includes(permission));
  return isOwn
    ? scoped === true || (isOpen && user.global.includes(permission))
    : isOpen && user.global.includes(permission);
}

/**
 * Lets a request through that changes something.
 * @throws RequestRefused 401 without a token, 403 where the token or its owner has no right to it
 */
export function admitWrite(request: DemoRequest, permission: Permission, owner: string, what: string): DemoUser {
  const { user } = request;
  if (!user) throw new RequestRefused(unauthenticated());
  if (mayDo(request, permission, owner)) return user;
  const message =
    user.role === 'read'
      ? `Forbidden: you must use a write token to ${what}.`
      : `You don't have the rights to ${what} under the namespace "${owner}"`;
  throw new RequestRefused(refuse(403, message));
}

/** Files of a gated repository that anyone may read. */
const OPEN_FILES = new Set(['README.md', '.gitattributes']);

/**
 * Checks that the caller may read a file's content, or all of a repository's content when no file is given.
 * @throws RequestRefused 401 when anonymous; 403 when access was not granted, when the authors have not answered yet,
 * and when a fine-grained token has no right to gated repositories
 */
export function openContent(request: DemoRequest, repo: DemoRepo, file?: DemoFile, form: RefusalForm = 'json'): void {
  const { user } = request;
  if (!repo.gated || (file && OPEN_FILES.has(file.path)) || user?.name === repo.author) return;
  const subject = `Access to ${repo.kind} ${repo.id} is restricted`;
  if (!user) {
    const message = `${subject}. You must have access to it and be authenticated to access it. Please log in.`;
    throw new RequestRefused(refuse(401, message, 'GatedRepo', form));
  }
  if (!user.canReadGated) {
    const message =
      'Please enable access to public gated repositories in your fine-grained token settings to view this repository.';
    throw new RequestRefused(refuse(403, message, undefined, form));
  }
  if (user.granted.includes(repo.id)) return;
  const message = user.awaiting.includes(repo.id)
    ? `Your request to access ${repo.kind} ${repo.id} is awaiting a review from the repo authors.`
    : `${subject} and you are not in the authorized list. Visit https://huggingface.co/${pagePath(repo)} to ask for access.`;
  throw new RequestRefused(refuse(403, message, 'GatedRepo', form));
}

/** Where a repository's page is: models at the root, the others below their kind. */
const pagePath = (repo: Pick<DemoRepo, 'kind' | 'id'>) =>
  repo.kind === 'model' ? repo.id : `${repo.kind}s/${repo.id}`;
