import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { admitWrite, authorData, avatarUrl, openRepo } from '../access.js';
import { writeCommit } from '../commit.js';
import type { DemoComment, DemoDiscussion } from '../data.js';
import { mongoId } from '../hashes.js';
import { below, flag, readNumber, readText } from '../query.js';
import { badOption, RequestRefused, refuse, unauthenticated } from '../refusals.js';
import type { DemoKind, DemoRepo } from '../repos.js';
import type { HubState } from '../state.js';
import { needText, nextNumber, openPull, readBody, textIn } from './write.js';

/** What people talk about beside repositories, and their pull requests. */
export const discussionRoutes: DemoRoute[] = [
  { method: 'GET', pattern: below('/discussions'), bucket: 'api', handle: listDiscussions },
  { method: 'POST', pattern: below('/discussions'), bucket: 'api', handle: startDiscussion },
  { method: 'GET', pattern: below('/discussions/(\\d+)'), bucket: 'api', handle: openDiscussion },
  { method: 'POST', pattern: below('/discussions/(\\d+)/comment'), bucket: 'api', handle: addComment },
  { method: 'POST', pattern: below('/discussions/(\\d+)/status'), bucket: 'api', handle: changeStatus },
  { method: 'POST', pattern: below('/discussions/(\\d+)/merge'), bucket: 'api', handle: merge },
];

const PAGE = 50;
const STATUSES = ['all', 'open', 'closed'];
const TYPES = ['all', 'discussion', 'pull_request'];
const ORDERS = ['recently-created', 'trending', 'reactions'];

function listDiscussions(request: DemoRequest): DemoResponse {
  const { query } = request;
  const repo = repoOf(request);
  const status = query.get('status') ?? 'all';
  const type = query.get('type') ?? 'all';
  const page = readNumber(query, 'p', { fallback: 0, min: 0, max: 10_000 });
  if (!STATUSES.includes(status)) return badOption(STATUSES, 'status');
  if (!TYPES.includes(type)) return badOption(TYPES, 'type');
  const sort = query.get('sort');
  if (sort !== null && !ORDERS.includes(sort)) return badOption(ORDERS, 'sort');
  const author = readText(query, 'author', { max: 42 });
  const wanted = query.get('search')?.toLowerCase();
  const found = request.state.discussions
    .filter((one) => isOf(one, repo))
    .filter((one) => status === 'all' || isOpen(one) === (status === 'open'))
    .filter((one) => type === 'all' || (one.isPullRequest === true) === (type === 'pull_request'))
    .filter((one) => !author || one.comments[0]?.author === author)
    .filter((one) => !wanted || one.title.toLowerCase().includes(wanted))
    .sort((a, b) => b.number - a.number);
  const start = page * PAGE;
  const rows = found.slice(start, start + PAGE).map((one) => ({
    ...head(one, repo),
    numComments: one.comments.length,
    pinned: false,
    topReactions: [],
    numReactionUsers: 0,
  }));
  return {
    body: { discussions: rows, count: found.length, start, numClosedDiscussions: countClosed(request.state, repo) },
  };
}

function openDiscussion(request: DemoRequest): DemoResponse {
  const { repo, found } = findDiscussion(request);
  const { query } = request;
  const ref = repo.refs.find(({ name }) => name === `refs/pr/${found.number}`);
  const commits = (repo.sideCommits ?? []).filter(({ id }) => id === ref?.commit);
  const more = found.isPullRequest
    ? {
        filesWithConflicts: [],
        changes: { base: 'refs/heads/main', mergeCommitId: found.mergeCommit },
        ...(flag(query, 'diff') && { diff: '' }),
      }
    : { isReport: false };
  const events = [
    ...found.comments.map((comment, index) => describeComment(found, comment, index)),
    ...commits.map((commit) => ({
      id: mongoId(`commit ${commit.id}`),
      type: 'commit',
      author: authorData(commit.author),
      createdAt: commit.date,
      data: { subject: commit.title, oid: commit.id },
    })),
    ...(found.ended ? [describeEnd(found, found.ended)] : []),
  ];
  return {
    body: {
      _id: mongoId(`discussion ${repo.id} ${found.number}`),
      ...head(found, repo),
      events: events.sort((a, b) => a.createdAt.localeCompare(b.createdAt)),
      pinned: false,
      locked: false,
      collection: 'discussions',
      ...more,
    },
  };
}

/** @throws RequestRefused 404 when there is none of that number */
function findDiscussion(request: DemoRequest): { repo: DemoRepo; found: DemoDiscussion } {
  const repo = repoOf(request);
  const number = Number(request.params[2]);
  const found = request.state.discussions.find((one) => isOf(one, repo) && one.number === number);
  if (!found) throw new RequestRefused(refuse(404, 'Discussion not found'));
  return { repo, found };
}

function describeComment({ repo, number }: DemoDiscussion, comment: DemoComment, index: number) {
  return {
    id: mongoId(`comment ${index} of ${repo} ${number}`),
    type: 'comment',
    author: authorData(comment.author),
    createdAt: comment.at,
    data: {
      edited: false,
      hidden: comment.text === undefined,
      latest: {
        raw: comment.text ?? 'This comment has been hidden',
        html: '',
        updatedAt: comment.at,
        author: authorData(comment.author),
      },
      numEdits: 0,
      editors: [comment.author],
      editorAvatarUrls: [avatarUrl(comment.author)],
      reactions: [],
    },
  };
}

