import { createHash } from 'node:crypto';
import { cancelled, type ErrorCode, HugwireError } from '../../lib/errors.js';
import { isWebPage } from '../../lib/network.js';
import type { CacheKind, HubAnswer, HubClient, HubRequest } from '../types.js';
import { AnswerStore, type KeptAnswer } from './cache-store.js';
import { DelegatingClient } from './client.js';
import { makeAnswer, readAhead } from './exchange.js';

interface CacheOptions {
  /** Created when the first answer is kept; only this user may read it. Unset: answers are kept in memory alone. */
  directory?: string;
  maxMegabytes: number;
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

  override recall(subject: string): Promise<string | undefined> {
    return this.#answers.recall(subject);
  }

  override keep(subject: string, finding: string | undefined): Promise<void> {
    return this.#answers.keep(subject, finding);
  }

  override forget(id: string): Promise<void> {
    return this.#answers.forget(id);
  }

  settled(): Promise<void> {
    return this.#answers.settled();
  }
}

/** Of what belongs to a repository, below its page or in the API. */
const REPO_PATH = /^\/(?:api\/)?(?:(?:models|datasets|spaces)\/)?([^/]+\/[^/]+)(?:\/|$)/;

type CachedRequest = HubRequest & { cache: CacheKind };

/** The state that all views share: the kept answers and the requests under way. */
class AnswerCache {
  readonly #client: HubClient;
  readonly #store: AnswerStore;
  readonly #flights = new SingleFlight<HubAnswer>();

  constructor(client: HubClient, { directory, maxMegabytes }: CacheOptions) {
    this.#client = client;
    this.#store = new AnswerStore(directory, maxMegabytes * 1_000_000);
  }

  async answer(path: string, request: CachedRequest, signal?: AbortSignal): Promise<HubAnswer> {
    const key = await this.#keyOf(path, request);
    return this.#flights.join(key, signal, (shared) => this.#serve(key, path, request, shared));
  }

  settled(): Promise<void> {
    return this.#store.settled();
  }

  async recall(subject: string): Promise<string | undefined> {
    const kept = await this.#store.get(await this.#hashFor(['finding', subject]));
    const fresh = kept && isFresh(kept.kind, (Date.now() - kept.checkedAt) / 1000);
    return fresh ? new TextDecoder().decode(kept.bytes) : undefined;
  }

  async keep(subject: string, finding: string | undefined): Promise<void> {
    const key = await this.#hashFor(['finding', subject]);
    if (finding === undefined) return this.#store.remove(key);
    const bytes = new TextEncoder().encode(finding);
    const rest = { status: 200, url: '', headers: [], truncated: false };
    this.#store.put(key, { ...rest, kind: 'vocabulary', checkedAt: Date.now(), bytes });
  }

  async forget(id: string): Promise<void> {
    const rest = { status: 200, url: '', headers: [], truncated: false, bytes: new Uint8Array() };
    this.#store.put(this.#markOf(id), { ...rest, kind: 'vocabulary', checkedAt: Date.now() });
    // Another process may ask at once.
    await this.#store.settled();
  }

