import { HugwireError } from '../lib/errors.js';
import { readBody } from '../lib/http.js';
import { explainStrayPage, isWebPage } from '../lib/network.js';
import type { SpaceSite } from '../spaces/types.js';

/** Where the answers of one call come from, once a Space with several replicas has told. */
export interface Route {
  replica?: string;
}

export interface PinOptions {
  /** Given to the Space only when `site.sendToken` allows it. */
  token?: string;
  /** Shared by the requests that must meet the same replica; files live on one only. */
  route?: Route;
}

const MAX_REDIRECTS = 3;
const USER_AGENT = 'hugwire';

/**
 * A `fetch` that cannot leave a Space: another origin is refused, redirects are followed only within the origin, and the
 * token goes out as `X-HF-Authorization` (the Spaces proxy takes it off before the app sees it), over https, to a host
 * below `.hf.space`, and only if the site is allowed it. With `redirect: 'error'` none is followed.
 * @param net the fetch underneath
 * @param site the Space
 * @returns rejects with HugwireError `blocked` instead of leaving the origin
 */
export function pinFetch(net: typeof fetch, site: SpaceSite, options: PinOptions = {}): typeof fetch {
  const route = options.route ?? {};
  return async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT);
    headers.set('x-gradio-user', 'api');
    let url = new URL(input instanceof Request ? input.url : input);
    for (let hop = 0; ; hop += 1) {
      if (url.origin !== site.origin) {
        if (hop === 0)
          throw new HugwireError('blocked', `${site.id} names a file or an address elsewhere: not followed.`);
        throw new HugwireError(
          'blocked',
          `${site.id} redirected to ${url.host}, outside the Space: the call was stopped.`,
          {
            hint: "A network's login page does this: open any website in a browser and log in. Otherwise it is the Space itself: try another one.",
          },
        );
      }
      headers.delete('x-hf-authorization');
      if (options.token && mayCarryToken(site, url)) headers.set('x-hf-authorization', `Bearer ${options.token}`);
      const redirect = init.redirect ?? 'manual';
      const response = await net(viaReplica(url, site, route).href, { ...init, headers, redirect }).catch((cause) => {
        throw isRedirect(cause) ? strayed(site, cause) : cause;
      });
      const replica = response.headers.get('x-proxied-replica')?.match(/-([A-Za-z0-9]{1,32})$/)?.[1];
      if (replica) route.replica ??= replica;
      if (site.kind === 'hub') await refuseStranger(response, url);
      if (response.status < 300 || response.status > 399 || response.status === 304) return response;
      await response.body?.cancel();
      const target = response.headers.get('location');
      const next = target && URL.canParse(target, url.href) ? new URL(target, url.href) : undefined;
      // A redirected POST would lose its body or send it twice: no Gradio route does that.
      if (!next || hop >= MAX_REDIRECTS || (init.method ?? 'GET') !== 'GET') {
        throw strayed(site);
      }
      url = next;
    }
  };
}

const REFUSALS = [401, 403, 407, 451, 511];
const MAX_PAGE_BYTES = 64 * 1024;

/**
 * The Spaces proxy marks what it passes on, and apps refuse in JSON: a page without that mark which refuses is a firewall's.
 * @throws HugwireError for such a page
 */
async function refuseStranger(response: Response, { host }: URL): Promise<void> {
  const { status, headers } = response;
  if (!REFUSALS.includes(status) || !isWebPage(headers)) return;
  if ([...headers.keys()].some((name) => name.startsWith('x-proxied-'))) return;
  const { bytes } = await readBody(response, { maxBytes: MAX_PAGE_BYTES, truncate: true });
  throw explainStrayPage({ asked: host, host, status, body: new TextDecoder().decode(bytes) });
}

/** Whether a fetch failed since it was told to take no redirect: that has no code. */
function isRedirect(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && /\bredirect\b/.test(error.cause.message);
}

function strayed({ id }: SpaceSite, cause?: unknown): HugwireError {
  return new HugwireError('space_broken', `${id} answered with a redirect that leads nowhere.`, { cause });
}

function mayCarryToken(site: SpaceSite, url: URL): boolean {
  return site.sendToken && site.kind === 'hub' && url.protocol === 'https:' && url.hostname.endsWith('.hf.space');
}

/**
 * An address of a Space on the replica that a call went to.
 * @param url of the Space
 * @param site the Space
 * @param route of the call
 */
export function viaReplica(url: URL, site: SpaceSite, route: Route): URL {
  const path = new URL(site.base).pathname.replace(/\/$/, '');
  if (!route.replica || url.pathname.startsWith('/--replicas/') || !url.pathname.startsWith(`${path}/`)) return url;
  const routed = new URL(url);
  routed.pathname = `/--replicas/${route.replica}${url.pathname}`;
  return routed;
}
