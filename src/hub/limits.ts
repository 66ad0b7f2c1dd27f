import type { RateWindow } from './types.js';

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
  const numbers = [...match[2].matchAll(/([a-z]+)=(\d+)/gi)].map(([, key, value]) => [key, Number(value)]);
  return { name: match[1], ...Object.fromEntries(numbers) };
}
