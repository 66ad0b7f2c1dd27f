import { cleanLine } from '../text/sanitize.js';
import { checkPath, checkRepoId, invalid } from './names.js';
import {
  arxivId,
  decode,
  type NamedRepo,
  type PathReference,
  type Reference,
  type RepoReference,
  SECTIONS,
  showReference,
  takeKind,
  takeRevision,
} from './reference.js';
import type { RepoKind } from './types.js';

const FORMS = 'owner/name, datasets/owner/name, spaces/owner/name, hf://… or the web address of its page';
const MAX_LENGTH = 4096;
const HUB_HOSTS = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co', 'www.hf.co']);
const ARXIV_HOSTS = new Set(['arxiv.org', 'www.arxiv.org', 'export.arxiv.org']);

/** Pages of a repository on the web, by the segment after the id; the rest is still percent-encoded. */
const PAGES: Record<string, (repo: NamedRepo, rest: string) => Reference> = {
  blob: revisionAndPath,
  resolve: revisionAndPath,
  raw: revisionAndPath,
  blame: revisionAndPath,
  edit: revisionAndPath,
  tree: (repo, rest) => ({ ...revisionAndPath(repo, rest), folder: true }),
  revision: revisionOnly,
  commit: revisionOnly,
  commits: revisionOnly,
  viewer: (repo) => ({ type: 'repo', ...repo }),
  discussions: ({ kind, id }, rest) => {
    const number = /^\d{1,9}/.exec(rest)?.[0];
    return { type: 'discussion', kind, id, ...(number ? { number: Number(number) } : {}) };
  },
};

/**
 * Understands how people write things of the Hub: `owner/name`, `gpt2`, `datasets/owner/name@rev/path`, `hf://…`, web
 * addresses of the Hub and of arXiv, `papers/2407.21783`, `docs/transformers/…#anchor`, `collections/owner/slug`.
 * @param text what was written
 * @param endpoint the configured Hub, whose addresses count as well
 * @throws HugwireError `invalid_arguments` that says what is wrong
 */