const describeEnd = ({ repo, number, status }: DemoDiscussion, ended: { author: string; at: string }) => ({
  id: mongoId(`end of ${repo} ${number}`),
  type: 'status-change',
  author: authorData(ended.author),
  createdAt: ended.at,
  data: { status },
});

/** Puts another state of a discussion in its place: those of the seeds are not changed. */
function replace({ discussions }: HubState, before: DemoDiscussion, after: DemoDiscussion): DemoDiscussion {
  discussions[discussions.indexOf(before)] = after;
  return after;
}

function startDiscussion(request: DemoRequest): DemoResponse {
  const repo = repoOf(request);
  const user = admitWrite(request, 'discussion.write', repo.author, 'open a discussion');
  const body = readBody(request);
  const title = needText(body, 'title');
  const text = textIn(body, 'description') ?? '';
  const { state, origin } = request;
  const number = nextNumber(state, repo);
  const isPull = body.pullRequest === true;
  const [main] = repo.refs;
  if (isPull && main) openPull(request, repo, main, { author: user.name, title, message: text }, 'draft');
  else {
    const comments = [{ author: user.name, at: new Date().toISOString(), text }];
    state.discussions.push({ kind: repo.kind, repo: repo.id, number, title, status: 'open', comments });
  }
  const page = `${origin}/${repo.kind === 'model' ? '' : `${repo.kind}s/`}${repo.id}`;
  return { body: { num: number, pullRequest: isPull, url: `${page}/discussions/${number}` } };
}

function addComment(request: DemoRequest): DemoResponse {
  const { repo, found } = findDiscussion(request);
  const user = admitWrite(request, 'discussion.write', repo.author, 'comment on a discussion');
  const comment = { author: user.name, at: new Date().toISOString(), text: needText(readBody(request), 'comment') };
  replace(request.state, found, { ...found, comments: [...found.comments, comment] });
  return { status: 201, body: { newMessage: describeComment(found, comment, found.comments.length) } };
}

function changeStatus(request: DemoRequest): DemoResponse {
  const { repo, found } = findDiscussion(request);
  const { user } = request;
  if (!user) return unauthenticated();
  // Who opened it may close it, wherever it is.
  if (found.comments[0]?.author !== user.name) admitWrite(request, 'repo.write', repo.author, 'change a discussion');
  else admitWrite(request, 'discussion.write', repo.author, 'change a discussion');
  const body = readBody(request);
  const status = needText(body, 'status');
  if (status !== 'open' && status !== 'closed') return badOption(['open', 'closed'], 'status');
  if (found.status === 'merged') return refuse(400, 'This pull request was merged');
  const at = new Date().toISOString();
  const said = textIn(body, 'comment');
  const comments = said ? [...found.comments, { author: user.name, at, text: said }] : found.comments;
  const ended = status === 'closed' ? { author: user.name, at } : undefined;
  const after = replace(request.state, found, { ...found, status, comments, ended });
  return { body: { newStatus: describeEnd(after, { author: user.name, at }) } };
}

function merge(request: DemoRequest): DemoResponse {
  const { repo, found } = findDiscussion(request);
  const user = admitWrite(request, 'repo.write', repo.author, 'merge a pull request');
  const ref = repo.refs.find(({ name }) => name === `refs/pr/${found.number}`);
  if (!found.isPullRequest || !ref) return refuse(400, 'This is not a pull request');
  if (found.status !== 'open' && found.status !== 'draft') return refuse(400, `This pull request is ${found.status}`);
  const main = new Map(repo.refs[0]?.files.map((file) => [file.path, file]));
  const changes = [
    ...ref.files.filter(({ path, oid }) => main.get(path)?.oid !== oid).map((file) => ({ path: file.path, file })),
    ...[...main.keys()].filter((path) => !ref.files.some((file) => file.path === path)).map((path) => ({ path })),
  ];
  const saying = { author: user.name, title: `Merge pull request ${found.number}`, message: found.title };
  const commit = writeCommit(request.state, repo, 'main', changes, saying);
  const ended = { author: user.name, at: commit.date };
  replace(request.state, found, { ...found, status: 'merged', ended, mergeCommit: commit.id });
  return { body: { newStatus: { status: 'merged' }, mergeCommitId: commit.id } };
}

function head(discussion: DemoDiscussion, repo: DemoRepo) {
  const [first] = discussion.comments;
  return {
    num: discussion.number,
    author: authorData(first?.author ?? ''),
    repo: { name: repo.id, type: repo.kind },
    title: discussion.title,
    status: discussion.status,
    createdAt: first?.at,
    isPullRequest: discussion.isPullRequest === true,
  };
}

function repoOf(request: DemoRequest): DemoRepo {
  const [kind = '', id = ''] = request.params;
  return openRepo(request, kind as DemoKind, id);
}

const isOf = (discussion: DemoDiscussion, repo: DemoRepo) =>
  discussion.kind === repo.kind && discussion.repo === repo.id;

const isOpen = ({ status }: DemoDiscussion) => status === 'open' || status === 'draft';

const countClosed = ({ discussions }: HubState, repo: DemoRepo) =>
  discussions.filter((one) => isOf(one, repo) && !isOpen(one)).length;
