import type { RateWindow } from './types.js';

/** Keeps the last rate limit window of each bucket, one set for each token. */
export class RateLimits {
  readonly #windows = new Map<string, RateWindow>();
  readonly #now: () => number;

  /** @param now the clock, milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Takes in the headers of an answer: `RateLimit: "api";r=497;t=168` and `RateLimit-Policy: …;q=500;w=300`
   * (IETF draft-ietf-httpapi-ratelimit-headers-09).
   * @param headers of any answer
   * @param account what the windows belong to; never shown
   * @returns the window that the answer told of, if any
   */
  record(headers: Headers, account: string): RateWindow | undefined {
    const limit = parseItem(headers.get('ratelimit'));
    if (!limit || limit.r === undefined || limit.t === undefined) return undefined;
    const window: RateWindow = {
      bucket: limit.name,
      remaining: limit.r,
      quota: parseItem(headers.get('ratelimit-policy'))?.q,
      resetsAt: this.#now() + limit.t * 1000,
    };
    this.#windows.set(`${limit.name} ${account}`, window);
    return window;
  }

  /**
   * Seconds until a request in this bucket can succeed, when the window is known to be used up; else 0.
   * @param bucket `api`, `resolvers` or `pages`
   * @param account as given to `record`
   */
  secondsToWait(bucket: string, account: string): number {
    const window = this.#windows.get(`${bucket} ${account}`);
    if (!window || window.remaining > 0) return 0;
    return Math.max(0, Math.ceil((window.resetsAt - this.#now()) / 1000));
  }

  /**
   * The windows of one account that have not passed.
   * @param account as given to `record`
   */
  current(account: string): RateWindow[] {
    return [...this.#windows]
      .filter(([key, window]) => key.endsWith(` ${account}`) && window.resetsAt > this.#now())
      .map(([, window]) => window)
      .sort((a, b) => a.bucket.localeCompare(b.bucket));
  }
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
