import { randomUUID } from 'node:crypto';
import type { DemoHub, DemoHubOptions } from '../types.js';
import { identify } from './accounts.js';
import { serveCdn } from './cdn.js';
import { Faults } from './faults.js';
import { RateLimits } from './limits.js';
import { type Answered, type Incoming, listen } from './listener.js';
import { badToken } from './refusals.js';
import { answer, bucketOf, decode, matchRoutes } from './router.js';
import { routes } from './routes/index.js';

/** Headers that browsers of other origins may read, as the Hub lists them. */
const EXPOSED =
  'X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash';

/**
 * Starts the small Hub on 127.0.0.1, and beside it the listener that serves large files from another origin.
 * @param options port, host of the demo Space, quotas
 * @throws Error when the port is taken
 */
export async function startDemoHub(options: DemoHubOptions = {}): Promise<DemoHub> {
  const faults = new Faults();
  const limits = new RateLimits(options.quotas);
  const cdn = await serveCdn(faults);
  try {
    const hub = await listen(options.port ?? 0, faults, (incoming) => handle(incoming));

    async function handle({ message, url, body }: Incoming): Promise<Answered> {
      const method = message.method ?? 'GET';
      const path = decode(url.pathname);
      const who = identify(message.headers.authorization);
      const matches = matchRoutes(routes, method, url.pathname);
      const address = message.socket.remoteAddress ?? '127.0.0.1';
      const admission = limits.admit(bucketOf(matches, path), who.user, address);
      const headers = { ...commonHeaders(), ...admission.headers };
      if (admission.refusal) return { response: admission.refusal, headers };
      // The dataset viewer is a service of its own and has its own words for a bad token.
      if (who.invalid && !path.startsWith('/datasets-server/')) return { response: badToken(), headers };
      const response = await answer(matches, {
        method,
        url: message.url ?? '/',
        path,
        query: url.searchParams,
        headers: message.headers,
        body,
        user: who.user,
        origin: hub.url,
        cdnOrigin: cdn.url,
        spaceHost: options.spaceHost,
        closed: options.closed,
      });
      return { response, headers };
    }

    return {
      url: hub.url,
      seen: hub.seen,
      cdn: { url: cdn.url, seen: cdn.seen },
      addFault: (fault) => faults.add(fault),
      close: async () => {
        await Promise.all([hub.close(), cdn.close()]);
      },
    };
  } catch (error) {
    await cdn.close();
    throw error;
  }
}

function commonHeaders(): Record<string, string> {
  return {
    'X-Powered-By': 'huggingface-moon',
    'X-Request-Id': `Root=1-${randomUUID().slice(0, 8)}-${randomUUID().replaceAll('-', '').slice(0, 24)};${randomUUID()}`,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': EXPOSED,
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    Vary: 'Origin',
  };
}
