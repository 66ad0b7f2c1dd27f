import type { DemoFault, DemoResponse, DemoRoute, DemoUser } from '../types.js';
import { refuse } from './refusals.js';

type Bucket = DemoRoute['bucket'];
type Quotas = Record<Bucket, number>;

/** Length of a window, seconds. */
const WINDOW = 300;

/** Requests per window by plan, from the Hub's documentation on rate limits. */
const PLANS: Record<'anonymous' | 'free' | 'pro', Quotas> = {
  anonymous: { api: 500, resolvers: 3000, pages: 100 },
  free: { api: 1000, resolvers: 5000, pages: 200 },
  pro: { api: 2500, resolvers: 12_000, pages: 400 },
};

interface Window {
  used: number;
  endsAt: number;
}

interface Admission {
  headers: Record<string, string>;
  /** Set when the quota of the window is used up. */
  refusal?: DemoResponse;
}

/** Counts requests in fixed windows, one for each account and bucket. */
export class DemoLimits {
  private readonly windows = new Map<string, Window>();

  /** @param told quotas that apply to everyone instead of those of the plans */
  constructor(private readonly told: Partial<Quotas> = {}) {}

  /**
   * Counts one request.
   * @param bucket that its route belongs to
   * @param user undefined when anonymous
   * @param address the caller's, for the refusal of anonymous callers
   * @returns the headers that every answer carries, and the refusal when the quota is used up
   */
  admit(bucket: Bucket, user: DemoUser | undefined, address: string): Admission {
    const quota = this.told[bucket] ?? PLANS[planOf(user)][bucket];
    const window = this.window(`${user?.name ?? address} ${bucket}`);
    const allowed = window.used < quota;
    if (allowed) window.used += 1;
    const seconds = Math.max(1, Math.ceil((window.endsAt - Date.now()) / 1000));
    const headers = {
      RateLimit: `"${bucket}";r=${quota - window.used};t=${seconds}`,
      'RateLimit-Policy': `"fixed window";"${bucket}";q=${quota};w=${WINDOW}`,
    };
    return allowed ? { headers } : { headers, refusal: tooMany(bucket, quota, user, address) };
  }

  private window(key: string): Window {
    const known = this.windows.get(key);
    if (known && known.endsAt > Date.now()) return known;
    const fresh = { used: 0, endsAt: Date.now() + WINDOW * 1000 };
    this.windows.set(key, fresh);
    return fresh;
  }
}

function planOf(user: DemoUser | undefined): keyof typeof PLANS {
  if (!user) return 'anonymous';
  return user.isPro ? 'pro' : 'free';
}

function tooMany(bucket: Bucket, quota: number, user: DemoUser | undefined, address: string): DemoResponse {
  const message = user
    ? `We had to rate limit you, you hit the quota of ${quota} ${bucket} requests per 5 minutes period. Upgrade to a PRO user or Team/Enterprise organization account (https://hf.co/pricing) to get higher limits. See https://huggingface.co/docs/hub/rate-limits`
    : `We had to rate limit your IP (${address}). To continue using our service, create a HF account or login to your existing account, and make sure you pass a HF_TOKEN if you're using the API.`;
  return refuse(429, message, undefined, 'text');
}

/** The faults that are switched on. */
export class Faults {
  private readonly active: { fault: DemoFault; left: number }[] = [];

  /**
   * Switches a fault on.
   * @returns the switch to turn it off
   */
  add(fault: DemoFault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  /**
   * The fault that hits this request, counted as used once; the one added first wins.
   * @param path decoded, with its query
   * @param method of the request
   */
  take(path: string, method: string): DemoFault | undefined {
    const hits = (fault: DemoFault) => (fault.method ?? method) === method && matches(fault.path, path);
    const entry = this.active.find(({ fault, left }) => left > 0 && hits(fault));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}

/** A global expression remembers where `test` stopped: start over each time. */
function matches(pattern: RegExp, path: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(path);
}
