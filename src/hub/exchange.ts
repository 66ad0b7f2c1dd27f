import { cancelled, HugwireError } from '../errors.js';
import { makeAnswer } from './answer.js';
import { readBody } from './body.js';
import { maskBytes, maskHeaders } from './mask.js';
import { explainNoAnswer, mayPass, timedOut } from './network.js';
import { mayFollow, mayHaveToken } from './origins.js';
import { Retryable } from './retry.js';
import type { HubAnswer, HubRequest } from './types.js';
import { Watch } from './watch.js';

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
 * @param request method, headers, body and caps
 * @param token sent only where `mayHaveToken` allows
 * @param wire how to send
 * @throws Retryable when another try may succeed, HugwireError when not
 */
export async function exchange(
  start: URL,
  request: HubRequest,
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
        signal: watch.signal,
        headers: composeHeaders(request, tokenSent ? token : undefined, wire.userAgent),
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
      });
      watch.reset();
      const headers = maskHeaders(response.headers, token);
      if (url.origin === start.origin) ownHeaders = headers;
      const target = redirectTarget(response, url);
      if (target) {
        await response.body?.cancel().catch(() => {});
        const repeatable = method !== 'POST' || response.status === 307 || response.status === 308;
        if (!repeatable || !mayFollow(url, target)) {
          throw new HugwireError('blocked', `${url.host} redirected to ${target.host}, which hugwire does not follow.`);
        }
        url = target;
        continue;
      }
      const refused = response.status >= 300;
      const { bytes, truncated } = await readBody(response, {
        maxBytes: refused ? MAX_REFUSAL_BYTES : (request.maxBytes ?? DEFAULT_MAX_BYTES),
        truncate: refused || request.truncate === true,
        onProgress: () => watch.reset(),
        from: url.host,
      });
      const parts = { status: response.status, headers, url: url.href, bytes: maskBytes(bytes, token), truncated };
      return { ...makeAnswer(parts), tokenSent, ownHeaders };
    } catch (error) {
      throw explainFailure(error, url, watch, wire.signal);
    } finally {
      watch.stop();
    }
  }
  throw new HugwireError('unavailable', `${start.host} redirected in circles.`);
}

/** No caller's own `Authorization` goes out: it would follow every redirect. */
function composeHeaders(request: HubRequest, token: string | undefined, userAgent: string): Headers {
  const headers = new Headers({ 'user-agent': userAgent, ...request.headers });
  if (request.body !== undefined) headers.set('content-type', 'application/json');
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
