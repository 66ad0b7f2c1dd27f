import { listFiles } from '@huggingface/hub';
import { HugwireError } from '../../lib/errors.js';
import { count, line, nextPage, record } from '../fields.js';
import type { HubAnswer, HubClient, HubRequest, RepoKind } from '../types.js';

export interface TreeEntry {
  type: 'file' | 'folder';
  /** From the root of the repository. */
  path: string;
  /** Bytes of the content, for a file in LFS too. */
  size?: number;
}

export interface Tree {
  entries: TreeEntry[];
  /** False when there is more than was fetched. */
  complete: boolean;
}

/** A repository at a revision, for the paths of the API. */
export interface RepoAt {
  kind: RepoKind;
  id: string;
  revision?: string;
}

/** Five pages of the API; more is not worth an assistant's time. */
const MOST_ENTRIES = 5000;

/**
 * Lists a folder.
 * @param hub the Hub
 * @param repo whose folder
 * @param path of the folder; "" is the root
 * @param recursive with everything below it
 * @throws HugwireError `not_found` with `missing: 'file'` when there is no such folder
 */
export async function listTree(hub: HubClient, repo: RepoAt, path: string, recursive: boolean): Promise<Tree> {
  const { kind, id, revision = 'main' } = repo;
  const listed = listFiles({
    repo: { type: kind, name: id },
    // The library puts both into the address as they are.
    revision: encodeURIComponent(revision),
    path: path.split('/').map(encodeURIComponent).join('/'),
    recursive,
    hubUrl: hub.endpoint,
    fetch: fetchThrough(hub, {
      repo: { kind, id, revision },
      file: path || undefined,
      cache: /^[0-9a-f]{40}$/.test(revision) ? 'immutable' : 'file',
    }),
  });
  const entries: TreeEntry[] = [];
  try {
    for await (const entry of listed) {
      if (entries.length === MOST_ENTRIES) return { entries, complete: false };
      entries.push(...readEntry(record(entry)));
    }
  } catch (cause) {
    if (cause instanceof HugwireError) throw cause;
    // The library takes whatever comes for a list.
    throw new HugwireError('unavailable', `The Hub answered with a list of the files of ${id} that cannot be read.`, {
      hint: 'A proxy or a login page may stand between; check HF_ENDPOINT and the network, then try again.',
      cause,
    });
  }
  return { entries, complete: true };
}

function readEntry(row: Record<string, unknown>): TreeEntry[] {
  const path = line(row.path, 1000);
  if (!path) return [];
  if (row.type === 'directory') return [{ type: 'folder', path }];
  const size = count(record(row.lfs).size) ?? count(row.size);
  return [{ type: 'file', path, size }];
}

/** A page of a list has a thousand entries at most, of some hundred bytes each. */
const MAX_BYTES = 4 * 1024 * 1024;
const METHODS = ['GET', 'HEAD', 'POST'] as const;
/** Whose token is sent where is the core's decision, and so is what it says of the body. */
const OWN_HEADERS = ['authorization', 'cookie', 'content-length', 'content-type', 'host'];
/** A `Response` of these may not have a body, not even an empty one. */
const BODILESS = new Set([204, 205, 304]);

/**
 * Makes a `fetch` for the functions of `@huggingface/hub`, which know neither time limits, retries, rate limits nor a
 * cache: with it they get all that from a client. It reaches the Hub only, whatever a `Link` header says, sends nothing
 * but JSON, and throws HugwireError where the platform's own would hand out a refusal.
 * @param hub the Hub
 * @param about what the requests are about, for the cache and for error messages
 */
export function fetchThrough(hub: HubClient, about: Pick<HubRequest, 'repo' | 'file' | 'cache'> = {}): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.href.startsWith(`${hub.endpoint}/`)) {
      throw new HugwireError('blocked', `A request to ${url.host} was refused: it is not the Hub.`);
    }
    const method = METHODS.find((one) => one === request.method);
    if (!method) throw new HugwireError('blocked', `hugwire sends no ${request.method} requests to the Hub.`);
    for (const name of OWN_HEADERS) request.headers.delete(name);
    const answer = await hub.request(url.href.slice(hub.endpoint.length).replace(/[?#].*$/s, ''), {
      ...about,
      method,
      query: readQuery(url.searchParams),
      headers: Object.fromEntries(request.headers),
      body: parseBody(await request.text()),
      // The library parses what it gets at once.
      maxBytes: MAX_BYTES,
    });
    return toResponse(answer, method, pointHome(answer.headers, url));
  };
}

function readQuery(parameters: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('blocked', 'hugwire sends nothing but JSON to the Hub.', { cause });
  }
}

/**
 * The headers with a `Link` that stays on the Hub: of the next page only the cursor is taken. A cursor that leads back to
 * the same page ends the list.
 */
function pointHome(given: Headers, url: URL): Headers {
  const headers = new Headers(given);
  headers.delete('link');
  const next = nextPage(given);
  const cursor = next && URL.canParse(next, url.href) ? new URL(next, url).searchParams.get('cursor') : null;
  if (cursor === null || cursor === url.searchParams.get('cursor')) return headers;
  const home = new URL(url);
  home.searchParams.set('cursor', cursor);
  headers.set('link', `<${home.href}>; rel="next"`);
  return headers;
}

function toResponse({ status, bytes, url }: HubAnswer, method: string, headers: Headers): Response {
  const body = BODILESS.has(status) || method === 'HEAD' ? null : Buffer.from(bytes);
  const response = new Response(body, { status, headers });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
