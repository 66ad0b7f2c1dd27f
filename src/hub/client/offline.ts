import { HugwireError } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { lines } from '../fields.js';
import { parseCard } from '../read/card.js';
import { checkPath } from '../reference.js';
import { type HubAnswer, type HubClient, type HubRequest, REPO_KINDS, type RepoKind } from '../types.js';
import { staleReason } from './cache.js';
import { DelegatingClient } from './client.js';
import {
  findLocalRepo,
  type LocalRepo,
  type LocalSnapshot,
  listLocalRepos,
  listSnapshots,
  openSnapshot,
  readInside,
  walkFiles,
} from './downloads.js';
import { makeAnswer } from './exchange.js';

/**
 * Answers from the download cache of huggingface_hub what the Hub cannot answer now: lists, descriptions, folders and
 * files of the repositories in it. Every such answer is marked, with the time since it was downloaded.
 * @param client asks the Hub
 * @param cache directory of huggingface_hub's cache; it need not exist
 */
export function withDownloads(client: HubClient, cache: string): HubClient {
  return new ResourcefulClient(client, cache);
}

class ResourcefulClient extends DelegatingClient {
  readonly #cache: string;

  constructor(client: HubClient, cache: string) {
    super(client);
    this.#cache = cache;
  }

  async request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    try {
      return await this.client.request(path, request);
    } catch (error) {
      const stale = staleReason(error);
      // What changes something nobody here can answer, and nobody fetches what lies here.
      if (!stale || (request.method ?? 'GET') !== 'GET' || request.onBody) throw error;
      const local = await answerLocally(this.#cache, path, request).catch(() => undefined);
      // A busy Hub is worth a second try; a list of what lies here would look like its answer.
      const misleading = local?.list && (error as HugwireError).code === 'rate_limited';
      if (local && !misleading) return this.#mark(local, path, stale);
      throw await this.#explain(error as HugwireError, request);
    }
  }

  withSignal(signal: AbortSignal): HubClient {
    return new ResourcefulClient(this.client.withSignal(signal), this.#cache);
  }

  #mark(
    { body, downloaded, headers, status = 200 }: LocalAnswer,
    path: string,
    stale: 'offline' | 'failed',
  ): HubAnswer {
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body));
    const size = Number(headers?.['content-length'] ?? bytes.length);
    return makeAnswer({
      status,
      headers: new Headers(headers),
      url: this.endpoint + path,
      bytes,
      truncated: status === 200 && size > bytes.length,
      cached: { ageSeconds: Math.max(0, Math.round((Date.now() - downloaded) / 1000)), stale, downloaded: true },
    });
  }

  /** Says whether it would be worth looking for another file of the repository. */
  async #explain(error: HugwireError, { repo, file }: HubRequest): Promise<HugwireError> {
    if (error.code !== 'offline' || !repo) return error;
    const kinds = repo.kind ? [repo.kind] : REPO_KINDS;
    const found = await Promise.all(
      kinds.map((kind) => findLocalRepo(this.#cache, kind, repo.id).catch(() => undefined)),
    );
    const told = found.some(Boolean)
      ? `${repo.id} is downloaded on this machine, but ${file ? `not ${file}` : 'not this'}: hub_repo with include=["files"] lists what is.`
      : `No part of ${repo.id} is on this machine.`;
    return new HugwireError(error.code, error.message, {
      hint: [told, error.hint].filter(Boolean).join(' '),
      retryAfterSeconds: error.retryAfterSeconds,
      cause: error,
    });
  }
}

/** What the download cache can say in the Hub's place. */
interface LocalAnswer {
  body: Uint8Array | object;
  /** When what it tells of was downloaded, milliseconds since the epoch. */
  downloaded: number;
  headers?: Record<string, string>;
  status?: 200 | 206;
  /** A list, which says nothing of what is not downloaded. */
  list?: true;
}

type Handler = (cache: string, params: string[], request: HubRequest) => Promise<LocalAnswer | undefined>;

const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Repositories of a list that are described; each costs reading its card. */
const MAX_ROWS = 100;

