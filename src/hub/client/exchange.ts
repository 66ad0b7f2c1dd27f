import type { FoundToken } from '../../config/token.js';
import { cancelled, HugwireError } from '../../lib/errors.js';
import { isLoopback, mayFollow } from '../../lib/hosts.js';
import { mayHaveToken, readBody, Watch } from '../../lib/http.js';
import { JSON_BUDGET, readJson, readShortJson } from '../../lib/large-json.js';
import { explainNoAnswer, isWebPage, MISLED, mayPass, redirectDispatcher, timedOut } from '../../lib/network.js';
import { hide } from '../../lib/text.js';
import type { HubAnswer, HubRequest, RateWindow } from '../types.js';
import { isMomentary } from '../viewer/failures.js';
import { explainRefusal, requestIdOf } from './failures.js';
import { explainThrottling, readRetryAfter } from './limits.js';

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** A refusal says what it has to say in far less. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const MAX_REDIRECTS = 5;

export interface Wire {
  endpoint: string;
  network: typeof fetch;
  userAgent: string;
  /** Silence of the server that ends the try. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** An answer of any status. */
export interface Exchange extends HubAnswer {
  /** Whether the token went with the request that brought it. */
  tokenSent: boolean;
  /** Headers of the last answer from the origin that was asked: after a redirect a stranger's follow. */
  ownHeaders: Headers;
}

/**
 * Sends one request, follows its redirects with the token rule applied anew at each, and reads the body. Whatever the
 * answer repeats of the token is masked.
 * @param start the URL
 * @param request method, headers, body and caps; `stay`: no redirect is followed
 * @param token sent only where `mayHaveToken` allows
 * @param wire how to send
 * @throws Retryable when another try may succeed, HugwireError when not
 */
export async function exchange(
  start: URL,
  request: HubRequest & { stay?: boolean },
  token: string | undefined,
  wire: Wire,
): Promise<Exchange> {
  const method = request.method ?? 'GET';
  let url = start;
  let ownHeaders = new Headers();
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const tokenSent = token !== undefined && mayHaveToken(url, wire.endpoint);
    const watch = new Watch(wire.timeoutMs, wire.signal);
    try {
      const response = await wire.network(url, {
        method,
        redirect: 'manual',
        dispatcher: url.host === start.host ? undefined : await redirectDispatcher(start),
        signal: watch.signal,
        headers: composeHeaders(request, tokenSent ? token : undefined, wire.userAgent),
        body: bodyOf(request, () => watch.reset()),
      });
      watch.reset();
      const headers = maskHeaders(response.headers, token);
      if (url.origin === start.origin) ownHeaders = headers;
      const target = redirectTarget(response, url);
      if (target) {
        await response.body?.cancel().catch(() => {});
        const isSafe = method === 'GET' || method === 'HEAD' || response.status === 307 || response.status === 308;
        if (!isSafe || request.stay || !mayFollow(url, target)) {
          const message = `${url.host} redirected to ${target.host}, which hugwire does not follow.`;
          throw new HugwireError('blocked', message, { hint: MISLED });
        }
        url = target;
        continue;
      }
      const refused = response.status >= 300;
      const from = { status: response.status, headers, url: hide(url.href, token) };
      const { onBody } = request;
      // A web page may be that of something between, which is looked at before anybody takes it for a file.
      if (onBody && response.body && !refused && !isWebPage(headers)) {
        await onBody(from, watched(response.body, watch));
        return { ...makeAnswer({ ...from, bytes: new Uint8Array(), truncated: false }), tokenSent, ownHeaders };
      }
      const { bytes, truncated } = await readBody(response, {
        maxBytes: refused ? MAX_REFUSAL_BYTES : (request.maxBytes ?? DEFAULT_MAX_BYTES),
        truncate: refused || request.truncate === true,
        quietMs: refused ? undefined : request.quietMs,
        onProgress: () => watch.reset(),
        from: url.host,
      });
      return { ...makeAnswer({ ...from, bytes: maskBytes(bytes, token), truncated }), tokenSent, ownHeaders };
    } catch (error) {
      throw explainFailure(error, url, watch, wire.signal);
    } finally {
      watch.stop();
    }
  }
  throw new HugwireError('unavailable', `${start.host} redirected in circles.`, { hint: MISLED });
}

