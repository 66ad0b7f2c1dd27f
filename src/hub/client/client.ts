import { setTimeout as sleep } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { FoundToken } from '../../config/token.js';
import { cancelled, HugwireError } from '../../lib/errors.js';
import { isLoopback, mayFollow } from '../../lib/hosts.js';
import { isWebPage, MISLED } from '../../lib/network.js';
import { cleanLine, holdsToken } from '../../lib/text.js';
import type { HubAnswer, HubClient, HubRequest, QueryValue, RateWindow } from '../types.js';
import { exchange, failureOf, pauseBeforeRetry, Retryable, readAhead, TOTAL_BUDGET_MS, type Wire } from './exchange.js';
import { explainStranger, isRejected } from './failures.js';
import { bucketOf, explainThrottling, RateLimits, readWindow } from './limits.js';

/** Requests under way at once; more of them would only take each other's sockets and bandwidth. */
const MAX_IN_FLIGHT = 24;

export interface HubClientOptions {
  /** Origin and path of the Hub, from HF_ENDPOINT or the config. */
  endpoint: string;
  /** Address of the dataset viewer, from HF_DATASETS_SERVER; derived from the endpoint unless told. */
  viewer?: string;
  /**
   * Looks the token up; called for every request, since `hf auth login` may change it at any time.
   * @param rejected the value that the Hub has just turned down
   */
  token(rejected?: string): Promise<FoundToken>;
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
    queue: new RequestQueue(MAX_IN_FLIGHT),
    warned: new Set(),
    lastAccount: '',
  });
}

/** What all views of one client share, whatever signal they are bound to. */
interface Shared {
  limits: RateLimits;
  queue: RequestQueue;
  warned: Set<string>;
  /** The token of the last request; it tells whose rate limits to show. */
  lastAccount: string;
}

