import { makeAnswer, readAhead } from '../../src/hub/client/exchange.js';
import type { HubAnswer, HubClient, HubRequest } from '../../src/hub/types.js';
import { HugwireError } from '../../src/lib/errors.js';

export interface AskedRequest {
  path: string;
  request: HubRequest;
  signal?: AbortSignal;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Text or bytes as they are; anything else is sent as JSON. */
  body?: unknown;
  url?: string;
  truncated?: boolean;
}

/** A HubClient without a Hub: it writes down what is asked and answers with what `reply` says. */
export class FakeClient implements HubClient {
  readonly endpoint = 'https://hub.test';
  readonly offline = false;
  away = false;
  readonly asked: AskedRequest[] = [];
  tokenValue: string | undefined;
  reply: (asked: AskedRequest) => Reply | Promise<Reply>;

  constructor(reply: (asked: AskedRequest) => Reply | Promise<Reply> = () => ({ body: { fine: true } })) {
    this.reply = reply;
  }

  isAway(): boolean {
    return this.away;
  }

  request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    return this.#ask({ path, request });
  }

  withSignal(signal: AbortSignal): HubClient {
    const bound: HubClient = Object.create(this);
    bound.request = (path, request = {}) => this.#ask({ path, request, signal });
    bound.withSignal = (other) => this.withSignal(other);
    bound.limits = () => [];
    bound.token = () => this.token();
    return bound;
  }

  limits() {
    return [];
  }

  async token() {
    return { value: this.tokenValue, source: this.tokenValue ? 'env HF_TOKEN' : 'none' };
  }

  async recall() {
    return undefined;
  }

  async keep() {}

  async forget() {}

  transfer(): Promise<HubAnswer> {
    throw new Error('nothing is uploaded');
  }

  async #ask(asked: AskedRequest): Promise<HubAnswer> {
    this.asked.push(asked);
    const {
      status = 200,
      headers = {},
      body,
      url,
      truncated = false,
    } = await untilAborted(Promise.resolve(this.reply(asked)), asked.signal);
    const answer = makeAnswer({
      status,
      headers: new Headers(headers),
      url: url ?? `${this.endpoint}${asked.path}`,
      bytes:
        body instanceof Uint8Array
          ? body
          : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body ?? null)),
      truncated,
    });
    return readAhead(answer, asked.request);
  }
}

function untilAborted<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new HugwireError('cancelled', 'The call was cancelled.')));
    work.then(resolve, reject);
  });
}
