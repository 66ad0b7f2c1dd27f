import { HugwireError } from '../lib/errors.js';
import { cleanLine, cleanText, holdsToken } from '../lib/text.js';
import { REPO_KINDS, type RepoKind } from './types.js';

const FORMS = 'owner/name, datasets/owner/name, spaces/owner/name, hf://… or the web address of its page';
const MAX_LENGTH = 4096;
const HUB_HOSTS = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co', 'www.hf.co']);
const ARXIV_HOSTS = new Set(['arxiv.org', 'www.arxiv.org', 'export.arxiv.org']);

/** Pages of a repository on the web, by the segment after the id; the rest is still percent-encoded. */
const PAGES: Record<string, (repo: NamedRepo, rest: string, query: URLSearchParams) => Reference> = {
  blob: revisionAndPath,
  resolve: revisionAndPath,
  raw: revisionAndPath,
  blame: revisionAndPath,
  edit: revisionAndPath,
  tree: (repo, rest) => ({ ...revisionAndPath(repo, rest), folder: true }),
  revision: revisionOnly,
  commit: (repo, rest) => {
    const revision = takeRevision(rest.replace(/\.(?:diff|patch)$/, '')).revision || 'main';
    return { ...repo, type: 'commit', revision };
  },
  commits: (repo, rest) => ({ ...repo, type: 'commits', revision: takeRevision(rest).revision || undefined }),
  viewer: readViewerPage,
  discussions: ({ kind, id }, rest) => {
    const number = /^\d{1,9}/.exec(rest)?.[0];
    return { type: 'discussion', kind, id, number: number === undefined ? undefined : Number(number) };
  },
};

/**
 * Pages that are meant where a text without `https://` has one after the id. A folder may have the name of any page; so
 * for names that folders bear, a revision must follow. `owner/name@main/commits/a.txt` is always a file.
 */
const PLAIN_PAGES =
  /^(?:(?:blob|resolve)\/.+|(?:raw|tree|blame)\/(?:main|master|refs(?:\/|%2F).+|[0-9a-f]{40})(?:\/.*)?|commits(?:\/(?:refs(?:\/|%2F).+|[^/]+))?|commit\/(?:main|master|HEAD|[0-9a-f]{7,40})|discussions(?:\/\d+)?)$/i;

/** Pages with lists of what an owner has, after the owner's name. No repository is called so. */
const OWNER_PAGES =
  /^(?:models|datasets|spaces|collections|papers|posts|articles|activity|likes|followers|following|buckets|kernels)$/;

/**
 * Understands how people write things of the Hub: `owner/name`, `gpt2`, `datasets/owner/name@rev/path`, `hf://…`, web
 * addresses of the Hub and of arXiv, `owner/name/commits/main`, `owner/name/discussions/2`, `papers/2407.21783`,
 * `docs/transformers/…#anchor`, `collections/owner/slug`, `buckets/owner/name`, `kernels/owner/name`, `tasks/…`, `blog/…`,
 * `users/name`.
 * @param text what was written
 * @param endpoint the configured Hub, whose addresses count as well
 * @throws HugwireError `invalid_arguments` that says what is wrong
 */
