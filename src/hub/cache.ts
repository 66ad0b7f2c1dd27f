import { isWebPage, makeAnswer } from './answer.js';
import { CacheKeys } from './cache-key.js';
import { isFresh, isGone, staleReason } from './cache-policy.js';
import { AnswerStore, type KeptAnswer } from './cache-store.js';
import { DelegatingClient } from './delegate.js';
import { SingleFlight } from './single-flight.js';
import type { CacheKind, HubAnswer, HubClient, HubRequest } from './types.js';

export interface CacheOptions {
  /** Created when the first answer is kept; only this user may read it. */
  directory: string;
  maxMegabytes: number;
  now?(): number;
}

/** A client whose answers are kept. */
export interface CachedHubClient extends HubClient {
  /** Resolves once all answers are on disk: for programs that end right after a call. */
  settled(): Promise<void>;
}

/** Headers that someone reads; the rest is not worth its bytes. */
const KEPT_HEADERS = [
  'content-type',
  'content-length',
  'content-range',
  'etag',
  'last-modified',
  'link',
  'x-error-code',
  'x-linked-etag',
  'x-linked-size',
  'x-repo-commit',
  'x-total-count',
  'x-xet-hash',
];

/**
 * Puts an answer cache on disk, shared by all running servers, in front of a client. Requests that name a `cache` kind
 * are answered from it while fresh, revalidated by ETag afterwards, and answered with what is there when the Hub fails.
 * @param client asks the Hub; not yet bound to a signal
 * @param options where the cache lies and how large it may grow
 */
export function withCache(client: HubClient, options: CacheOptions): CachedHubClient {
  return new CachedClient(client, new AnswerCache(client, options));
}

/** A view of the cache, bound to a signal or not. */
class CachedClient extends DelegatingClient implements CachedHubClient {
  readonly #answers: AnswerCache;
  readonly #signal?: AbortSignal;

  constructor(client: HubClient, answers: AnswerCache, signal?: AbortSignal) {
    super(client);
    this.#answers = answers;
    this.#signal = signal;
  }

  request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    if (!request.cache) return this.client.request(path, request);
    return this.#answers.answer(path, { ...request, cache: request.cache }, this.#signal);
  }

  withSignal(signal: AbortSignal): HubClient {
    return new CachedClient(this.client.withSignal(signal), this.#answers, signal);
  }

  settled(): Promise<void> {
    return this.#answers.settled();
  }
}

type CachedRequest = HubRequest & { cache: CacheKind };

/** The state that all views share: the kept answers and the requests under way. */
class AnswerCache {
  readonly #client: HubClient;
  readonly #keys: CacheKeys;
  readonly #store: AnswerStore;
  readonly #flights = new SingleFlight<HubAnswer>();
  readonly #now: () => number;

  constructor(client: HubClient, options: CacheOptions) {
    this.#client = client;
    this.#now = options.now ?? Date.now;
    this.#keys = new CacheKeys(options.directory);
    this.#store = new AnswerStore({ ...options, now: this.#now });
  }

  async answer(path: string, request: CachedRequest, signal?: AbortSignal): Promise<HubAnswer> {
    const key = await this.#keyOf(path, request);
    return this.#flights.join(key, signal, (shared) => this.#serve(key, path, request, shared));
  }

  settled(): Promise<void> {
    return this.#store.settled();
  }

  async #keyOf(path: string, request: CachedRequest): Promise<string> {
    const { value } = await this.#client.token();
    return this.#keys.keyOf(this.#client.endpoint, path, request, value);
  }

  async #serve(key: string, path: string, request: CachedRequest, signal: AbortSignal): Promise<HubAnswer> {
    const found = await this.#store.get(key);
    // Asked for with a smaller limit than it was fetched with: let the client say that it is too large.
    const kept = found && found.bytes.length <= (request.maxBytes ?? Number.POSITIVE_INFINITY) ? found : undefined;
    if (kept && isFresh(request.cache, (this.#now() - kept.checkedAt) / 1000)) {
      return this.#restore(kept, this.#client.isAway(request.service) ? 'offline' : undefined);
    }
    try {
      return await this.#ask(key, path, request, kept, signal);
    } catch (error) {
      if (kept && isGone(error)) await this.#store.remove(key);
      const stale = staleReason(error);
      if (!kept || !stale) throw error;
      return this.#restore(kept, stale);
    }
  }

  async #ask(
    key: string,
    path: string,
    request: CachedRequest,
    kept: KeptAnswer | undefined,
    signal: AbortSignal,
  ): Promise<HubAnswer> {
    const etag = kept?.headers.find(([name]) => name === 'etag')?.[1];
    const headers = etag ? { ...request.headers, 'if-none-match': etag } : request.headers;
    const answer = await this.#client.withSignal(signal).request(path, { ...request, headers });
    const current: KeptAnswer =
      kept && answer.status === 304
        ? { ...kept, kind: request.cache, checkedAt: this.#now() }
        : this.#record(answer, request.cache);
    // A login page in between must not stay; and when the token has changed since, nobody knows whose answer this is.
    if (!isWebPage(answer.headers) && (await this.#keyOf(path, request)) === key) await this.#store.put(key, current);
    return answer.status === 304 ? this.#restore(current) : answer;
  }

  #record(answer: HubAnswer, kind: CacheKind): KeptAnswer {
    return {
      kind,
      status: answer.status,
      url: withoutSecrets(answer.url, this.#client.endpoint),
      headers: KEPT_HEADERS.flatMap((name): [string, string][] => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
      truncated: answer.truncated,
      checkedAt: this.#now(),
      bytes: answer.bytes,
    };
  }

  #restore(kept: KeptAnswer, stale?: 'offline' | 'failed'): HubAnswer {
    const { status, url, truncated, bytes } = kept;
    const ageSeconds = Math.max(0, Math.round((this.#now() - kept.checkedAt) / 1000));
    return makeAnswer({
      status,
      headers: new Headers(kept.headers),
      url,
      bytes,
      truncated,
      cached: stale ? { ageSeconds, stale } : { ageSeconds },
    });
  }
}

/** Storage hosts sign their URLs: what follows the path lets anyone in who reads it. */
function withoutSecrets(url: string, endpoint: string): string {
  return url.startsWith(`${endpoint}/`) ? url : url.replace(/[?#].*$/s, '');
}
