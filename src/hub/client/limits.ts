import { HugwireError } from '../../lib/errors.js';
import { formatDuration } from '../../lib/format.js';
import type { RateWindow } from '../types.js';

/** The Hub's windows last five minutes: a header that says a year must not lock anybody out for one. */
const MAX_WINDOW_SECONDS = 3600;

/** Keeps the last rate limit window of each bucket, one set for each token. */
export class RateLimits {
  readonly #windows = new Map<string, RateWindow>();
  readonly #now: () => number;

  /** @param now the clock, milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Keeps a window.
   * @param window as `readWindow` read it
   * @param account what it belongs to; never shown
   */
  keep(window: RateWindow, account: string): void {
    this.#windows.set(keyOf(window.bucket, account), window);
  }

  /**
   * Seconds until a request in this bucket can succeed, when the window is known to be used up; else 0.
   * @param bucket `api`, `resolvers` or `pages`
   * @param account as given to `keep`
   */
  secondsToWait(bucket: string, account: string): number {
    const window = this.#windows.get(keyOf(bucket, account));
    if (!window || window.remaining > 0) return 0;
    return Math.max(0, Math.ceil((window.resetsAt - this.#now()) / 1000));
  }

  /**
   * The windows of one account that have not passed.
   * @param account as given to `keep`
   */
  current(account: string): RateWindow[] {
    return [...this.#windows]
      .filter(([key, { bucket, resetsAt }]) => key === keyOf(bucket, account) && resetsAt > this.#now())
      .map(([, window]) => window)
      .sort((a, b) => a.bucket.localeCompare(b.bucket));
  }
}

const keyOf = (bucket: string, account: string) => `${bucket} ${account}`;

/**
 * Reads the window that an answer tells of: `RateLimit: "api";r=497;t=168` and `RateLimit-Policy: …;q=500;w=300`
 * (IETF draft-ietf-httpapi-ratelimit-headers-09).
 * @param headers of any answer
 * @param now milliseconds since the epoch
 */
export function readWindow(headers: Headers, now: number): RateWindow | undefined {
  const limit = parseItem(headers.get('ratelimit'));
  if (!limit || limit.r === undefined || limit.t === undefined) return undefined;
  return {
    bucket: limit.name,
    remaining: limit.r,
    quota: parseItem(headers.get('ratelimit-policy'))?.q,
    resetsAt: now + Math.min(limit.t, MAX_WINDOW_SECONDS) * 1000,
  };
}

/**
 * The bucket that the Hub counts a path in.
 * @param path below the endpoint
 */
export function bucketOf(path: string): 'api' | 'resolvers' | 'pages' {
  if (path.startsWith('/api/') && !path.startsWith('/api/resolve-cache/')) return 'api';
  return /\/resolve(?:-cache)?\//.test(path) ? 'resolvers' : 'pages';
}

interface LimitItem {
  name: string;
  r?: number;
  t?: number;
  q?: number;
}

/** One item of a structured field (RFC 9651): the last quoted name and the numbers after it. */
function parseItem(header: string | null): LimitItem | undefined {
  const match = header?.match(/"([a-z0-9 _-]+)"((?:\s*;\s*[a-z]+=\d+)+)/i);
  if (!match?.[1] || !match[2]) return undefined;
  const numbers = [...match[2].matchAll(/(?<![a-z])([a-z]+)=(\d+)/gi)].map(([, key, value]) => [key, Number(value)]);
  return { name: match[1], ...Object.fromEntries(numbers) };
}

/** What is known of a rate limit that was hit. */
interface Throttling {
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
    : `${NAMES[service]} is not accepting more requests of this kind for now.`;
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