export function parseReference(text: string, endpoint = 'https://huggingface.co'): Reference {
  if (text.length > 2 * MAX_LENGTH) throw invalid('The reference is too long.', `Give ${FORMS}.`);
  const trimmed = text
    .trim()
    .replace(/^[<"'`]+|(?<![>"'`])[>"'`]+$/g, '')
    // People who are used to npm or to chats write @owner/name.
    .replace(/^@(?=\w)/, '');
  refuseToken(trimmed);
  if (trimmed === '') throw invalid('The reference is empty.', `Give ${FORMS}.`);
  if (trimmed.length > MAX_LENGTH) throw invalid('The reference is too long.', `Give ${FORMS}.`);
  const paper = arxivId(trimmed);
  if (paper) return { type: 'paper', id: paper };
  const row = VIEWER_ROW.exec(trimmed)?.[1];
  if (row) return parseUrl(new URL(`/${row}`, endpoint), endpoint);
  if (/^hf:\/\//i.test(trimmed)) return parsePlain(trimmed.slice('hf://'.length), 'model');
  const address = toUrl(trimmed, endpoint);
  return address ? parseUrl(address, endpoint) : parsePlain(trimmed);
}

/** A user name or password in a web address. */
const USER = /^[a-z]+:\/\/[^/@]*@/i;

/** What is asked for becomes part of messages: a token must not. */
function refuseToken(text: string): void {
  if (!holdsToken(text, undefined) && !USER.test(cleanText(text))) return;
  throw invalid(
    'The reference holds what looks like a token.',
    'Leave it out: hugwire sends the token that is configured by itself.',
  );
}

/**
 * The same, for where only a repository makes sense.
 * @param text what was written; a file of a repository counts as the repository
 * @param endpoint the configured Hub
 * @throws HugwireError `invalid_arguments`
 */
export function parseRepo(text: string, endpoint?: string): RepoReference {
  const reference = parseReference(text, endpoint);
  if (!('id' in reference) || reference.type === 'paper' || reference.type === 'storage') {
    throw invalid(`"${cleanLine(text, 120)}" is not a repository.`, `Give ${FORMS}; hub_read reads everything else.`);
  }
  const { kind, id } = reference;
  const revision = 'revision' in reference ? reference.revision : undefined;
  return { type: 'repo', kind, id, revision };
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
    throw invalid(`"${cleanLine(text, 120)}" is not a web address.`, `Give ${FORMS}.`);
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
  const [first = '', second = ''] = segments;
  if (Object.hasOwn(SECTIONS, first)) return section(first, segments.slice(1), decode(url.hash.slice(1)));
  const listed =
    segments.length === 1 && REPO_KINDS.find((kind) => first === `${kind}s` || (first === '' && kind === 'model'));
  if (listed) throw isList(`/${first}`, listed, url.searchParams.get('search') ?? url.searchParams.get('q'));
  if (segments.length === 2 && OWNER_PAGES.test(second) && !REPO_KINDS.some((kind) => first === `${kind}s`)) {
    return section('users', [first]);
  }
  return parsePage(takeKind(segments, 'model'), url.searchParams);
}

/** The error for a page that lists things, which hub_search does too. */
function isList(page: string, kind: string, query?: string | null): HugwireError {
  const words = cleanLine(query, 100).replace(/["\\]/g, '');
  return invalid(
    `"${cleanLine(page, 60)}" is a page that lists ${kind}s, not one of them.`,
    `hub_search ${words ? `query="${words}" ` : ''}kinds=["${kind}"] lists them.`,
  );
}

function parsePage({ kind, rest }: { kind?: RepoKind; rest: string[] }, query: URLSearchParams): Reference {
  const length = idLength(rest);
  const repo = { kind, id: checkRepoId(decode(rest.slice(0, length).join('/'))) };
  const [page, ...below] = rest.slice(length);
  if (page === undefined) return { type: 'repo', ...repo };
  const read = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined;
  if (read) return read(repo, below.join('/'), query);
  throw invalid(
    `hugwire does not read the page "${cleanLine(page, 60)}" of ${repo.id}.`,
    `Give the repository itself, ${showReference({ type: 'repo', ...repo })}, or a file of it: …/blob/main/path.`,
  );
}

/** An old canonical repository has one segment: gpt2/blob/main/config.json. */
function idLength([, ...rest]: string[]): number {
  const [second = '', third = ''] = rest;
  return rest.length === 0 || (Object.hasOwn(PAGES, second) && !Object.hasOwn(PAGES, third)) ? 1 : 2;
}

function parsePlain(text: string, otherwise?: RepoKind): Reference {
  const segments = splitPath(text);
  const [head = ''] = segments;
  if (Object.hasOwn(SECTIONS, head)) {
    const [path = '', anchor] = text.slice(text.indexOf(head) + head.length).split('#', 2);
    return section(head, splitPath(path), anchor);
  }
  const { kind, rest } = takeKind(segments, otherwise);
  const below = rest.slice(idLength(rest)).join('/');
  if (rest.length > 2 && PLAIN_PAGES.test(below) && !rest.slice(0, 2).some((part) => part.includes('@'))) {
    return parsePage({ kind, rest }, new URLSearchParams());
  }
  const at = rest.slice(0, 2).findIndex((part) => part.includes('@'));
  const named = at === -1 ? { id: rest.slice(0, 2).join('/'), path: rest.slice(2).join('/') } : takeAt(rest.join('/'));
  const repo = {
    kind,
    id: checkRepoId(named.id),
    revision: ('revision' in named && named.revision) || undefined,
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
  return { type: 'path', ...repo, revision: revision || undefined, path: clean, folder: clean ? undefined : true };
}

function revisionOnly(repo: NamedRepo, rest: string): RepoReference {
  const { revision } = takeRevision(rest);
  return { type: 'repo', ...repo, revision: revision || undefined };
}

/** A row as hugwire writes it, without the Hub's host. */
const VIEWER_ROW = /^(?:hf:\/\/|\/)?(datasets\/(?:[^/?#]+\/){1,2}viewer\/[^/?#]+\/[^/?#]+\?.*)$/is;

/** `viewer/config/split?row=3`; without a row the page shows the dataset as a whole. */
function readViewerPage(repo: NamedRepo, rest: string, query: URLSearchParams): Reference {
  const [config, split] = rest.split('/').map(decode);
  const row = query.get('row');
  if (!config || !split || row === null) return { type: 'repo', ...repo };
  const item = query.get('item');
  const numbers = [row, ...(item === null ? [] : [item])];
  if (!numbers.every((number) => /^\d{1,15}$/.test(number)) || item === '0') {
    throw invalid(
      `"${cleanLine(query.toString(), 120)}" does not name a row.`,
      'A cell is named like datasets/owner/name/viewer/config/split?row=3&column=image; rows count from 0, item from 1.',
    );
  }
  return {
    type: 'row',
    kind: 'dataset',
    id: repo.id,
    config,
    split,
    row: Number(row),
    column: query.get('column') ?? undefined,
    item: item === null ? undefined : Number(item),
  };
}

function section(name: string, rest: string[], anchor?: string): Reference {
  const read = SECTIONS[name];
  if (!read) throw invalid(`"${cleanLine(name, 60)}" is not a part of the Hub.`, `Give ${FORMS}.`);
  return read(rest.map(decode).join('/'), anchor);
}

function splitPath(path: string): string[] {
  return path.replace(/^\/+|(?<!\/)\/+$/g, '').split('/');
}

/** A repository as far as a text named it. */
export interface NamedRepo {
  /** Missing when the text did not say it. */
  kind?: RepoKind;
  id: string;
  revision?: string;
}

interface RepoReference extends NamedRepo {
  type: 'repo';
}

/** A file, or a folder: a text such as `owner/name/onnx` cannot tell, so `folder` is only set where it did. */
interface PathReference extends NamedRepo {
  type: 'path';
  /** Relative to the root of the repository; "" is the root itself. */
  path: string;
  folder?: true;
}

/**
 * A row of a dataset, or one cell of it. The Hub's page of the dataset has the same address; `column` and `item` are
 * hugwire's own.
 */
export interface RowReference {
  type: 'row';
  kind: 'dataset';
  id: string;
  config: string;
  split: string;
  /** Its place in the split, from 0. */
  row: number;
  column?: string;
  /** Which of the media of the cell, from 1. */
  item?: number;
}

/** What a person or an assistant may point at. */
export type Reference =
  | RepoReference
  | RowReference
  | PathReference
  /** The history of a revision. */
  | (NamedRepo & { type: 'commits' })
  /** One commit; `revision` is its hash, or a name that leads to it. */
  | (NamedRepo & { type: 'commit'; revision: string })
  /** The discussions of a repository, or one of them. */
  | { type: 'discussion'; kind?: RepoKind; id: string; number?: number }
  /** An arXiv id without version. */
  | { type: 'paper'; id: string }
  /** A documentation page: product, version, language and page as the Hub's URL has them; "" lists the products. */
  | { type: 'docs'; path: string; anchor?: string }
  | { type: 'collection'; slug: string }
  /** A user or an organisation. */
  | { type: 'owner'; name: string }
  /** What a task such as `text-to-image` is; "" lists them. */
  | { type: 'task'; name: string }
  /** Another page of text, such as a blog post: its path as the Hub's URL has it. */
  | { type: 'page'; path: string }
  /** A bucket of files, or something in it; a kernel. */
  | { type: 'storage'; kind: StorageKind; id: string; path?: string };

/** What the Hub stores beside repositories of the three kinds; it writes them with an s, as in `buckets/owner/name`. */
export const STORAGE_KINDS = ['bucket', 'kernel'] as const;
type StorageKind = (typeof STORAGE_KINDS)[number];

const ARXIV_ID = /^(?:arxiv:)?(\d{4}\.\d{4,5})(?:v\d+)?(?:\.md|\.pdf)?$/i;
/** References with slashes of their own, as git and the Hub name them. */
const SLASHED_REVISION = /^refs\/(?:pr\/\d+|convert\/[\w-]+|heads\/[^/]+|tags\/[^/]+)(?=\/|$)/;

/** Pages of text below the Hub's root; no owner has these names. */
const TEXT_PAGES = ['blog', 'learn', 'posts', 'changelog', 'pricing', 'terms-of-service', 'privacy'];
/** Pages that are for people in a browser, and what they are. */
const CLOSED_PAGES: Record<string, string> = {
  settings: 'a page of settings',
  notifications: 'a page of a logged-in user',
  login: 'a page to log in',
  logout: 'a page to log out',
  join: 'a page to sign up',
  oauth: 'a page to log in',
  new: 'a form',
  'new-dataset': 'a form',
  'new-space': 'a form',
  chat: 'an app to chat',
};

/** What else than a repository a first segment may announce, and how the rest is read. */
const SECTIONS: Record<string, (rest: string, anchor?: string) => Reference> = {
  papers: (rest) => {
    const id = arxivId(rest);
    if (id) return { type: 'paper', id };
    if (/^(?:|trending|(?:date|week|month)\/.*)$/.test(rest)) throw isList('/papers', 'paper');
    throw invalid(`"${cleanLine(rest, 60)}" is not an arXiv id.`, 'A paper is named like papers/2407.21783.');
  },
  docs: (rest, anchor) => {
    const path = rest.replace(/\.(?:md|html)$/, '');
    return { type: 'docs', path: path && checkPath(path), anchor: anchor || undefined };
  },
  collections: (rest) => {
    if (/^[\w.-]+\/[\w.-]+$/.test(rest)) return { type: 'collection', slug: rest };
    if (rest === '') throw isList('/collections', 'collection');
    throw invalid(`"${cleanLine(rest, 120)}" is not a collection.`, 'Give collections/owner/slug.');
  },
  buckets: (rest) => storage('bucket', rest),
  kernels: (rest) => storage('kernel', rest),
  tasks: (rest) => ({ type: 'task', name: rest && checkPath(rest) }),
  users: owner,
  organizations: owner,
  ...Object.fromEntries(TEXT_PAGES.map((name) => [name, (rest: string) => textPage(name, rest)])),
  ...Object.fromEntries(
    Object.entries(CLOSED_PAGES).map(([name, why]) => [name, (rest: string) => closed(name, rest, why)]),
  ),
};

/** `name`, also with a page of it. */
function owner(rest: string): Reference {
  const [name = ''] = rest.split('/');
  if (name === '') throw invalid('The name of the user or organisation is missing.', 'Give users/name.');
  return { type: 'owner', name: checkRepoId(name) };
}

function textPage(name: string, rest: string): Reference {
  const path = rest.replace(/\.(?:md|html)$/, '');
  return { type: 'page', path: path ? `${name}/${checkPath(path)}` : name };
}

function closed(name: string, rest: string, why: string): never {
  const path = cleanLine(rest ? `${name}/${rest}` : name, 120);
  throw invalid(
    `"${path}" is not a repository but ${why}, which hugwire does not read.`,
    `Open https://huggingface.co/${path} in a browser.${name === 'settings' ? ' hub_whoami tells whose token this is.' : ''}`,
  );
}

/** Pages of a bucket or kernel stand between it and the path: `owner/name/tree/2026`, `owner/name/resolve/a.wav`. */
function storage(kind: StorageKind, rest: string): Reference {
  const [owner = '', name = '', ...below] = rest.split('/');
  const id = checkRepoId(`${owner}/${name}`);
  const path = (/^(?:tree|resolve|blob)$/.test(below[0] ?? '') ? below.slice(1) : below).join('/');
  return { type: 'storage', kind, id, path: path === '' ? undefined : checkPath(path) };
}

/**
 * The arXiv id in `2407.21783`, `arXiv:2407.21783v2` or `2407.21783.pdf`; undefined when there is none.
 * @param text what was written
 */
function arxivId(text: string): string | undefined {
  return ARXIV_ID.exec(text)?.[1];
}

/**
 * Takes a leading `models`, `datasets` or `spaces` off.
 * @param segments of a path
 * @param otherwise the kind when none leads
 */
function takeKind(segments: string[], otherwise?: RepoKind): { kind?: RepoKind; rest: string[] } {
  const kind = REPO_KINDS.find((known) => segments[0] === `${known}s`);
  if (kind && segments.length > 1) return { kind, rest: segments.slice(1) };
  return { kind: otherwise, rest: segments };
}

/**
 * Splits `main/a/b`, `refs/pr/1/a/b` or `refs%2Fpr%2F1/a/b` into revision and path.
 * @param text begins with the revision; the path stays as it is written
 * @throws HugwireError `invalid_arguments` for what is no revision
 */
function takeRevision(text: string): { revision?: string; path: string } {
  if (text === '') return { path: '' };
  const written = SLASHED_REVISION.exec(text)?.[0] ?? text.split('/', 1)[0] ?? '';
  return { revision: checkRevision(decode(written)), path: text.slice(written.length + 1) };
}

/**
 * A reference as hugwire writes it; `parseReference` reads it back.
 * @param reference what to write
 */
export function showReference(reference: Reference): string {
  if (reference.type === 'paper') return `papers/${reference.id}`;
  if (reference.type === 'collection') return `collections/${reference.slug}`;
  if (reference.type === 'row') {
    const { id, config, split, row, column, item } = reference;
    const query = [
      `row=${row}`,
      column !== undefined && `column=${encodeURIComponent(column)}`,
      item && `item=${item}`,
    ];
    const page = [config, split].map(encodeURIComponent).join('/');
    return `datasets/${id}/viewer/${page}?${query.filter(Boolean).join('&')}`;
  }
  if (reference.type === 'storage') {
    return `${reference.kind}s/${reference.id}${reference.path ? `/${reference.path}` : ''}`;
  }
  if (reference.type === 'docs') {
    const page = reference.path && `/${reference.path}`;
    return `docs${page}${reference.anchor ? `#${reference.anchor}` : ''}`;
  }
  if (reference.type === 'owner') return `users/${reference.name}`;
  if (reference.type === 'task') return reference.name ? `tasks/${reference.name}` : 'tasks';
  if (reference.type === 'page') return reference.path;
  const repo = `${reference.kind && reference.kind !== 'model' ? `${reference.kind}s/` : ''}${reference.id}`;
  if (reference.type === 'discussion') {
    return `https://huggingface.co/${repo}/discussions${reference.number === undefined ? '' : `/${reference.number}`}`;
  }
  if (reference.type === 'commit' || reference.type === 'commits') {
    return `https://huggingface.co/${repo}/${reference.type}/${encodeURIComponent(reference.revision ?? 'main')}`;
  }
  const page = reference.type === 'path' && PLAIN_PAGES.test(reference.path);
  const revision = reference.revision ?? (page ? 'main' : undefined);
  const at = revision ? `@${revision}` : '';
  if (reference.type === 'repo') return `${repo}${at}`;
  return `${repo}${at}/${reference.path}${reference.folder && reference.path ? '/' : ''}`;
}

/**
 * The same for a call that is to be copied: the kind is said, so that nothing needs to be looked up.
 * @param reference what to write
 */
export function showInCall(reference: Extract<Reference, { kind?: RepoKind }>): string {
  const text = showReference(reference).replace('https://huggingface.co/', '');
  return reference.kind === 'model' ? `models/${text}` : text;
}

/**
 * Undoes percent encoding.
 * @param text a part of a web address
 * @throws HugwireError `invalid_arguments` for a stray `%`
 */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`"${cleanLine(text, 120)}" is badly encoded.`, 'A "%" in a web address is written "%25".');
  }
}