  /** Whether the repository that an answer is about was written to since. */
  async #isOutdated(path: string, { repo, cache }: CachedRequest, { checkedAt }: KeptAnswer): Promise<boolean> {
    const id = repo?.id ?? REPO_PATH.exec(path)?.[1];
    if (id === undefined || cache === 'immutable') return false;
    const mark = await this.#store.get(this.#markOf(id));
    return mark !== undefined && mark.checkedAt >= checkedAt;
  }

  /** The same for all tokens: what one has written, the others must see. */
  #markOf(id: string): string {
    return hash(JSON.stringify([this.#client.endpoint, 'written', id.toLowerCase()]));
  }

  /** Equal keys mean equal answers. */
  #keyOf(path: string, request: CachedRequest): Promise<string> {
    return this.#hashFor([
      request.service ?? 'hub',
      request.method ?? 'GET',
      path,
      sorted(request.query),
      sorted(request.headers),
      request.body ?? null,
      request.truncate ? request.maxBytes : null,
    ]);
  }

  /** No token can serve what another one fetched, and the key tells nothing of it. */
  async #hashFor(parts: readonly unknown[]): Promise<string> {
    const { value } = await this.#client.token();
    const caller = value === undefined ? 'anonymous' : hash(`${await this.#store.salt()}\n${value}`);
    return hash(JSON.stringify([this.#client.endpoint, ...parts, caller]));
  }

  async #serve(key: string, path: string, request: CachedRequest, signal: AbortSignal): Promise<HubAnswer> {
    const found = await this.#store.get(key);
    // Asked for with a smaller limit than it was fetched with: let the client say that it is too large.
    const kept = found && found.bytes.length <= (request.maxBytes ?? Number.POSITIVE_INFINITY) ? found : undefined;
    const fresh = kept && isFresh(request.cache, (Date.now() - kept.checkedAt) / 1000);
    if (fresh && !(await this.#isOutdated(path, request, kept))) {
      return await this.#restore(kept, request, this.#client.isAway(request.service) ? 'offline' : undefined);
    }
    try {
      return await this.#ask(key, path, request, kept, signal);
    } catch (error) {
      if (kept && isGone(error)) await this.#store.remove(key);
      const stale = staleReason(error);
      if (!kept || !stale) throw error;
      return this.#restore(kept, request, stale);
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
        ? { ...kept, kind: request.cache, checkedAt: Date.now() }
        : this.#record(answer, request.cache);
    // A login page in between must not stay; and when the token has changed since, nobody knows whose answer this is.
    const welcome = !isWebPage(answer.headers) || request.headers?.accept?.includes('html');
    if (welcome && (await this.#keyOf(path, request)) === key) this.#store.put(key, current);
    return answer.status === 304 ? this.#restore(current, request) : answer;
  }

  #record(answer: HubAnswer, kind: CacheKind): KeptAnswer {
    return {
      kind,
      status: answer.status,
      // Storage hosts sign their URLs: what follows the path lets anyone in who reads it.
      url: answer.url.replace(/[?#].*$/s, ''),
      headers: KEPT_HEADERS.flatMap((name): [string, string][] => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
      truncated: answer.truncated,
      checkedAt: Date.now(),
      bytes: answer.bytes,
    };
  }

  #restore(kept: KeptAnswer, request: HubRequest, stale?: 'offline' | 'failed'): Promise<HubAnswer> {
    const { status, url, truncated, bytes } = kept;
    const ageSeconds = Math.max(0, Math.round((Date.now() - kept.checkedAt) / 1000));
    const answer = makeAnswer({
      status,
      headers: new Headers(kept.headers),
      url,
      bytes,
      truncated,
      cached: stale ? { ageSeconds, stale } : { ageSeconds },
    });
    return readAhead(answer, request);
  }
}

function sorted(values: Record<string, unknown> | undefined): [string, unknown][] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
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

/** A clock may be set back by this much without an answer counting as one from the future. */
const CLOCK_SLACK_SECONDS = 60;

/** When the Hub fails like this, an older answer is better than none. */
const STALE_WHEN: Partial<Record<ErrorCode, 'offline' | 'failed'>> = {
  offline: 'offline',
  timeout: 'failed',
  unavailable: 'failed',
  rate_limited: 'failed',
};

/** The Hub has taken back what it said. */
const GONE: ReadonlySet<ErrorCode> = new Set(['not_found', 'not_visible', 'gated', 'unauthorized', 'disabled']);

/**
 * Whether an answer may serve without a question to the Hub.
 * @param kind of the request
 * @param ageSeconds negative when the clock was set back since
 */
function isFresh(kind: CacheKind, ageSeconds: number): boolean {
  // An answer from the future would stay fresh for as long as the clock was off.
  return kind === 'immutable' || (ageSeconds < LIFETIMES[kind] && ageSeconds > -CLOCK_SLACK_SECONDS);
}

/**
 * Why something older may stand in for the answer that failed; undefined when nothing may.
 * @param error what the Hub, or the way to it, gave
 */
export function staleReason(error: unknown): 'offline' | 'failed' | undefined {
  return error instanceof HugwireError ? STALE_WHEN[error.code] : undefined;
}

/**
 * Whether the failure means that the kept answer is no longer true, or no longer for this caller.
 * @param error what the Hub gave
 */
function isGone(error: unknown): boolean {
  return error instanceof HugwireError && GONE.has(error.code);
}

interface Flight<Result> {
  result: Promise<Result>;
  controller: AbortController;
  waiting: number;
}

/** Lets callers that want the same thing at the same time share one piece of work. */
class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * Joins the work under way for `key`, or starts it. A caller that gives up leaves alone; only when all have left is
   * the work itself aborted.
   * @param key what is wanted
   * @param signal of this caller
   * @param start does the work; its signal is aborted once nobody waits
   * @throws HugwireError `cancelled` when `signal` is aborted, or what `start` throws
   */
  async join(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled();
    const flight = this.#flights.get(key) ?? this.#launch(key, start);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        this.#forget(key, flight);
        flight.controller.abort();
      }
    }
  }

  #launch(key: string, start: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const flight: Flight<Result> = { result: start(controller.signal), controller, waiting: 0 };
    this.#flights.set(key, flight);
    // Callers see the failure through their own wait; without one it must not count as unhandled.
    flight.result.catch(() => {}).finally(() => this.#forget(key, flight));
    return flight;
  }

  #forget(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return result;
  return new Promise((resolve, reject) => {
    const leave = () => reject(cancelled());
    signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
