import { createHash } from 'node:crypto';
import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { filesOf, historyOf, openContent, openRepo, openRevision } from '../access.js';
import { lfsPointer, serveContent } from '../content.js';
import { scatter } from '../hashes.js';
import { below, flag, paginate, readNumber } from '../query.js';
import { badParameter, entryNotFound, RequestRefused } from '../refusals.js';
import type { DemoCommit, DemoFile, DemoKind, DemoRepo } from '../repos.js';

/** What is in a repository, and the bytes of its files. */
export const fileRoutes: DemoRoute[] = [
  { method: 'GET', pattern: below('/tree/([^/]+)(?:/(.*))?'), bucket: 'api', handle: tree },
  { method: 'GET', pattern: below('/treesize/([^/]+)(?:/(.*))?'), bucket: 'api', handle: treeSize },
  { method: 'POST', pattern: below('/paths-info/([^/]+)'), bucket: 'api', handle: pathsInfo },
  { method: 'GET', pattern: below('/compare/([^/]+)'), bucket: 'api', handle: compare },
  { method: 'GET', pattern: page('/resolve/([^/]+)/(.+)'), bucket: 'resolvers', handle: resolve },
  { method: 'GET', pattern: page('/raw/([^/]+)/(.+)'), bucket: 'pages', handle: raw },
  {
    method: 'GET',
    pattern: /^\/api\/resolve-cache\/(model|dataset|space)s\/((?:[^/]+\/)?[^/]+)\/([0-9a-f]{40})\/([^/]+)$/,
    bucket: 'resolvers',
    handle: resolveCache,
  },
];

/** Rows of a page, by whether the expensive fields are wanted. */
const PAGE = { plain: 1000, expanded: 100 };

/** Paths that one request may name. */
const MOST_PATHS = 2000;