/** What a name must not be, in the order in which it is checked, after huggingface_hub's `validate_repo_id`. */
const ID_RULES: [(id: string) => boolean, string][] = [
  [(id) => id === '', 'it is empty'],
  [(id) => id.split('/').length > 2, 'it has more than one slash'],
  [(id) => id.split('/').includes(''), 'the owner or the name is empty'],
  [(id) => !/^[\w\-./]+$/.test(id), 'only letters, digits, "-", "_" and "." are allowed'],
  [(id) => id.includes('--') || id.includes('..'), '"--" and ".." are not allowed'],
  [(id) => id.split('/').some((part) => /^[-.]|[-.]$/.test(part)), 'a part must not begin or end with "-" or "."'],
  [(id) => (id.split('/').at(-1) ?? '').length > 96, 'the name is longer than 96 characters'],
  [(id) => id.endsWith('.git'), 'it ends in ".git"'],
];

const MAX_REVISION = 256;
const MAX_PATH = 4096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this refuses
const CONTROL = /[\u0000-\u001F\u007F]/;

/**
 * Checks a repository id by the Hub's rules.
 * @param id `owner/name`, or the single name of an old canonical repository such as `gpt2`
 * @returns the same id
 * @throws HugwireError `invalid_arguments` that says which rule it breaks
 */