async function* watched(body: ReadableStream<Uint8Array>, watch: Watch): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      watch.reset();
      yield step.value;
      // What became of the last piece, such as writing it, is no silence of the server.
      watch.reset();
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function bodyOf({ body, content }: HubRequest, onRead: () => void): string | Blob | undefined {
  if (content) return typeof content.body === 'string' ? content.body : new WatchedBlob(content.body, onRead);
  return body === undefined ? undefined : JSON.stringify(body);
}

/** Bytes that tell when they are read: a large upload that goes on is no silence. */
class WatchedBlob extends Blob {
  readonly #content: Blob;
  readonly #onRead: () => void;

  constructor(content: Blob, onRead: () => void) {
    super([]);
    this.#content = content;
    this.#onRead = onRead;
    Object.defineProperty(this, 'size', { value: content.size });
  }

  override stream(): ReturnType<Blob['stream']> {
    const tell = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, out) => {
        this.#onRead();
        out.enqueue(piece);
      },
    });
    return this.#content.stream().pipeThrough(tell as never);
  }
}

/** No caller's own `Authorization` goes out: it would follow every redirect. */
function composeHeaders(request: HubRequest, token: string | undefined, userAgent: string): Headers {
  const headers = new Headers({ 'user-agent': userAgent, ...request.headers });
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  if (request.content?.type) headers.set('content-type', request.content.type);
  if (token === undefined) headers.delete('authorization');
  else headers.set('authorization', `Bearer ${token}`);
  return headers;
}

