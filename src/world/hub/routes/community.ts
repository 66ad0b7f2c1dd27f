import { createHash } from 'node:crypto';
import type { DemoRequest, DemoResponse, DemoRoute, DemoUser } from '../../types.js';
import { authorData, avatarUrl, canSee } from '../access.js';
import {
  authors,
  type CollectionItemSeed,
  type CollectionSeed,
  collections,
  discussions,
  papers,
  people,
  type StorageSeed,
  storages,
} from '../data.js';
import { commitId, mongoId } from '../hashes.js';
import { paginate, readNumber } from '../query.js';
import { badOption, RequestRefused, refuse } from '../refusals.js';
import type { DemoKind } from '../repos.js';
import { card } from '../rows.js';

/** Collections, and the discussions beside repositories. */
export const communityRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/api\/collections$/, bucket: 'api', handle: listCollections },
  { method: 'GET', pattern: /^\/api\/collections\/([^/]+)\/([^/]+)$/, bucket: 'api', handle: openCollection },
  { method: 'GET', pattern: /^\/api\/(buckets|kernels)\/([^/]+\/[^/]+)$/, bucket: 'api', handle: openStorage },
  { method: 'GET', pattern: /^\/api\/buckets\/([^/]+\/[^/]+)\/tree(?:\/(.*))?$/, bucket: 'api', handle: bucketTree },
  { method: 'GET', pattern: /^\/api\/users\/([^/]+)\/overview$/, bucket: 'api', handle: userOverview },
  { method: 'GET', pattern: /^\/api\/organizations\/([^/]+)\/overview$/, bucket: 'api', handle: orgOverview },
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
  const found = request.state.collections.filter((collection) => matches(collection, request)).sort(order);
  const { rows, headers } = paginate(request, found, limit);
  if (/^(?:false|0)$/i.test(query.get('expand') ?? '')) return { headers, body: rows.map(compactRow) };
  return { headers, body: rows.map((collection) => describeCollection(collection, request, ITEMS_IN_LISTS)) };
}

/** Without `expand` nothing is said of who owns it, what is in it and when it changed; the slug is called its name. */
const compactRow = (collection: CollectionSeed) => ({
  title: collection.title,
  private: collection.private ?? false,
  upvotes: collection.upvotes,
  name: slugOf(collection),
});

/**
 * Any slug with the right code finds the collection: titles may change, and slugs with them. The name alone, as in the
 * address to share, finds it too.
 */
function openCollection(request: DemoRequest): DemoResponse {
  const [owner, slug = ''] = request.params;
  const visible = request.state.collections.filter(
    (collection) => collection.owner === owner && isVisible(collection, request.user),
  );
  const code = slug.slice(-24);
  const found = visible.find((collection) => codeOf(collection) === code) ?? visible.find(({ name }) => name === slug);
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

const slugOf = (collection: CollectionSeed) => `${collection.owner}/${collection.name}-${codeOf(collection)}`;

export function describeCollection(
  collection: CollectionSeed,
  request: DemoRequest,
  most: number,
): Record<string, unknown> {
  const { owner, title, description, updated, upvotes, theme } = collection;
  const slug = slugOf(collection);
  const items = collection.items.flatMap((item, index) => describeItem(item, index, request));
  return {
    slug,
    title,
    description,
    gating: false,
    lastUpdated: updated,
    owner: authorData(owner),
    items: items.slice(0, most),
    position: 0,
    theme,
    private: collection.private ?? false,
    upvotes,
    isUpvotedByUser: false,
    shareUrl: shareUrlOf(collection),
  };
}

const shareUrlOf = ({ owner, name }: CollectionSeed) => `https://hf.co/collections/${owner}/${name}`;

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
  if (item.type === 'collection') return nested(item, place, request);
  if (item.type === 'bucket' || item.type === 'kernel') {
    const stored = storages.find(({ type, id }) => type === item.type && id === item.id);
    return stored ? [{ ...describeStorage(stored), ...place }] : [];
  }
  const repo = request.state.find(item.type, item.id);
  if (!repo || !canSee(repo, request.user)) return [];
  return [{ ...card(repo, request), ...place }];
}

/** A collection in another one: its `id` is the database's, what it is read by is its slug. */
function nested({ id }: CollectionItemSeed, place: object, { user }: DemoRequest): Record<string, unknown>[] {
  const inner = collections.find((collection) => `${collection.owner}/${collection.name}` === id);
  if (!inner || !isVisible(inner, user)) return [];
  const { owner, title, description, updated, theme, upvotes, items } = inner;
  return [
    {
      slug: slugOf(inner),
      lastUpdated: updated,
      description,
      owner: authorData(owner),
      title,
      theme,
      upvotes,
      isUpvotedByUser: false,
      shareUrl: shareUrlOf(inner),
      id: codeOf(inner),
      numberItems: items.length,
      ...place,
    },
  ];
}