export function checkRepoId(id: string): string {
  for (const [broken, why] of ID_RULES) {
    if (broken(id))
      throw invalid(`"${cleanLine(id, 120)}" is not a repository id: ${why}.`, 'Ids look like owner/name.');
  }
  return id;
}

/**
 * Checks a revision: a branch, a tag, a commit, or a reference such as `refs/pr/1`.
 * @param revision decoded, without `@`
 * @returns the same revision
 * @throws HugwireError `invalid_arguments`
 */
export function checkRevision(revision: string): string {
  refuseToken(revision);
  const bad =
    revision === '' ||
    revision.length > MAX_REVISION ||
    CONTROL.test(revision) ||
    /[\s~^:?*[\\]|\.\.|@\{/.test(revision) ||
    /^[-/.]|[/.]$|\/\/|\.lock$/.test(revision);
  if (bad) {
    throw invalid(
      `"${cleanLine(revision, 120)}" is not a revision.`,
      'A revision is a branch (main), a tag, a commit hash, or a reference such as refs/pr/1.',
    );
  }
  return revision;
}

/**
 * Checks the path of a file or folder in a repository.
 * @param path decoded, relative to the repository's root
 * @returns the same path
 * @throws HugwireError `invalid_arguments`
 */
export function checkPath(path: string): string {
  const parts = path.split('/');
  if (
    path.length > MAX_PATH ||
    CONTROL.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw invalid(
      `"${cleanLine(path, 120)}" is not a path in a repository.`,
      'A path is relative to the root of the repository, such as onnx/model.onnx, without "." or ".." in it.',
    );
  }
  return path;
}

/**
 * An `invalid_arguments` error.
 * @param message what is wrong
 * @param hint what is right
 */
function invalid(message: string, hint: string): HugwireError {
  return new HugwireError('invalid_arguments', message, { hint });
}
