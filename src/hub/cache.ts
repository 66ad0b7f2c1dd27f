import { type ErrorCode, HugwireError } from '../errors.js';
import { isWebPage, makeAnswer } from './answer.js';
import { CacheKeys } from './cache-key.js';
import { AnswerStore, type KeptAnswer } from './cache-store.js';
import { SingleFlight } from './single-flight.js';
import type { CacheKind, FoundToken, HubAnswer, HubClient, HubRequest, RateWindow } from './types.js';

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

/** Seconds in which an answer serves again without a question to the Hub. */
const LIFETIMES: Record<CacheKind, number> = {
  list: 60,
  repo: 300,
  file: 600,
  immutable: Number.POSITIVE_INFINITY,
  batch: 600,
  vocabulary: 3600,
  account: 300,
};

/** When the Hub fails like this, an older answer is better than none. */
const STALE_WHEN: Partial<Record<ErrorCode, 'offline' | 'failed'>> = {
  offline: 'offline',
  timeout: 'failed',
  unavailable: 'failed',
  rate_limited: 'failed',
};

/** The Hub has taken back what it said: the kept answer must go. */
const GONE: ReadonlySet<ErrorCode> = new Set(['not_found', 'not_visible', 'gated', 'unauthorized', 'disabled']);

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
class CachedClient implements CachedHubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  readonly fetch: typeof fetch;
  readonly #client: HubClient;
  readonly #answers: AnswerCache;
  readonly #signal?: AbortSignal;

  constructor(client: HubClient, answers: AnswerCache, signal?: AbortSignal) {
    this.endpoint = client.endpoint;
    this.offline = client.offline;
    this.fetch = client.fetch;
    this.#client = client;
    this.#answers = answers;
    this.#signal = signal;
  }

  request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    if (!request.cache) return this.#client.request(path, request);
    return this.#answers.answer(path, { ...request, cache: request.cache }, this.#signal);
  }

  withSignal(signal: AbortSignal): HubClient {
    return new CachedClient(this.#client.withSignal(signal), this.#answers, signal);
  }

  limits(): RateWindow[] {
    return this.#client.limits();
  }

  token(): Promise<FoundToken> {
    return this.#client.token();
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
    if (kept && this.#isFresh(kept, request.cache)) return this.#restore(kept);
    try {
      return await this.#ask(key, path, request, kept, signal);
    } catch (error) {
      const code = error instanceof HugwireError ? error.code : 'internal';
      if (kept && GONE.has(code)) await this.#store.remove(key);
      const stale = STALE_WHEN[code];
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

  #isFresh(kept: KeptAnswer, kind: CacheKind): boolean {
    const seconds = (this.#now() - kept.checkedAt) / 1000;
    // A clock that was set back would make an answer fresh for as long.
    return seconds < LIFETIMES[kind] && (seconds > -60 || kind === 'immutable');
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