/** The Hub's endpoints that the download cache can answer, with their path parameters. */
const ROUTES: [pattern: RegExp, handle: Handler][] = [
  [/^\/(?:(datasets|spaces)\/)?((?:[^/]+\/)?[^/]+)\/(?:resolve|raw)\/([^/]+)\/(.+)$/, answerFile],
  [/^\/api\/(models|datasets|spaces)$/, answerList],
  [/^\/api\/(spaces)\/semantic-search$/, answerList],
  [/^\/api\/(models|datasets|spaces)\/((?:[^/]+\/)?[^/]+)\/tree\/([^/]+)(?:\/(.+))?$/, answerTree],
  [/^\/api\/(models|datasets|spaces)\/((?:[^/]+\/)?[^/]+)\/revision\/([^/]+)$/, answerInfo],
  [/^\/api\/(models|datasets|spaces)\/((?:[^/]+\/)?[^/]+)$/, answerInfo],
];

/**
 * Answers a request of the Hub from what huggingface_hub has downloaded; undefined when it cannot.
 * @param cache directory of huggingface_hub's cache
 * @param path as for the Hub, each segment encoded
 * @param request the same
 */
async function answerLocally(cache: string, path: string, request: HubRequest): Promise<LocalAnswer | undefined> {
  if (request.service === 'viewer' || (request.method ?? 'GET') !== 'GET') return undefined;
  for (const [pattern, handle] of ROUTES) {
    const match = pattern.exec(path);
    if (match)
      return handle(
        cache,
        match.slice(1).map((part) => decodeURIComponent(part ?? '')),
        request,
      );
  }
  return undefined;
}

async function open(cache: string, plural: string, id: string, revision: string): Promise<LocalSnapshot | undefined> {
  const repo = await findLocalRepo(cache, kindOf(plural), id);
  return repo && openSnapshot(repo, revision || undefined);
}

function kindOf(plural = ''): RepoKind {
  return plural === 'datasets' ? 'dataset' : plural === 'spaces' ? 'space' : 'model';
}

async function answerFile(
  cache: string,
  [plural = '', id = '', revision = '', path = '']: string[],
  request: HubRequest,
): Promise<LocalAnswer | undefined> {
  const snapshot = await open(cache, plural, id, revision);
  if (!snapshot) return undefined;
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers?.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(
    range ? Number(range[2]) + 1 : Number.POSITIVE_INFINITY,
    start + (request.maxBytes ?? MAX_FILE_BYTES),
  );
  const read = await readInside(inSnapshot(snapshot, path), snapshot.repo.root, start, end);
  if (!read || (!range && !request.truncate && read.size > read.bytes.length)) return undefined;
  const part = range !== null && read.size > 0;
  return {
    body: read.bytes,
    downloaded: read.modified,
    status: part ? 206 : 200,
    headers: {
      'content-length': String(read.size),
      'x-repo-commit': snapshot.commit,
      ...(part ? { 'content-range': `bytes ${start}-${start + read.bytes.length - 1}/${read.size}` } : {}),
    },
  };
}

/** The path of a file; a path that is not a path in a repository leads nowhere. */
function inSnapshot({ directory }: LocalSnapshot, path: string): string {
  return [directory, ...checkPath(path).split('/')].join('/');
}

async function answerTree(
  cache: string,
  [plural = '', id = '', revision = '', path = '']: string[],
  { query }: HubRequest,
): Promise<LocalAnswer | undefined> {
  const snapshot = await open(cache, plural, id, revision);
  if (!snapshot) return undefined;
  const { files } = await walkFiles(snapshot.directory, snapshot.repo.root);
  const prefix = path && `${checkPath(path)}/`;
  const below = files.filter((file) => file.path.startsWith(prefix));
  if (below.length === 0) return undefined;
  const recursive = String(query?.recursive) === 'true';
  const shown = below.filter((file) => recursive || !file.path.slice(prefix.length).includes('/'));
  const folders = new Set(below.flatMap((file) => foldersOf(file.path.slice(prefix.length), recursive)));
  return {
    downloaded: snapshot.downloaded,
    body: [
      ...[...folders].map((folder) => ({ type: 'directory', path: prefix + folder })),
      ...shown.map((file) => ({ type: 'file', path: file.path, size: file.size })),
    ],
  };
}