function explainFailure(error: unknown, url: URL, watch: Watch, signal?: AbortSignal): Retryable | HugwireError {
  if (error instanceof HugwireError) return error;
  if (signal?.aborted) return cancelled(error);
  if (watch.expired) return new Retryable(timedOut(url.host, error));
  const explained = explainNoAnswer(error, url.host);
  return mayPass(error) ? new Retryable(explained) : explained;
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (!location || ![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

/** An answer that is none of those one hoped for, and what it answers. */
interface Refused {
  answer: Exchange;
  request: HubRequest;
  /** What was asked, before redirects. */
  asked: URL;
  /** The same below the Hub's address. */
  path: string;
  /** The token that was looked up for the request. */
  token: FoundToken;
  /** The rate limit window that the answer told of. */
  window?: RateWindow;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * What an answer with a status other than 2xx means: an error, or one that another try may mend.
 * @param refused the answer and its request
 */
export function failureOf({ answer, request, asked, path, token, window, now }: Refused): Retryable | HugwireError {
  const { status, headers, tokenSent } = answer;
  if (status === 429) return judgeThrottling(headers, request, token, now, window);
  const tokenSource = tokenSent ? token.source : undefined;
  const tokenUnusable = token.unusable;
  const tokenWithheld = tokenSent ? undefined : explainWithheld(token, asked, new URL(answer.url));
  const body = answer.text();
  const said = { tokenSource, tokenUnusable, tokenWithheld, tokenAdvice: token.advice };
  const error = explainRefusal({ status, headers, body, request, path, ...said });
  // An answer that says when to come back means it.
  const passing = status === 408 || (status >= 500 && error.retryAfterSeconds === undefined);
  return (request.service === 'viewer' ? isMomentary(answer) : passing) ? new Retryable(error) : error;
}

/** Why a token that is there did not go with the request that was refused, and what to do about it. */
function explainWithheld({ value, source, advice }: FoundToken, asked: URL, answered: URL): string | undefined {
  if (value === undefined) return advice;
  const unsent = `The token from ${source} was not sent`;
  if (asked.protocol !== 'https:' && !isLoopback(asked)) {
    return `${unsent}, since ${asked.origin} is not https: set HF_ENDPOINT=https://${asked.host} in the env block of the MCP client.`;
  }
  if (answered.origin === asked.origin) return `${unsent}: it goes to the Hub alone, and not to ${asked.host}.`;
  return `${unsent}, since ${asked.host} redirected to ${answered.host}, and it goes to the address of HF_ENDPOINT alone. For what needs a token, unset HF_ENDPOINT, or set it to ${answered.origin}.`;
}

function judgeThrottling(
  headers: Headers,
  { service = 'hub' }: HubRequest,
  token: FoundToken,
  now: number,
  window?: RateWindow,
): Retryable {
  // With requests left it is a limit of that one action, of which the window's end says nothing.
  const usedUp = window?.remaining === 0 ? window : undefined;
  const untilReset = usedUp && Math.ceil((usedUp.resetsAt - now) / 1000) + 1;
  const seconds = untilReset ?? readRetryAfter(headers.get('retry-after'), now);
  const anonymous = token.value === undefined && token.advice === undefined;
  const requestId = requestIdOf(headers);
  return new Retryable(explainThrottling({ service, bucket: usedUp?.bucket, seconds, anonymous, requestId }), seconds);
}

/** Further tries after the first. */
const MAX_RETRIES = 2;
/** All tries of one request together, pauses included: many hosts end a tool call after a minute. */
export const TOTAL_BUDGET_MS = 10_000;
/** A rate limit is waited for up to here (5 s, and 1 s until the new window has surely begun); beyond it one is told at once. */
const MAX_WAIT_SECONDS = 6;
const PAUSES_MS = [500, 1500];

/** A try that failed in a way that another try may mend. Never leaves `hub/`. */
export class Retryable {
  readonly error: HugwireError;
  /** For a rate limit: seconds until the next try may succeed. */
  readonly waitSeconds?: number;

  constructor(error: HugwireError, waitSeconds?: number) {
    this.error = error;
    this.waitSeconds = waitSeconds;
  }
}

/**
 * Milliseconds to pause before the next try, or undefined when there should be none.
 * @param failure the last try
 * @param tries how many were made before it
 * @param random 0 to 1, spreads the tries of many clients
 */
export function pauseBeforeRetry(failure: Retryable, tries: number, random: number): number | undefined {
  const pause = PAUSES_MS[tries];
  if (tries >= MAX_RETRIES || pause === undefined) return undefined;
  if (failure.error.code === 'rate_limited') {
    const { waitSeconds } = failure;
    return waitSeconds !== undefined && waitSeconds <= MAX_WAIT_SECONDS ? waitSeconds * 1000 : undefined;
  }
  return pause * (0.75 + random / 2);
}

// A gateway's debug page, a proxy or a file may repeat the token. What the core gives out goes to the assistant, to the
// log and to the disk, so it is taken out as the answer comes in, before anything cuts or re-encodes it.

/**
 * The headers of an answer without the token.
 * @param headers as received
 * @param token that was looked up for the request, if any
 */
export function maskHeaders(headers: Headers, token: string | undefined): Headers {
  return new Headers([...headers].map(([name, value]): [string, string] => [name, hide(value, token)]));
}

/**
 * The body of an answer without the token; the same bytes where it holds none.
 * @param bytes as received
 * @param token that was looked up for the request, if any
 */
export function maskBytes(bytes: Uint8Array, token: string | undefined): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (token === undefined || !buffer.includes(token)) return bytes;
  // Latin 1 has a character for every byte, so that nothing else changes, whatever the bytes mean.
  return Buffer.from(hide(buffer.toString('latin1'), token), 'latin1');
}

/**
 * Gives the parts of an answer their readers.
 * @param parts what came from the Hub or from the cache
 */
export function makeAnswer(parts: Omit<HubAnswer, 'text' | 'json'>): HubAnswer {
  const text = () => new TextDecoder().decode(parts.bytes);
  const json = () => {
    const body = text();
    try {
      return readShortJson(body, jsonOptions(parts));
    } catch (error) {
      throw explainJson(error, body, parts);
    }
  };
  return { ...parts, text, json };
}

/**
 * The same answer, with a long body of an API read ahead: `json()` reads one without a pause, and only a short one.
 * @param answer as it came
 * @param request that it answers; the content of files is not read
 */
export async function readAhead(answer: HubAnswer, { file }: HubRequest): Promise<HubAnswer> {
  if (file !== undefined || answer.bytes.length <= JSON_BUDGET.block) return answer;
  const body = answer.text();
  const read = await readJson(body, jsonOptions(answer)).then(
    (value) => () => value,
    (error: unknown) => () => {
      throw explainJson(error, body, answer);
    },
  );
  return { ...answer, json: read };
}

function jsonOptions({ url }: Pick<HubAnswer, 'url'>) {
  return { what: `The answer of ${new URL(url).host}`, deep: 'unavailable' } as const;
}

function explainJson(error: unknown, text: string, { url, headers }: Pick<HubAnswer, 'url' | 'headers'>) {
  if (error instanceof HugwireError) return error;
  const what = isWebPage(headers, text) ? 'a web page' : 'broken JSON';
  return new HugwireError('unavailable', `${new URL(url).host} answered with ${what} where JSON was expected.`, {
    hint: 'A proxy or a login page may stand between; check HF_ENDPOINT and the network, then try again.',
    cause: error,
  });
}
