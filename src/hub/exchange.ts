import { HugwireError } from '../errors.js';
import { makeAnswer } from './answer.js';
import { readBody } from './body.js';
import { explainNoAnswer, timedOut } from './network.js';
import { mayFollow, mayHaveToken } from './origins.js';
import { Retryable } from './retry.js';
import type { HubAnswer, HubRequest } from './types.js';
import { Watch } from './watch.js';

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const MAX_REDIRECTS = 5;

export interface Wire {
  endpoint: string;
  network: typeof fetch;
  userAgent: string;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** An answer of any status, and whether the token went with the request that brought it. */
export interface Exchange extends HubAnswer {
  tokenSent: boolean;
}

/**
 * Sends one request, follows its redirects with the token rule applied anew at each, and reads the body.
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
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const tokenSent = token !== undefined && mayHaveToken(url, wire.endpoint);
    const watch = new Watch(wire.timeoutMs, wire.signal);
    try {
      const response = await wire.network(url, {
        method,
        redirect: 'manual',
        signal: watch.signal,
        headers: {
          'user-agent': wire.userAgent,
          ...request.headers,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(tokenSent ? { authorization: `Bearer ${token}` } : {}),
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
      });
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
      const body = await readBody(response, {
        maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
        truncate: request.truncate === true || response.status >= 400,
        onProgress: () => watch.reset(),
        from: url.host,
      });
      const { status, headers } = response;
      return { ...makeAnswer({ status, headers, url: url.href, ...body }), tokenSent };
    } catch (error) {
      throw explainFailure(error, url, watch, wire.signal);
    } finally {
      watch.stop();
    }
  }
  throw new HugwireError('unavailable', `${start.host} redirected in circles.`);
}

function explainFailure(error: unknown, url: URL, watch: Watch, signal?: AbortSignal): Retryable | HugwireError {
  if (error instanceof HugwireError) return error;
  if (signal?.aborted) return new HugwireError('cancelled', 'The call was cancelled.');
  if (watch.expired) return new Retryable(timedOut(url.host, error));
  const explained = explainNoAnswer(error, url.host);
  // What cannot be reached now cannot be reached in a second; a connection that broke is worth another try.
  return explained.code === 'unavailable' ? new Retryable(explained) : explained;
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (!location || ![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}
