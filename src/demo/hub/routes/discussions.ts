import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { openRepo } from '../access.js';
import { mongoId } from '../build/hashes.js';
import { type DemoDiscussion, discussions } from '../data/discussions.js';
import { readNumber } from '../pages.js';
import { invalid, refuse } from '../refusals.js';
import type { DemoKind, DemoRepo } from '../repos.js';

const PAGE = 50;
const STATUSES = ['all', 'open', 'closed'];
const TYPES = ['all', 'discussion', 'pull_request'];

export const discussionsRoutes: DemoRoute[] = [
  {
    method: 'GET',
    pattern: /^\/api\/(model|dataset|space)s\/([^/]+(?:\/[^/]+)?)\/discussions$/,
    bucket: 'api',
    handle: list,
  },
  {
    method: 'GET',
    pattern: /^\/api\/(model|dataset|space)s\/([^/]+(?:\/[^/]+)?)\/discussions\/(\d+)$/,
    bucket: 'api',
    handle: one,
  },
];

function list(request: DemoRequest): DemoResponse {
  const { query } = request;
  const repo = repoOf(request);
  const status = query.get('status') ?? 'all';
  const type = query.get('type') ?? 'all';
  const page = readNumber(query, 'p', { fallback: 0, min: 0, max: 10_000 });
  if (!STATUSES.includes(status)) return invalid('Invalid option: expected one of "all"|"open"|"closed"', 'status');
  if (!TYPES.includes(type)) {
    return invalid('Invalid option: expected one of "all"|"discussion"|"pull_request"', 'type');
  }
  const author = query.get('author');
  const wanted = query.get('search')?.toLowerCase();
  const found = discussions
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
  return { body: { discussions: rows, count: found.length, start, numClosedDiscussions: countClosed(repo) } };
}

function one(request: DemoRequest): DemoResponse {
  const repo = repoOf(request);
  const found = discussions.find(
    (candidate) => isOf(candidate, repo) && candidate.number === Number(request.params[2]),
  );
  if (!found) return refuse(404, 'Discussion not found');
  const comments = found.comments.map((comment, index) => ({
    id: mongoId(`comment ${index} of ${repo.id} ${found.number}`),
    type: 'comment',
    author: { name: comment.author, type: 'user' },
    createdAt: comment.at,
    data: {
      edited: false,
      hidden: comment.text === undefined,
      latest: {
        raw: comment.text ?? 'This comment has been hidden',
        updatedAt: comment.at,
        author: { name: comment.author },
      },
    },
  }));
  const end = found.ended && {
    id: mongoId(`end of ${repo.id} ${found.number}`),
    type: 'status-change',
    author: { name: found.ended.author, type: 'user' },
    createdAt: found.ended.at,
    data: { status: found.status },
  };
  const changes = found.isPullRequest ? { base: 'refs/heads/main' } : undefined;
  return { body: { ...head(found, repo), changes, events: end ? [...comments, end] : comments } };
}

function head(discussion: DemoDiscussion, repo: DemoRepo) {
  const [first] = discussion.comments;
  return {
    num: discussion.number,
    author: { name: first?.author, type: 'user' },
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

const countClosed = (repo: DemoRepo) => discussions.filter((one) => isOf(one, repo) && !isOpen(one)).length;
