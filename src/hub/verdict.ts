import type { HugwireError } from '../errors.js';
import type { Exchange } from './exchange.js';
import { explainRefusal, requestIdOf } from './failures.js';
import { Retryable } from './retry.js';
import { explainThrottling, readRetryAfter } from './throttling.js';
import type { FoundToken, HubRequest, RateWindow } from './types.js';

/** An answer that is none of those one hoped for, and what it answers. */
export interface Refused {
  answer: Exchange;
  request: HubRequest;
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
export function judge({ answer, request, path, token, window, now }: Refused): Retryable | HugwireError {
  const { status, headers, tokenSent } = answer;
  if (status === 429) return judgeThrottling(headers, request, token, now, window);
  const tokenSource = tokenSent ? token.source : undefined;
  const error = explainRefusal({ status, headers, body: answer.text(), request, path, tokenSource });
  // An answer that says when to come back means it.
  const passing = status === 408 || (status >= 500 && error.retryAfterSeconds === undefined);
  return passing ? new Retryable(error) : error;
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
  const anonymous = token.value === undefined;
  const requestId = requestIdOf(headers);
  return new Retryable(explainThrottling({ service, bucket: usedUp?.bucket, seconds, anonymous, requestId }), seconds);
}
