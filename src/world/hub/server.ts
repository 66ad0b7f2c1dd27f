import { randomUUID } from 'node:crypto';
import type { DemoHub, DemoHubOptions, DemoRequest, DemoResponse, DemoRoute } from '../types.js';
import { identify } from './access.js';
import { serveContent } from './content.js';
import { DemoLimits, Faults } from './limits.js';
import { type Answered, decodePath, type Incoming, type Listener, listen } from './listener.js';
import { badToken, noRoute, RequestRefused } from './refusals.js';
import { communityRoutes } from './routes/community.js';
import { discoveryRoutes } from './routes/discovery.js';
import { discussionRoutes } from './routes/discussions.js';
import { docsRoutes } from './routes/docs.js';
import { fileRoutes } from './routes/files.js';
import { jobRoutes } from './routes/jobs.js';
import { manageRoutes } from './routes/manage.js';
import { oauthRoutes } from './routes/oauth.js';
import { papersRoutes } from './routes/papers.js';
import { repoRoutes } from './routes/repos.js';
import { spaceRoutes } from './routes/spaces.js';
import { takeUpload, writeRoutes } from './routes/write.js';
import { HubState } from './state.js';
import { viewerRoutes } from './viewer/routes.js';

/** Every endpoint of the small Hub; where two patterns fit, the earlier one is asked first. */
const routes: DemoRoute[] = [
  ...oauthRoutes,
  ...papersRoutes,
  ...writeRoutes,
  ...discussionRoutes,
  ...manageRoutes,
  ...jobRoutes,
  ...communityRoutes,
  ...docsRoutes,
  ...viewerRoutes,
  ...spaceRoutes,
  ...discoveryRoutes,
  ...fileRoutes,
  ...repoRoutes,
];

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
  const limits = new DemoLimits(options.quotas);
  const state = new HubState();
  const cdn = await serveCdn(faults, state);
  try {
    const hub = await listen(options.port ?? 0, faults, (incoming) => handle(incoming));

    async function handle({ message, url, body }: Incoming): Promise<Answered> {
      const method = message.method ?? 'GET';
      const path = decodePath(url.pathname);
      // Apps name themselves in this header where they ask for a token.
      const who = path.startsWith('/oauth/') ? {} : identify(message.headers.authorization);
      const matches = matchRoutes(method, url.pathname);
      const address = message.socket.remoteAddress ?? '127.0.0.1';
      const admission = limits.admit(bucketOf(matches, path), who.user, address);
      const headers = { ...commonHeaders(), ...admission.headers };
      if (admission.refusal) return { response: admission.refusal, headers };
      const response = await answer(matches, {
        method,
        url: message.url ?? '/',
        path,
        query: url.searchParams,
        headers: message.headers,
        body,
        state,
        user: who.user,
        origin: hub.url,
        cdnOrigin: cdn.url,
        spaceHost: options.spaceHost,
        closed: options.closed,
      });
      // A gate says the same to a bad token as to none. The dataset viewer is a service of its own, with its own words.
      const blind = path.startsWith('/datasets-server/') || isGate(response);
      return { response: who.invalid && !blind ? badToken() : response, headers };
    }

    return {
      url: hub.url,
      seen: hub.seen,
      cdn: { url: cdn.url, seen: cdn.seen },
      addFault: (fault) => faults.add(fault),
      state,
      close: async () => {
        await Promise.all([hub.close(), cdn.close()]);
      },
    };
  } catch (error) {
    await cdn.close();
    throw error;
  }
}

const isGate = ({ status, headers }: DemoResponse) => status === 401 && headers?.['X-Error-Code'] === 'GatedRepo';

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

/**
 * Starts the listener that stands for the Hub's content network: it gives and takes large files by their hash, at an origin of
 * its own that has no business with anybody's token.
 */
function serveCdn(faults: Faults, state: HubState): Promise<Listener> {
  return listen(0, faults, async ({ message, url, body }): Promise<Answered> => {
    const taken = message.method === 'PUT' ? takeUpload(state, url.pathname, body) : undefined;
    if (taken) return { response: taken, headers: {} };
    const hash = /^\/blobs\/([0-9a-f]{64})$/.exec(decodePath(url.pathname))?.[1];
    const file = hash ? state.blob(hash) : undefined;
    if (!hash || !file) {
      const refusal = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>';
      return { response: { status: 403, headers: { 'Content-Type': 'application/xml' }, body: refusal }, headers: {} };
    }
    const name = file.path.split('/').at(-1);
    const response = serveContent(file.content, message.headers.range, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `inline; filename*=UTF-8''${encodeURIComponent(name ?? '')}; filename="${name}";`,
      ETag: `"${hash}"`,
      'Cache-Control': 'public, max-age=31536000',
    });
    return { response, headers: { 'X-Cache': 'Hit from cloudfront' } };
  });
}

interface Match {
  route: DemoRoute;
  params: string[];
}

/**
 * The routes for a request, in the order in which they are to be tried.
 * @param rawPath the path as sent, not decoded
 */
function matchRoutes(method: string, rawPath: string): Match[] {
  return routes.flatMap((route) => {
    if (route.method !== method && !(route.method === 'GET' && method === 'HEAD')) return [];
    const groups = route.pattern.exec(rawPath);
    return groups ? [{ route, params: groups.slice(1).map((group) => decodePath(group ?? '')) }] : [];
  });
}

/** The bucket of a request: its first route's, and for unknown paths the API's or the pages'. */
function bucketOf(matches: Match[], path: string): DemoRoute['bucket'] {
  return matches[0]?.route.bucket ?? (path.startsWith('/api/') ? 'api' : 'pages');
}

/**
 * Asks the routes in turn until one answers.
 * @param request without `params`, which each route fills by its own pattern
 * @throws whatever a route throws, except a refusal, which is an answer
 */
async function answer(matches: Match[], request: Omit<DemoRequest, 'params'>): Promise<DemoResponse> {
  try {
    for (const { route, params } of matches) {
      const response = await route.handle({ ...request, params });
      if (response) return response;
    }
  } catch (error) {
    if (error instanceof RequestRefused) return error.response;
    throw error;
  }
  return noRoute(request.path);
}