class Client implements HubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  readonly #options: HubClientOptions;
  readonly #shared: Shared;
  readonly #wire: Wire;

  constructor(options: HubClientOptions, shared: Shared, signal?: AbortSignal) {
    this.#options = options;
    this.#shared = shared;
    this.endpoint = options.endpoint.replace(/(?<!\/)\/+$/, '');
    this.offline = options.offline ?? false;
    this.#wire = { ...options, endpoint: this.endpoint, signal };
  }

  withSignal(signal: AbortSignal): HubClient {
    return new Client(this.#options, this.#shared, signal);
  }

  isAway(): boolean {
    return this.offline;
  }

  limits(): RateWindow[] {
    return this.#shared.limits.current(this.#shared.lastAccount);
  }

  token(): Promise<FoundToken> {
    return this.#options.token();
  }

  /** Without a cache nothing is remembered. */
  async recall(): Promise<undefined> {}

  async keep(): Promise<void> {}

  async forget(): Promise<void> {}

  async request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    const base = request.service === 'viewer' ? viewerAddress(this.#options.viewer, this.endpoint) : this.endpoint;
    return readAhead(await this.#send(new URL(base + path + encodeQuery(request.query)), request), request);
  }

  async transfer(address: string, request: Pick<HubRequest, 'method' | 'content'>): Promise<HubAnswer> {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const hub = new URL(this.endpoint);
    if (!url || !mayFollow(hub, url) || (url.protocol !== 'https:' && !isLoopback(hub))) {
      const place = url ? cleanLine(url.origin, 120) : 'something that is not an address';
      throw new HugwireError('blocked', `The Hub names ${place} for an upload, and hugwire sends nothing there.`, {
        hint: MISLED,
      });
    }
    const wire = { ...this.#wire, timeoutMs: Math.max(this.#options.timeoutMs, TRANSFER_SILENCE_MS) };
    for (let tries = 0; ; tries += 1) {
      const failure = await exchange(url, { ...request, stay: true }, undefined, wire).then(
        (answer) => (answer.status < 300 ? answer : refusedTransfer(url, answer.status)),
        (error: unknown) => error,
      );
      if (!(failure instanceof Retryable || failure instanceof Error)) return failure as HubAnswer;
      const pause = failure instanceof Retryable ? pauseBeforeRetry(failure, tries, Math.random()) : undefined;
      if (pause === undefined) throw failure instanceof Retryable ? failure.error : failure;
      await this.#pause(pause);
    }
  }

  async #send(url: URL, request: HubRequest): Promise<HubAnswer> {
    if (this.offline) {
      throw new HugwireError('offline', 'hugwire is set to offline, so the Hub was not asked.', {
        hint: 'Unset HF_HUB_OFFLINE, or set hub.offline to false in the config.',
      });
    }
    const { method = 'GET', repeatable = method === 'GET' || method === 'HEAD' } = request;
    const deadline = this.#now() + TOTAL_BUDGET_MS;
    const { timeoutMs: longest = this.#options.timeoutMs } = request;
    let timeoutMs = longest;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#try(url, request, timeoutMs);
      } catch (failure) {
        if (!(failure instanceof Retryable)) throw failure;
        const pause = repeatable ? pauseBeforeRetry(failure, tries, Math.random()) : undefined;
        const left = deadline - this.#now() - (pause ?? 0);
        if (pause === undefined || left <= 0) throw failure.error;
        await this.#pause(pause);
        timeoutMs = Math.min(longest, left);
      }
    }
  }

  /** @throws Retryable when another try may succeed, HugwireError when not */
  async #try(url: URL, request: HubRequest, timeoutMs: number): Promise<HubAnswer> {
    const wire = { ...this.#wire, timeoutMs };
    if (wire.signal?.aborted) throw cancelled();
    let token = await this.#options.token();
    refuseToken(url, request, token.value);
    if (request.service !== 'viewer') this.#refuseWhenUsedUp(url, token);
    const ask = () => this.#shared.queue.run(() => exchange(url, request, token.value, wire), wire.signal);
    let answer = await ask();
    if (answer.tokenSent && isRejected(answer)) {
      // `hf auth login`, or a refresh in another process, may just have written a new one.
      const again = await this.#options.token(token.value);
      if (again.value !== token.value) {
        token = again;
        answer = await ask();
      }
    }
    this.#warn(answer.ownHeaders);
    const window = readWindow(answer.ownHeaders, this.#now());
    if (window && request.service !== 'viewer') this.#shared.limits.keep(window, token.value ?? '');
    if (answer.status !== 304 && (answer.status >= 300 || isWebPage(answer.headers))) {
      const stranger = explainStranger({ ...answer, body: answer.text() }, url);
      if (stranger) throw stranger;
    }
    if (answer.status < 300 || answer.status === 304) {
      if (answer.bytes.length > 0) await request.onBody?.(answer, onePiece(answer.bytes));
      return answer;
    }
    throw failureOf({ answer, request, asked: url, path: this.#pathOf(url), token, window, now: this.#now() });
  }

  /** A window that is known to be used up is not asked of again before it ends. */
  #refuseWhenUsedUp(url: URL, token: FoundToken): void {
    const { limits } = this.#shared;
    this.#shared.lastAccount = token.value ?? '';
    const bucket = bucketOf(this.#pathOf(url));
    const seconds = limits.secondsToWait(bucket, token.value ?? '');
    if (seconds === 0) return;
    const anonymous = token.value === undefined && token.advice === undefined;
    throw new Retryable(explainThrottling({ service: 'hub', bucket, seconds, anonymous }), seconds);
  }

  #warn(headers: Headers): void {
    const warning = cleanLine(headers.get('x-hf-warning') ?? '', 300);
    const topic = warning.split(';')[0] ?? '';
    if (warning === '' || this.#shared.warned.has(topic)) return;
    this.#shared.warned.add(topic);
    this.#options.onWarning?.(warning);
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#wire;
    const wait = this.#options.sleep ?? ((ms, abort) => sleep(ms, undefined, { signal: abort }));
    await wait(milliseconds, signal).catch((cause: unknown) => {
      throw cancelled(cause);
    });
  }

  /** What stands in a URL below the Hub's address; the whole path of another service's. */
  #pathOf(url: URL): string {
    const below = url.href.startsWith(`${this.endpoint}/`) ? url.href.slice(this.endpoint.length) : url.pathname;
    return below.replace(/[?#].*$/s, '');
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

/** What was read whole, since it might have been another's answer. */
async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Silence of a storage service that ends a transfer: it answers when it has all bytes, and keeps them first. */
const TRANSFER_SILENCE_MS = 60_000;

/** Storage services say in XML what is wrong, which tells a user nothing. */
function refusedTransfer({ host }: URL, status: number): Retryable | HugwireError {
  const error = new HugwireError('unavailable', `${host} did not accept the upload (${status}).`, {
    hint: 'Nothing was committed. Try again: what was uploaded already is not sent again.',
  });
  return status === 408 || status >= 500 ? new Retryable(error) : error;
}

/** What is asked for is logged by servers, and kept with the answer. */
function refuseToken({ pathname, search }: URL, { body }: HubRequest, token: string | undefined): void {
  if (!holdsToken(`${pathname}${search}${body === undefined ? '' : JSON.stringify(body)}`, token)) return;
  throw new HugwireError('invalid_arguments', 'The request contains what looks like a token, so it was not sent.', {
    hint: 'Leave it out: hugwire sends the token that is configured by itself.',
  });
}

/**
 * Where the dataset viewer is: as told, else beside a Hub on this machine, else the public one.
 * @param told HF_DATASETS_SERVER
 * @param endpoint the Hub
 */
export function viewerAddress(told: string | undefined, endpoint: string): string {
  if (told) return told.replace(/(?<!\/)\/+$/, '');
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

/** Lets a bounded number of requests run at once; the others wait in line. */
export class RequestQueue {
  readonly #limit: LimitFunction;

  /** @param places how many may be inside at once */
  constructor(places: number) {
    this.#limit = pLimit(places);
  }

  /**
   * Runs work as soon as there is room.
   * @param work starts when its turn comes
   * @param signal leaves the line when aborted; of work that has begun the work itself must see to it
   * @throws HugwireError `cancelled` when the signal is aborted before the turn came, or what `work` throws
   */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(cancelled());
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      void this.#limit(async () => {
        if (signal?.aborted) return;
        signal?.removeEventListener('abort', leave);
        await work().then(resolve, reject);
      });
    });
  }
}

/** A client in front of another one: what it does not do itself, the other does. */
export abstract class DelegatingClient implements HubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  protected readonly client: HubClient;

  /** @param client the one behind */
  constructor(client: HubClient) {
    this.endpoint = client.endpoint;
    this.offline = client.offline;
    this.client = client;
  }

  abstract request(path: string, request?: HubRequest): Promise<HubAnswer>;

  abstract withSignal(signal: AbortSignal): HubClient;

  isAway(service?: HubRequest['service']): boolean {
    return this.client.isAway(service);
  }

  limits(): RateWindow[] {
    return this.client.limits();
  }

  token(): Promise<FoundToken> {
    return this.client.token();
  }

  recall(subject: string): Promise<string | undefined> {
    return this.client.recall(subject);
  }

  keep(subject: string, finding: string | undefined): Promise<void> {
    return this.client.keep(subject, finding);
  }

  transfer(address: string, request: Pick<HubRequest, 'method' | 'content'>): Promise<HubAnswer> {
    return this.client.transfer(address, request);
  }

  forget(id: string): Promise<void> {
    return this.client.forget(id);
  }
}