function openStorage({ params }: DemoRequest): DemoResponse | undefined {
  const [plural, id] = params;
  const stored = storages.find((one) => `${one.type}s` === plural && one.id === id);
  return stored ? { body: describeStorage(stored) } : refuse(404, 'Repository not found', 'RepoNotFound');
}

/** What the API says of a bucket or a kernel. */
function describeStorage({ type, id, files, updated, likes, downloads }: StorageSeed): Record<string, unknown> {
  const author = id.split('/')[0] ?? '';
  if (type === 'bucket') {
    return {
      author,
      id,
      private: false,
      createdAt: updated,
      updatedAt: updated,
      size: files.reduce((sum, { size }) => sum + size, 0),
      totalFiles: files.length,
      repoType: type,
      cdnRegions: [],
    };
  }
  return {
    author,
    downloads,
    id,
    isLikedByUser: false,
    lastModified: updated,
    likes,
    private: false,
    repoType: type,
    sha: commitId(`${type} ${id}`),
    gated: false,
    files: files.map(({ path }) => path),
    supportedDriverFamilies: ['cuda'],
  };
}

const BUCKET_ORDERS = { sort: ['path', 'uploadedAt'], direction: ['asc', 'desc'] };

function bucketTree({ params, query }: DemoRequest): DemoResponse {
  const [id, path = ''] = params;
  const stored = storages.find((one) => one.type === 'bucket' && one.id === id);
  if (!stored) return refuse(404, 'Repository not found', 'RepoNotFound');
  readNumber(query, 'limit', { fallback: 1000, max: 5000 });
  for (const [name, options] of Object.entries(BUCKET_ORDERS)) {
    const value = query.get(name);
    if (value !== null && !options.includes(value)) return badOption(options, name);
  }
  const prefix = path ? `${path}/` : '';
  const below = stored.files.filter((file) => file.path.startsWith(prefix));
  const own = below.filter(
    (file) => query.get('recursive') !== 'false' || !file.path.slice(prefix.length).includes('/'),
  );
  const folders = new Set(
    below.filter((file) => !own.includes(file)).map((file) => prefix + file.path.slice(prefix.length).split('/')[0]),
  );
  return {
    body: [
      ...[...folders].map((folder) => ({ type: 'directory', path: folder, uploadedAt: stored.updated })),
      ...own.map((file) => ({
        type: 'file',
        path: file.path,
        size: file.size,
        xetHash: createHash('sha256').update(file.path).digest('hex'),
        uploadedAt: stored.updated,
      })),
    ],
  };
}

/** How many repositories of each kind an owner has that the caller may see. */
function countOf(name: string, { state, user }: DemoRequest) {
  const own = (kind: DemoKind) => state.of(kind).filter((repo) => repo.author === name && canSee(repo, user)).length;
  return { numModels: own('model'), numDatasets: own('dataset'), numSpaces: own('space') };
}

function userOverview(request: DemoRequest): DemoResponse {
  const [name = ''] = request.params;
  const person = Object.hasOwn(people, name) ? people[name as keyof typeof people] : undefined;
  const known = authors[name];
  if (known?.type === 'org' || !(person || known)) return refuse(404, 'This user does not exist');
  const { _id, fullname, followerCount } = authorData(name);
  const orgs = (person?.orgs ?? []).map((org) => ({
    id: mongoId(`org ${org.name}`),
    name: org.name,
    fullname: authors[org.name]?.fullname ?? org.name,
    avatarUrl: avatarUrl(org.name),
  }));
  return {
    body: {
      _id,
      avatarUrl: avatarUrl(name),
      isPro: person?.isPro ?? known?.isPro ?? false,
      fullname: person?.fullname ?? fullname,
      orgs,
      ...countOf(name, request),
      numDiscussions: discussions.filter(({ comments }) => comments[0]?.author === name).length,
      numFollowers: followerCount,
      user: name,
      type: 'user',
      createdAt: '2022-03-02T23:29:05.000Z',
    },
  };
}

function orgOverview(request: DemoRequest): DemoResponse {
  const [name = ''] = request.params;
  if (authors[name]?.type !== 'org') return refuse(404, 'This organization does not exist');
  const { _id, fullname, followerCount, plan } = authorData(name);
  return {
    body: {
      _id,
      avatarUrl: avatarUrl(name),
      fullname,
      name,
      isVerified: false,
      ...countOf(name, request),
      numUsers: 1,
      numFollowers: followerCount,
      plan,
    },
  };
}
