import { setTimeout as sleep } from 'node:timers/promises';
import { HugwireError } from '../errors.js';
import { formatDuration } from '../text/format.js';
import { type Exchange, exchange, type Wire } from './exchange.js';
import { explainRefusal, requestIdOf } from './failures.js';
import { bucketOf, RateLimits } from './limits.js';
import { isLoopback } from './origins.js';
import { pauseBeforeRetry, Retryable, TOTAL_BUDGET_MS } from './retry.js';
import type { FoundToken, HubAnswer, HubClient, HubRequest, QueryValue, RateWindow } from './types.js';

export interface HubClientOptions {
  /** Origin and path of the Hub, from HF_ENDPOINT or the config. */
  endpoint: string;
  /** Address of the dataset viewer, from HF_DATASETS_SERVER; derived from the endpoint unless told. */
  viewer?: string;
  /** Looks the token up; called for every request, since `hf auth login` may change it at any time. */
  token(): Promise<FoundToken>;
  /** Silence of the server that ends one try, milliseconds. */
  timeoutMs: number;
  /** Refuse every request. */
  offline?: boolean;
  userAgent: string;
  network: typeof fetch;
  /** Takes the Hub's own warnings (`X-HF-Warning`), each topic once. */
  onWarning?(text: string): void;
  now?(): number;
  sleep?(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

/**
 * Makes the one way to the Hub: it sends the token to the Hub's origin only, retries what may be retried, minds the
 * rate limits, caps what it reads, and turns every failure into a HugwireError.
 * @param options where the Hub is and how to speak to it
 */
export function createHubClient(options: HubClientOptions): HubClient {
  return new Client(options, {
    limits: new RateLimits(options.now),
    warned: new Set(),
    lastAccount: '',
  });
}

/** What all views of one client share, whatever signal they are bound to. */
interface Shared {
  limits: RateLimits;
  warned: Set<string>;
  /** The token of the last request; it tells whose rate limits to show. */
  lastAccount: string;
}

class Client implements HubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  readonly fetch: typeof fetch;
  readonly #options: HubClientOptions;
  readonly #shared: Shared;
  readonly #wire: Wire;

  constructor(options: HubClientOptions, shared: Shared, signal?: AbortSignal) {
    this.#options = options;
    this.#shared = shared;
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.offline = options.offline ?? false;
    this.#wire = { ...options, endpoint: this.endpoint, signal };
    this.fetch = (input, init) => this.#fetch(input, init);
  }

  withSignal(signal: AbortSignal): HubClient {
    return new Client(this.#options, this.#shared, signal);
  }

  limits(): RateWindow[] {
    return this.#shared.limits.current(this.#shared.lastAccount);
  }

  token(): Promise<FoundToken> {
    return this.#options.token();
  }

  async request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    const base = request.service === 'viewer' ? viewerAddress(this.#options.viewer, this.endpoint) : this.endpoint;
    return this.#send(new URL(base + path + encodeQuery(request.query)), path, request);
  }

  async #fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== new URL(this.endpoint).origin) {
      throw new HugwireError('blocked', `A request to ${url.host} was refused: it is not the Hub.`);
    }
    const answer = await this.#send(url, url.pathname, {
      method: (init.method ?? 'GET') as HubRequest['method'],
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const empty = answer.status === 204 || answer.status === 304;
    const response = new Response(empty ? null : Buffer.from(answer.bytes), answer);
    Object.defineProperty(response, 'url', { value: answer.url });
    return response;
  }