export function parseReference(text: string, endpoint = 'https://huggingface.co'): Reference {
  const trimmed = text.trim().replace(/^[<"'`]+|[>"'`]+$/g, '');
  if (trimmed === '') throw invalid('The reference is empty.', `Give ${FORMS}.`);
  if (trimmed.length > MAX_LENGTH) throw invalid('The reference is too long.', `Give ${FORMS}.`);
  const paper = arxivId(trimmed);
  if (paper) return { type: 'paper', id: paper };
  if (/^hf:\/\//i.test(trimmed)) return parsePlain(trimmed.slice('hf://'.length), 'model');
  const address = toUrl(trimmed, endpoint);
  return address ? parseUrl(address, endpoint) : parsePlain(trimmed);
}

/**
 * The same, for where only a repository makes sense.
 * @param text what was written; a file of a repository counts as the repository
 * @param endpoint the configured Hub
 * @throws HugwireError `invalid_arguments`
 */
export function parseRepo(text: string, endpoint?: string): RepoReference {
  const reference = parseReference(text, endpoint);
  if (reference.type === 'paper' || reference.type === 'docs' || reference.type === 'collection') {
    throw invalid(`"${cleanLine(text, 120)}" is no repository.`, `Give ${FORMS}; hub_read reads everything else.`);
  }
  const { kind, id } = reference;
  const revision = 'revision' in reference ? reference.revision : undefined;
  return { type: 'repo', ...(kind ? { kind } : {}), id, ...(revision ? { revision } : {}) };
}

/**
 * Path of a repository's page or of something below it, such as `/datasets/owner/name/resolve/main/a.csv`.
 * @param kind what the repository is
 * @param id a valid id
 * @param rest segments, each encoded whole, so that a revision with slashes stays one
 */
export function repoPath(kind: RepoKind, id: string, ...rest: string[]): string {
  const prefix = kind === 'model' ? '' : `/${kind}s`;
  return `${prefix}/${[...id.split('/'), ...rest].map(encodeURIComponent).join('/')}`;
}

/**
 * Path of a repository in the API, or of something below it, such as `/api/models/owner/name/tree/refs%2Fpr%2F1`.
 * @param kind what the repository is
 * @param id a valid id
 * @param rest segments, each encoded whole
 */
export function apiPath(kind: RepoKind, id: string, ...rest: string[]): string {
  return `/api/${kind}s/${[...id.split('/'), ...rest].map(encodeURIComponent).join('/')}`;
}

/** The web address that a text is, also without its scheme; undefined when it is none. */
function toUrl(text: string, endpoint: string): URL | undefined {
  const bare = /^(?:www\.)?(?:huggingface\.co|hf\.co|arxiv\.org)(?:\/|$)/i.test(text);
  const own = text.startsWith(`${new URL(endpoint).host}/`);
  if (!bare && !own && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return undefined;
  try {
    return new URL(bare || own ? `https://${text}` : text);
  } catch {
    throw invalid(`"${cleanLine(text, 120)}" is no web address.`, `Give ${FORMS}.`);
  }
}

function parseUrl(url: URL, endpoint: string): Reference {
  const hub = new URL(endpoint);
  const own = url.host === hub.host;
  const path = own && url.pathname.startsWith(hub.pathname) ? url.pathname.slice(hub.pathname.length) : url.pathname;
  const segments = splitPath(path);
  const [head = ''] = segments;
  if (ARXIV_HOSTS.has(url.hostname) && /^(?:abs|pdf|html)$/.test(head)) return section('papers', segments.slice(1));
  if (!own && !HUB_HOSTS.has(url.hostname)) {
    const space = url.hostname.endsWith('.hf.space');
    throw invalid(
      `"${cleanLine(url.host || url.href, 120)}" is not the Hub: only things of the Hub can be read.`,
      space ? 'Use space_info for a running Space.' : `Give ${FORMS}.`,
    );
  }
  if (head === 'api') segments.shift();
  if (head in SECTIONS) return section(head, segments.slice(1), decode(url.hash.slice(1)));
  return parsePage(takeKind(segments, 'model'));
}

function parsePage({ kind, rest }: { kind?: RepoKind; rest: string[] }): Reference {
  // An old canonical repository has one segment: gpt2/blob/main/config.json.
  const length = rest.length === 1 || (rest[1] ?? '') in PAGES ? 1 : 2;
  const repo = { kind, id: checkRepoId(decode(rest.slice(0, length).join('/'))) };
  const [page, ...below] = rest.slice(length);
  if (page === undefined) return { type: 'repo', ...repo };
  const read = PAGES[page];
  if (read) return read(repo, below.join('/'));
  throw invalid(
    `hugwire does not read the page "${cleanLine(page, 60)}" of ${repo.id}.`,
    `Give the repository itself, ${showReference({ type: 'repo', ...repo })}, or a file of it: …/blob/main/path.`,
  );
}

function parsePlain(text: string, otherwise?: RepoKind): Reference {
  const segments = splitPath(text);
  const [head = ''] = segments;
  if (head in SECTIONS) {
    const [path = '', anchor] = text.slice(text.indexOf(head) + head.length).split('#', 2);
    return section(head, splitPath(path), anchor);
  }
  const { kind, rest } = takeKind(segments, otherwise);
  const at = rest.slice(0, 2).findIndex((part) => part.includes('@'));
  const named = at === -1 ? { id: rest.slice(0, 2).join('/'), path: rest.slice(2).join('/') } : takeAt(rest.join('/'));
  const repo = {
    ...(kind ? { kind } : {}),
    id: checkRepoId(named.id),
    ...('revision' in named && named.revision ? { revision: named.revision } : {}),
  };
  const folder = text.endsWith('/') ? { folder: true as const } : {};
  if (named.path === '' && !folder.folder) return { type: 'repo', ...repo };
  return { type: 'path', ...repo, path: named.path && checkPath(named.path), ...folder };
}

function takeAt(text: string): { id: string; revision?: string; path: string } {
  const at = text.indexOf('@');
  return { id: text.slice(0, at), ...takeRevision(text.slice(at + 1)) };
}

function revisionAndPath(repo: NamedRepo, rest: string): PathReference {
  const { revision, path } = takeRevision(rest);
  const clean = path && checkPath(decode(path));
  return { type: 'path', ...repo, ...(revision ? { revision } : {}), path: clean, ...(clean ? {} : { folder: true }) };
}

function revisionOnly(repo: NamedRepo, rest: string): RepoReference {
  const { revision } = takeRevision(rest);
  return { type: 'repo', ...repo, ...(revision ? { revision } : {}) };
}

function section(name: string, rest: string[], anchor?: string): Reference {
  const read = SECTIONS[name];
  if (!read) throw invalid(`"${cleanLine(name, 60)}" is no part of the Hub.`, `Give ${FORMS}.`);
  return read(rest.map(decode).join('/'), anchor);
}

function splitPath(path: string): string[] {
  return path.replace(/^\/+|\/+$/g, '').split('/');
}
