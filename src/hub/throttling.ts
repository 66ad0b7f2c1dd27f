import { HugwireError } from '../errors.js';
import { formatDuration } from '../text/format.js';

/** What is known of a rate limit that was hit. */
export interface Throttling {
  service: 'hub' | 'viewer';
  /** The bucket that is used up; unset when it is a limit of that one action, of which the buckets say nothing. */
  bucket?: string;
  /** Seconds until a request can succeed, when somebody said it. */
  seconds?: number;
  /** Whether no token was sent. */
  anonymous: boolean;
  requestId?: string;
}

const NAMES = { hub: 'The Hub', viewer: 'The dataset viewer' };

/**
 * The error for a rate limit.
 * @param throttling what is known of it
 */
export function explainThrottling({ service, bucket, seconds, anonymous, requestId }: Throttling): HugwireError {
  const when = seconds === undefined ? 'in a few minutes' : `in ${formatDuration(seconds)}`;
  const what = bucket
    ? `${NAMES[service]}'s rate limit ("${bucket}") is used up.`
    : `${NAMES[service]} takes no more requests of this kind for now.`;
  return new HugwireError('rate_limited', `${what} Try again ${when}.`, {
    hint: anonymous ? 'A token has a larger quota: set HF_TOKEN or run `hf auth login`.' : undefined,
    retryAfterSeconds: seconds,
    requestId,
  });
}

/**
 * What a `Retry-After` header says, in seconds (RFC 9110, section 10.2.3: a number, or a date).
 * @param value of the header
 * @param now milliseconds since the epoch
 */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value);
  // Date.parse makes a year of nearly any number.
  const date = /GMT\s*$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
