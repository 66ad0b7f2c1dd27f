import type { DemoRequest, DemoResponse, DemoRoute, DemoUser } from '../../types.js';
import { authorData, canSee, openRepo } from '../access.js';
import {
  type CollectionItemSeed,
  type CollectionSeed,
  collections,
  type DemoDiscussion,
  discussions,
  papers,
} from '../data.js';
import { mongoId } from '../hashes.js';
import { below, paginate, readNumber } from '../query.js';
import { badOption, RequestRefused, refuse } from '../refusals.js';
import { type DemoKind, type DemoRepo, repoById } from '../repos.js';
import { pick } from '../rows.js';

/** Collections, and the discussions beside repositories. */
export const communityRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/collections$/, bucket: 'api', handle: listCollections },
  { method: 'GET', pattern: /^\/api\/collections\/([^/]+)\/([^/]+)$/, bucket: 'api', handle: openCollection },
  { method: 'GET', pattern: below('/discussions'), bucket: 'api', handle: listDiscussions },
  { method: 'GET', pattern: below('/discussions/(\\d+)'), bucket: 'api', handle: openDiscussion },
];

const ITEMS_IN_LISTS = 4;

const ORDERS: Record<string, (a: CollectionSeed, b: CollectionSeed) => number> = {
  upvotes: (a, b) => b.upvotes - a.upvotes,
  lastModified: (a, b) => b.updated.localeCompare(a.updated),
  trending: (a, b) => b.trending - a.trending,
};

function listCollections(request: DemoRequest): DemoResponse {
  const { query } = request;
  const limit = readNumber(query, 'limit', { fallback: 10, max: 100 });
  const sort = query.get('sort') ?? 'lastModified';
  const order = Object.hasOwn(ORDERS, sort) ? ORDERS[sort] : undefined;
  if (!order) throw new RequestRefused(badOption(Object.keys(ORDERS), 'sort'));
  const found = collections.filter((collection) => matches(collection, request)).sort(order);
  const { rows, headers } = paginate(request, found, limit);
  return { headers, body: rows.map((collection) => describeCollection(collection, request, ITEMS_IN_LISTS)) };
}

/** Any slug with the right code finds the collection: titles may change, and slugs with them. */
function openCollection(request: DemoRequest): DemoResponse {
  const [owner, slug = ''] = request.params;
  const code = slug.slice(-24);
  const found = collections.find(
    (collection) => collection.owner === owner && codeOf(collection) === code && isVisible(collection, request.user),
  );
  if (!found) return refuse(404, 'Collection not found');
  return { body: describeCollection(found, request, found.items.length) };
}

function matches(collection: CollectionSeed, { query, user }: DemoRequest): boolean {
  const owners = query.getAll('owner');
  const wanted = query.getAll('item');
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${collection.title} ${collection.description ?? ''} ${collection.owner}`.toLowerCase();
  return (
    isVisible(collection, user) &&
    (owners.length === 0 || owners.includes(collection.owner)) &&
    wanted.every((item) => collection.items.some(({ type, id }) => `${type}s/${id}` === item)) &&
    words.every((word) => text.includes(word))
  );
}

function isVisible({ private: hidden, owner }: CollectionSeed, user: DemoUser | undefined): boolean {
  return !hidden || user?.name === owner || user?.orgs.includes(owner) === true;
}

const codeOf = ({ owner, name }: CollectionSeed) => mongoId(`collection ${owner}/${name}`);

function describeCollection(collection: CollectionSeed, request: DemoRequest, most: number): Record<string, unknown> {
  const { owner, name, title, description, updated, upvotes, theme } = collection;
  const slug = `${owner}/${name}-${codeOf(collection)}`;
  const items = collection.items.flatMap((item, index) => describeItem(item, index, request));
  return {
    slug,
    title,
    description,
    gating: false,
    lastUpdated: updated,
    owner: authorData(owner),
    items: items.slice(0, most),
    theme,
    private: collection.private ?? false,
    upvotes,
    isUpvotedByUser: false,
    shareUrl: `https://hf.co/collections/${slug}`,
  };
}

/** The fields of the item beside those of its place in the collection; nothing when the caller may not see it. */
function describeItem(item: CollectionItemSeed, position: number, request: DemoRequest): Record<string, unknown>[] {
  const place = {
    _id: mongoId(`item ${item.type} ${item.id}`),
    position,
    type: item.type,
    note: item.note && { html: item.note, text: item.note },
  };
  if (item.type === 'paper') {
    const paper = papers.find(({ id }) => id === item.id);
    if (!paper) return [];
    const { id, title, upvotes, published } = paper;
    return [{ ...place, id, title, upvotes, publishedAt: `${published}T00:00:00.000Z`, isUpvotedByUser: false }];
  }
  const repo = repoById(item.type, item.id);
  if (!repo || !canSee(repo, request.user)) return [];
  return [{ ...place, ...pick(repo, 'item', request), repoType: item.type }];
}

const PAGE = 50;
const STATUSES = ['all', 'open', 'closed'];
const TYPES = ['all', 'discussion', 'pull_request'];

function listDiscussions(request: DemoRequest): DemoResponse {
  const { query } = request;
  const repo = repoOf(request);
  const status = query.get('status') ?? 'all';
  const type = query.get('type') ?? 'all';
  const page = readNumber(query, 'p', { fallback: 0, min: 0, max: 10_000 });
  if (!STATUSES.includes(status)) return badOption(STATUSES, 'status');
  if (!TYPES.includes(type)) return badOption(TYPES, 'type');
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

function openDiscussion(request: DemoRequest): DemoResponse {
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
