import { HugwireError } from '../errors.js';
import type { HubClient, HubRequest } from './types.js';

/** What the core is to know of the requests that a library sends through it. */
export type LibraryRequest = Pick<HubRequest, 'repo' | 'file' | 'cache'>;

/**
 * A `fetch` for the functions of `@huggingface/hub`, which know neither signals, time limits, retries nor a cache: with
 * it they read through the core. It reaches the Hub only, and throws HugwireError for every refusal.
 * @param hub the Hub
 * @param request what the requests are about, for the cache and for error messages
 */
export function fetchThrough(hub: HubClient, request: LibraryRequest): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!url.href.startsWith(`${hub.endpoint}/`) || (init?.method ?? 'GET') !== 'GET') {
      throw new HugwireError('blocked', `A request to ${url.host} was refused: libraries only read from the Hub.`);
    }
    const path = url.href.slice(hub.endpoint.length).replace(/[?#].*$/s, '');
    const answer = await hub.request(path, { ...request, query: readQuery(url.searchParams) });
    const headers = new Headers(answer.headers);
    headers.delete('link');
    const cursor = nextCursor(answer.headers);
    if (cursor !== undefined) headers.set('link', `<${withCursor(url, cursor)}>; rel="next"`);
    return new Response(Buffer.from(answer.bytes), { status: answer.status, headers });
  };
}

/**
 * The cursor of the next page. Nothing else is taken from the `Link` header: where the request goes stays our own
 * decision, so that no header can send the token elsewhere.
 * @param headers of a page
 */
function nextCursor(headers: Headers): string | undefined {
  const next = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1];
  if (!next || !URL.canParse(next, 'https://huggingface.co')) return undefined;
  return new URL(next, 'https://huggingface.co').searchParams.get('cursor') ?? undefined;
}

function withCursor(url: URL, cursor: string): string {
  const next = new URL(url);
  next.searchParams.set('cursor', cursor);
  return next.href;
}

function readQuery(parameters: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}
