import type { DemoRequest, DemoResponse, DemoRoute, DemoUser } from '../../types.js';
import { canSee } from '../access.js';
import { authorData } from '../authors.js';
import { mongoId } from '../build/hashes.js';
import { type CollectionItemSeed, type CollectionSeed, collections } from '../data/collections.js';
import { papers } from '../data/papers.js';
import { paginate, readNumber } from '../pages.js';
import { invalid, Refused, refuse } from '../refusals.js';
import type { DemoKind } from '../repos.js';
import { pick } from '../rows/index.js';
import { findRepo } from '../world.js';

const ITEMS_IN_LISTS = 4;
const FIELDS: Record<DemoKind, string[]> = {
  model: ['author', 'downloads', 'gated', 'lastModified', 'likes', 'pipeline_tag', 'private'],
  dataset: ['author', 'downloads', 'gated', 'lastModified', 'likes', 'private'],
  space: ['author', 'lastModified', 'likes', 'private', 'title', 'sdk', 'emoji', 'colorFrom', 'colorTo', 'runtime'],
};

const ORDERS: Record<string, (a: CollectionSeed, b: CollectionSeed) => number> = {
  lastModified: (a, b) => b.updated.localeCompare(a.updated),
  trending: (a, b) => b.trending - a.trending,
  upvotes: (a, b) => b.upvotes - a.upvotes,
};

export const collectionsRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/collections$/, bucket: 'api', handle: list },
  { method: 'GET', pattern: /^\/api\/collections\/([^/]+)\/([^/]+)$/, bucket: 'api', handle: one },
];

function list(request: DemoRequest): DemoResponse {
  const { query } = request;
  const limit = readNumber(query, 'limit', { fallback: 10, max: 100 });
  const sort = query.get('sort') ?? 'lastModified';
  const order = Object.hasOwn(ORDERS, sort) ? ORDERS[sort] : undefined;
  if (!order) throw new Refused(invalid('Invalid option: expected one of "upvotes"|"lastModified"|"trending"', 'sort'));
  const found = collections.filter((collection) => matches(collection, request)).sort(order);
  const { rows, headers } = paginate(request, found, limit);
  return { headers, body: rows.map((collection) => describe(collection, request, ITEMS_IN_LISTS)) };
}

/** Any slug with the right code is the collection: titles may change, and slugs with them. */
function one(request: DemoRequest): DemoResponse {
  const [owner, slug = ''] = request.params;
  const code = slug.slice(-24);
  const found = collections.find(
    (collection) => collection.owner === owner && codeOf(collection) === code && isVisible(collection, request.user),
  );
  if (!found) return refuse(404, 'Collection not found');
  return { body: describe(found, request, found.items.length) };
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

function describe(collection: CollectionSeed, request: DemoRequest, most: number): Record<string, unknown> {
  const { owner, name, title, description, updated, upvotes, theme } = collection;
  const slug = `${owner}/${name}-${codeOf(collection)}`;
  const items = collection.items.flatMap((item, index) => describeItem(item, index, request));
  return {
    slug,
    title,
    ...(description ? { description } : {}),
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

/** The fields of the thing itself, flat beside those of its place; nothing of what the caller may not see. */
function describeItem(item: CollectionItemSeed, position: number, request: DemoRequest): Record<string, unknown>[] {
  const place = {
    _id: mongoId(`item ${item.type} ${item.id}`),
    position,
    type: item.type,
    ...(item.note ? { note: { html: item.note, text: item.note } } : {}),
  };
  if (item.type === 'paper') {
    const paper = papers.find(({ id }) => id === item.id);
    if (!paper) return [];
    const { id, title, upvotes, published } = paper;
    return [{ ...place, id, title, upvotes, publishedAt: `${published}T00:00:00.000Z`, isUpvotedByUser: false }];
  }
  const repo = findRepo(item.type, item.id);
  if (!repo || !canSee(repo, request.user)) return [];
  return [{ ...place, ...pick(repo, FIELDS[item.type], request), repoType: item.type }];
}