/** `a/b/c.txt` lies in `a` and `a/b`; seen from the root alone, in `a`. */
function foldersOf(path: string, recursive: boolean): string[] {
  const parts = path.split('/').slice(0, -1);
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return recursive ? folders : folders.slice(0, 1);
}

async function answerInfo(
  cache: string,
  [plural = '', id = '', revision = '']: string[],
): Promise<LocalAnswer | undefined> {
  const snapshot = await open(cache, plural, id, revision);
  return snapshot && { body: await describeSnapshot(snapshot), downloaded: snapshot.downloaded };
}

async function answerList(
  cache: string,
  [plural]: string[],
  { query = {} }: HubRequest,
): Promise<LocalAnswer | undefined> {
  const words = wordsOf(query.search ?? query.q);
  const [author] = wordsOf(query.author);
  const repos = (await listLocalRepos(cache, kindOf(plural)))
    .map((repo) => ({ repo, matches: countMatches(repo.id.toLowerCase(), words) }))
    .filter(({ repo, matches }) => matches > 0 && (!author || repo.id.toLowerCase().startsWith(`${author}/`)))
    .sort((a, b) => b.matches - a.matches)
    .slice(0, MAX_ROWS);
  const found = await Promise.all(
    repos.map(async ({ repo, matches }) => ({ matches, snapshot: (await listSnapshots(repo))[0] })),
  );
  const ranked = found
    .flatMap(({ matches, snapshot }) => (snapshot ? [{ matches, snapshot }] : []))
    .sort((a, b) => b.matches - a.matches || b.snapshot.downloaded - a.snapshot.downloaded)
    .slice(0, Number(query.limit ?? MAX_ROWS));
  if (ranked.length === 0) return undefined;
  return {
    list: true,
    body: await Promise.all(ranked.map(({ snapshot }) => describeSnapshot(snapshot))),
    downloaded: Math.max(...ranked.map(({ snapshot }) => snapshot.downloaded)),
  };
}

function wordsOf(text: unknown): string[] {
  return text === undefined ? [] : String(text).toLowerCase().split(/\s+/).filter(Boolean);
}

/** How many of the words an id contains; without words every id matches. */
function countMatches(id: string, words: readonly string[]): number {
  return words.length === 0 ? 1 : words.filter((word) => id.includes(word)).length;
}

const MAX_CARD_BYTES = 256 * 1024;
const MAX_CONFIG_BYTES = 256 * 1024;

/**
 * What the Hub's API would say of a repository, as far as its card and configuration tell it.
 * @param snapshot a downloaded revision
 */
async function describeSnapshot(snapshot: LocalSnapshot): Promise<object> {
  const { repo, commit, directory } = snapshot;
  const [{ frontMatter: card }, config] = await Promise.all([
    readText(`${directory}/README.md`, repo, MAX_CARD_BYTES).then((text) => parseCard(text)),
    readText(`${directory}/config.json`, repo, MAX_CONFIG_BYTES).then((text) => parseJsonObject(text) ?? {}),
  ]);
  return {
    id: repo.id,
    sha: commit,
    cardData: card,
    tags: [
      ...lines(card.tags),
      ...lines(card.license).map((name) => `license:${name}`),
      ...lines(card.language).map((name) => `language:${name}`),
      ...lines(card.task_categories).map((name) => `task_categories:${name}`),
    ],
    pipeline_tag: card.pipeline_tag,
    library_name: card.library_name,
    title: card.title,
    sdk: card.sdk,
    config: { architectures: config.architectures, quantization_config: config.quantization_config },
  };
}

async function readText(path: string, { root }: LocalRepo, most: number): Promise<string> {
  return new TextDecoder().decode((await readInside(path, root, 0, most))?.bytes);
}
