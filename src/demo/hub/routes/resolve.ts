import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { openContent, openRepo, openRevision } from '../access.js';
import { lfsPointer } from '../build/files.js';
import { serveContent } from '../ranges.js';
import { entryNotFound, Refused } from '../refusals.js';
import type { DemoFile, DemoKind, DemoRepo } from '../repos.js';

/** Files are below the repository's page: models at the root, the others below their kind. */
const PAGE = '^/(datasets/|spaces/)?((?:[^/]+/)?[^/]+)';

/** The bytes of files. */
export const resolveRoutes: DemoRoute[] = [
  { method: 'GET', pattern: new RegExp(`${PAGE}/resolve/([^/]+)/(.+)$`), bucket: 'resolvers', handle: resolve },
  { method: 'GET', pattern: new RegExp(`${PAGE}/raw/([^/]+)/(.+)$`), bucket: 'pages', handle: raw },
  {
    method: 'GET',
    pattern: /^\/api\/resolve-cache\/(model|dataset|space)s\/((?:[^/]+\/)?[^/]+)\/([0-9a-f]{40})\/([^/]+)$/,
    bucket: 'resolvers',
    handle: resolveCache,
  },
];

interface Opened {
  repo: DemoRepo;
  file: DemoFile;
  /** Headers about the file, which come with redirects and with refusals too. */
  headers: Record<string, string>;
}

/**
 * The file that a request names, if the caller may have it.
 * @throws Refused for the repository, the revision, the path or the gate, as plain text
 */
function open(request: DemoRequest, kind: DemoKind): Opened {
  const [, id = '', revision = '', path = ''] = request.params;
  const repo = openRepo(request, kind, id, 'text');
  const ref = openRevision(repo, revision, 'text');
  const commit = { 'X-Repo-Commit': ref.commit };
  const file = ref.files.find((candidate) => candidate.path === path);
  if (!file) {
    const missing = entryNotFound(path, revision, 'text');
    throw new Refused({ ...missing, headers: { ...missing.headers, ...commit } });
  }
  openContent(request, repo, file, 'text');
  return { repo, file, headers: { ...commit, ...describe(file) } };
}

function describe(file: DemoFile): Record<string, string> {
  return {
    'X-Linked-Size': String(file.size),
    'X-Linked-ETag': etag(file),
    ...(file.xetHash && { 'X-Xet-Hash': file.xetHash }),
  };
}

const etag = ({ oid, lfs }: DemoFile) => `"${lfs?.oid ?? oid}"`;

const kindOf = (prefix: string | undefined): DemoKind => {
  if (prefix === 'datasets/') return 'dataset';
  return prefix === 'spaces/' ? 'space' : 'model';
};

/** Small files are a redirect away on the Hub itself, large ones on another origin. */
function resolve(request: DemoRequest): DemoResponse {
  const { repo, file, headers } = open(request, kindOf(request.params[0]));
  const location = file.lfs ? cdnUrl(request, file) : cacheUrl(repo, file, headers['X-Repo-Commit'] ?? '');
  const status = file.lfs ? 302 : 307;
  const body = `${status === 302 ? 'Found' : 'Temporary Redirect'}. Redirecting to ${location}`;
  return { status, headers: { ...headers, Location: location, 'Accept-Ranges': 'bytes' }, body };
}

function cdnUrl({ cdnOrigin }: DemoRequest, file: DemoFile): string {
  const query = new URLSearchParams({
    'response-content-disposition': `inline; filename="${file.path.split('/').at(-1)}";`,
    Expires: '1795305600',
    Signature: file.oid,
  });
  return `${cdnOrigin}/blobs/${file.lfs?.oid}?${query}`;
}

function cacheUrl(repo: DemoRepo, file: DemoFile, commit: string): string {
  return `/api/resolve-cache/${repo.kind}s/${repo.id}/${commit}/${encodeURIComponent(file.path)}?etag=${encodeURIComponent(etag(file))}`;
}

function resolveCache(request: DemoRequest): DemoResponse {
  const { file, headers } = open(request, request.params[0] as DemoKind);
  return serveContent(file.content, request.headers.range, {
    ...headers,
    'Content-Type': mediaType(file.path),
    'Content-Disposition': `inline; filename*=UTF-8''${encodeURIComponent(file.path)};`,
    'Cache-Control': 'public, max-age=604800, immutable',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: etag(file),
  });
}

/** What git holds: the text itself, or the pointer to a large file. */
function raw(request: DemoRequest): DemoResponse {
  const { file, headers } = open(request, kindOf(request.params[0]));
  const { 'X-Repo-Commit': commit = '' } = headers;
  const body = file.lfs ? Buffer.from(lfsPointer(file.lfs.oid, file.size)) : file.content.slice(0, file.size);
  return {
    headers: { 'X-Repo-Commit': commit, 'Content-Type': 'text/plain; charset=utf-8', ETag: `"${file.oid}"` },
    body,
  };
}

/** The Hub serves text as text, whatever it is, so that no browser runs it. */
function mediaType(path: string): string {
  if (path.endsWith('.json')) return 'application/json';
  return /\.(?:png|jpe?g|webp|gif)$/.test(path) ? `image/${path.split('.').at(-1)}` : 'text/plain; charset=utf-8';
}