  async #send(url: URL, path: string, request: HubRequest): Promise<HubAnswer> {
    if (this.offline) {
      throw new HugwireError('offline', 'hugwire is set to offline, so the Hub was not asked.', {
        hint: 'Unset HF_HUB_OFFLINE, or set hub.offline to false in the config.',
      });
    }
    const deadline = this.#now() + TOTAL_BUDGET_MS;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#try(url, path, request);
      } catch (failure) {
        if (!(failure instanceof Retryable)) throw failure;
        const pause = request.method === 'POST' ? undefined : pauseBeforeRetry(failure, tries, Math.random());
        if (pause === undefined || this.#now() + pause >= deadline) throw failure.error;
        await this.#pause(pause);
      }
    }
  }

  async #try(url: URL, path: string, request: HubRequest): Promise<HubAnswer> {
    if (this.#wire.signal?.aborted) throw new HugwireError('cancelled', 'The call was cancelled.');
    let token = await this.#options.token();
    this.#refuseWhenUsedUp(path, request, token);
    let answer = await exchange(url, request, token.value, this.#wire);
    if (isBadToken(answer)) {
      // `hf auth login`, or a refresh in another process, may just have written a new one.
      const again = await this.#options.token();
      if (again.value !== token.value) {
        token = again;
        answer = await exchange(url, request, token.value, this.#wire);
      }
    }
    this.#warn(answer.headers);
    const window = this.#shared.limits.record(answer.headers, token.value ?? '');
    if (answer.status < 400) return answer;
    if (answer.status === 429) throw this.#rateLimited(answer, path, token, window);
    const error = explainRefusal({
      status: answer.status,
      headers: answer.headers,
      body: answer.text(),
      request,
      path,
      tokenSource: answer.tokenSent ? token.source : undefined,
    });
    // An answer that says when to come back means it.
    const passing = answer.status === 408 || (answer.status >= 500 && error.retryAfterSeconds === undefined);
    throw passing ? new Retryable(error) : error;
  }

  #refuseWhenUsedUp(path: string, request: HubRequest, token: FoundToken): void {
    if (request.service === 'viewer') return;
    this.#shared.lastAccount = token.value ?? '';
    const bucket = bucketOf(path);
    const seconds = this.#shared.limits.secondsToWait(bucket, token.value ?? '');
    if (seconds > 0) throw rateLimitError(bucket, seconds, token);
  }

  #rateLimited(answer: Exchange, path: string, token: FoundToken, window?: RateWindow): Retryable {
    const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
    // With requests left it is a limit of that one action, of which the window's end says nothing.
    const usedUp = window !== undefined && window.remaining === 0;
    const untilReset = usedUp ? Math.ceil((window.resetsAt - this.#now()) / 1000) + 1 : undefined;
    const seconds = untilReset ?? (Number.isFinite(retryAfter) ? Math.ceil(retryAfter) : undefined);
    const error = rateLimitError(window?.bucket ?? bucketOf(path), seconds, token, requestIdOf(answer.headers));
    return new Retryable(error, seconds);
  }

  #warn(headers: Headers): void {
    const warning = headers.get('x-hf-warning');
    const topic = warning?.split(';')[0];
    if (!warning || topic === undefined || this.#shared.warned.has(topic)) return;
    this.#shared.warned.add(topic);
    this.#options.onWarning?.(warning);
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#wire;
    const wait = this.#options.sleep ?? ((ms, abort) => sleep(ms, undefined, { signal: abort }));
    await wait(milliseconds, signal).catch((cause: unknown) => {
      throw new HugwireError('cancelled', 'The call was cancelled.', { cause });
    });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function isBadToken({ status, tokenSent, headers }: Exchange): boolean {
  return status === 401 && tokenSent && /^invalid credentials/i.test(headers.get('x-error-message') ?? '');
}

function rateLimitError(
  bucket: string,
  seconds: number | undefined,
  token: FoundToken,
  requestId?: string,
): HugwireError {
  const when = seconds === undefined ? 'in a few minutes' : `in ${formatDuration(seconds)}`;
  return new HugwireError('rate_limited', `The Hub's rate limit ("${bucket}") is used up. Try again ${when}.`, {
    hint: token.value === undefined ? 'A token has a larger quota: set HF_TOKEN or run `hf auth login`.' : undefined,
    retryAfterSeconds: seconds,
    requestId,
  });
}

/**
 * Where the dataset viewer is: as told, else beside a Hub on this machine, else the public one.
 * @param told HF_DATASETS_SERVER
 * @param endpoint the Hub
 */
export function viewerAddress(told: string | undefined, endpoint: string): string {
  if (told) return told.replace(/\/+$/, '');
  return isLoopback(new URL(endpoint)) ? `${endpoint}/datasets-server` : 'https://datasets-server.huggingface.co';
}

/**
 * A query string with its `?`, or "" when there is nothing to say. Arrays repeat their key.
 * @param query names to values; undefined and "" are left out
 */
export function encodeQuery(query: Record<string, QueryValue> = {}): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') pairs.append(key, String(one));
    }
  }
  const text = pairs.toString();
  return text ? `?${text}` : '';
}