function openTree(request: DemoRequest) {
  const [kind, id = '', revision = '', path = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  return { repo, revision, files: openRevision(repo, revision).files, path: path.replace(/\/$/, '') };
}

function tree(request: DemoRequest): DemoResponse {
  const { repo, revision, files, path } = openTree(request);
  const expand = flag(request.query, 'expand');
  const nodes = listTree(files, path, flag(request.query, 'recursive'));
  if (!nodes) return entryNotFound(path, revision);
  const most = expand ? PAGE.expanded : PAGE.plain;
  const limit = readNumber(request.query, 'limit', { fallback: most, max: most });
  const { rows, headers } = paginate(request, nodes, limit);
  return { headers, body: rows.map((node) => describeNode(repo, node, expand)) };
}

function treeSize(request: DemoRequest): DemoResponse {
  const { files, path, revision } = openTree(request);
  const prefix = path ? `${path}/` : '';
  const inside = files.filter((file) => file.path === path || file.path.startsWith(prefix));
  if (inside.length === 0) return entryNotFound(path, revision);
  return { body: { path: `/${path}`, size: inside.reduce((sum, { size }) => sum + size, 0) } };
}

/** Paths that do not exist are left out. */
function pathsInfo(request: DemoRequest): DemoResponse {
  const { repo, files } = openTree(request);
  const { paths, expand } = readQuestion(request);
  const nodes = paths.flatMap((path) => findNode(files, path.replace(/\/$/, '')) ?? []);
  return { body: nodes.map((node) => describeNode(repo, node, expand)) };
}

/** JSON and forms are both taken: JavaScript's client sends the one, Python's the other. */
function readQuestion({ headers, body }: DemoRequest): { paths: string[]; expand: boolean } {
  const question = headers['content-type']?.includes('json') ? fromJson(body.toString()) : fromForm(body.toString());
  if (!Array.isArray(question.paths))
    throw new RequestRefused(badParameter('Invalid input: expected array, received undefined', 'paths'));
  if (question.paths.length > MOST_PATHS)
    throw new RequestRefused(badParameter(`Too big: expected array to have <=${MOST_PATHS} items`, 'paths'));
  return { paths: question.paths.map(String), expand: question.expand };
}

function fromJson(text: string): { paths: unknown; expand: boolean } {
  try {
    const { paths, expand } = JSON.parse(text);
    return { paths: typeof paths === 'string' ? [paths] : paths, expand: expand === true };
  } catch {
    throw new RequestRefused(badParameter('Invalid JSON'));
  }
}

function fromForm(text: string): { paths: unknown; expand: boolean } {
  const form = new URLSearchParams(text);
  return { paths: form.has('paths') ? form.getAll('paths') : undefined, expand: flag(form, 'expand') };
}

/** A row of the tree: a file, or a directory made up of the files below it. */
type TreeNode = { type: 'directory'; path: string } | { type: 'file'; path: string; file: DemoFile };

/**
 * Files and directories below a path: directories before files, each in the order of their names.
 * @param path of a directory; empty for the root
 * @param recursive whether to go down into directories
 * @returns undefined when there is no such directory
 */
function listTree(files: readonly DemoFile[], path: string, recursive: boolean): TreeNode[] | undefined {
  const prefix = path ? `${path}/` : '';
  const below = files.filter((file) => file.path.startsWith(prefix));
  if (below.length === 0) return undefined;
  const names = new Set(below.flatMap((file) => directoryNames(file.path.slice(prefix.length))));
  const directories = [...names].filter((name) => recursive || !name.includes('/')).map((name) => prefix + name);
  const own = below.filter((file) => recursive || !file.path.slice(prefix.length).includes('/'));
  return [
    ...directories.sort().map((directory) => ({ type: 'directory' as const, path: directory })),
    ...own.map((file) => ({ type: 'file' as const, path: file.path, file })),
  ];
}

/** A file or directory by its exact path. */
function findNode(files: readonly DemoFile[], path: string): TreeNode | undefined {
  const file = files.find((candidate) => candidate.path === path);
  if (file) return { type: 'file', path, file };
  return files.some((candidate) => candidate.path.startsWith(`${path}/`)) ? { type: 'directory', path } : undefined;
}

function directoryNames(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * A node as the API writes it.
 * @param expand adds the last commit and the scanners' verdict
 */
function describeNode(repo: DemoRepo, node: TreeNode, expand: boolean): Record<string, unknown> {
  const lastCommit = expand && { lastCommit: describeCommit(lastChange(repo, node.path)) };
  if (node.type === 'directory') {
    const oid = createHash('sha1').update(`tree ${repo.id} ${node.path}`).digest('hex');
    return { type: 'directory', oid, size: 0, path: node.path, ...lastCommit };
  }
  const { file } = node;
  return {
    type: 'file',
    oid: file.oid,
    size: file.size,
    lfs: file.lfs,
    xetHash: file.xetHash,
    path: file.path,
    ...lastCommit,
    securityFileStatus: expand ? describeScan(file) : undefined,
  };
}

/** The commit that last touched a path; of the seeds always the same one, and the newest for README.md. */
function lastChange(repo: DemoRepo, path: string): DemoCommit | undefined {
  const history = historyOf(repo, repo.sha);
  const seeded = history.findIndex(({ parent }) => parent === undefined);
  const written = seeded === -1 ? history : history.slice(0, seeded);
  const oidIn = (commit: DemoCommit | undefined) =>
    commit &&
    filesOf(repo, commit)
      .flatMap((file) => (file.path === path || file.path.startsWith(`${path}/`) ? file.oid : []))
      .join();
  const change = written.find((commit, at) => oidIn(commit) !== oidIn(history[at + 1]));
  if (change) return change;
  const rest = history.slice(written.length);
  return rest[path === 'README.md' ? 0 : Math.floor(scatter(`${repo.id} ${path}`) * rest.length)];
}

/** What changed between two revisions, as git writes it. The seeds have no older versions, so what changed there is new. */
function compare(request: DemoRequest): DemoResponse {
  const [kind, id = '', revisions = ''] = request.params;
  const repo = openRepo(request, kind as DemoKind, id);
  const [from = '', to = ''] = revisions.split(/\.{2,3}/);
  const [before, after] = [openRevision(repo, from), openRevision(repo, to)];
  const at = ({ commit }: { commit: string }) => repo.commits.findIndex((one) => one.id === commit);
  const between = repo.commits.slice(Math.max(0, at(after)), Math.max(0, at(before)));
  const old = new Map(before.files.map((file) => [file.path, file]));
  const seeded = before.files === after.files;
  const changed = seeded
    ? after.files.filter(({ path }) => between.some((commit) => commit === lastChange(repo, path)))
    : after.files.filter(({ path, oid }) => old.get(path)?.oid !== oid);
  const gone = before.files.filter(({ path }) => !after.files.some((file) => file.path === path));
  const parts = [
    ...changed.map((file) => diffOf(seeded ? undefined : old.get(file.path), file)),
    ...gone.map((file) => diffOf(file)),
  ];
  return { body: JSON.stringify(parts.join('')), headers: { 'Content-Type': 'application/json' } };
}

/** All of what was there goes, and all of what is there comes: a diff, if not the shortest. */
function diffOf(before: DemoFile | undefined, after?: DemoFile): string {
  const path = (after ?? before)?.path;
  const [old, now] = [before, after].map((file) => linesOf(file));
  const index = `${before?.oid.slice(0, 7) ?? '0000000'}..${after?.oid.slice(0, 7) ?? '0000000'}`;
  const mode = before ? (after ? '' : 'deleted file mode 100644\n') : 'new file mode 100644\n';
  const head = `diff --git a/${path} b/${path}\n${mode}index ${index}\n`;
  if (!old?.length && !now?.length) return head;
  const range = (lines: string[] = []) => (lines.length === 0 ? '0,0' : `1,${lines.length}`);
  const body = [...(old ?? []).map((line) => `-${line}\n`), ...(now ?? []).map((line) => `+${line}\n`)].join('');
  const names = `--- ${before ? `a/${path}` : '/dev/null'}\n+++ ${after ? `b/${path}` : '/dev/null'}\n`;
  return `${head}${names}@@ -${range(old)} +${range(now)} @@\n${body}`;
}

function linesOf(file: DemoFile | undefined): string[] {
  if (!file) return [];
  const { lfs, size, content } = file;
  const text = lfs ? lfsPointer(lfs.oid, lfs.size) : content.slice(0, size).toString();
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const describeCommit = (commit: DemoCommit | undefined) =>
  commit && { id: commit.id, title: commit.title, date: commit.date };

function describeScan({ path, scan }: DemoFile): Record<string, unknown> {
  const pickled = /\.(?:bin|ckpt|pth?|pkl)$/.test(path);
  const imports = scan === 'unsafe' ? [{ module: 'posix', name: 'system', safety: 'dangerous' }] : [];
  return {
    status: scan,
    avScan: { status: 'safe' },
    pickleImportScan: pickled
      ? {
          status: scan,
          pickleImports: [{ module: 'torch._utils', name: '_rebuild_tensor_v2', safety: 'innocuous' }, ...imports],
        }
      : { status: 'unscanned' },
    jFrogScan: { status: pickled ? scan : 'unscanned' },
    protectAiScan: { status: scan },
    virusTotalScan: { status: 'unscanned' },
  };
}

/** The pattern of a path below a repository's page: models are at the root, the others below their kind. */
function page(rest: string): RegExp {
  return new RegExp(`^/(datasets/|spaces/)?((?:[^/]+/)?[^/]+)${rest}$`);
}

interface Opened {
  repo: DemoRepo;
  file: DemoFile;
  /** Headers about the file, which come with redirects and with refusals too. */
  headers: Record<string, string>;
}

/**
 * The file that a request names, if the caller may have it.
 * @throws RequestRefused for the repository, the revision, the path or the gate, as plain text
 */
function openFile(request: DemoRequest, kind: DemoKind): Opened {
  const [, id = '', revision = '', path = ''] = request.params;
  const repo = openRepo(request, kind, id, 'text');
  const ref = openRevision(repo, revision, 'text');
  const commit = { 'X-Repo-Commit': ref.commit };
  const file = ref.files.find((candidate) => candidate.path === path);
  if (!file) {
    const missing = entryNotFound(path, revision, 'text');
    throw new RequestRefused({ ...missing, headers: { ...missing.headers, ...commit } });
  }
  openContent(request, repo, file, 'text');
  return { repo, file, headers: { ...commit, ...linkHeaders(file) } };
}

function linkHeaders(file: DemoFile): Record<string, string> {
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
  const { repo, file, headers } = openFile(request, kindOf(request.params[0]));
  const location = file.lfs ? cdnUrl(request, file) : cacheUrl(request, repo, file, headers['X-Repo-Commit'] ?? '');
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

/** The address that was asked for goes along, as the name of a parameter without a value. */
function cacheUrl({ path }: DemoRequest, repo: DemoRepo, file: DemoFile, commit: string): string {
  const query = `${encodeURIComponent(path)}=&etag=${encodeURIComponent(etag(file))}`;
  return `/api/resolve-cache/${repo.kind}s/${repo.id}/${commit}/${encodeURIComponent(file.path)}?${query}`;
}

function resolveCache(request: DemoRequest): DemoResponse {
  const { file, headers } = openFile(request, request.params[0] as DemoKind);
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
  const { file, headers } = openFile(request, kindOf(request.params[0]));
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
