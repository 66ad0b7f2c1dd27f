import { HugwireError } from '../lib/errors.js';
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
        throw new HugwireError('blocked', `${site.id} tried to send hugwire to another host; the call was stopped.`);
      }
      headers.delete('x-hf-authorization');
      if (options.token && mayCarryToken(site, url)) headers.set('x-hf-authorization', `Bearer ${options.token}`);
      const redirect = init.redirect ?? 'manual';
      const response = await net(viaReplica(url, site, route).href, { ...init, headers, redirect }).catch((cause) => {
        throw isRedirect(cause) ? strayed(site, cause) : cause;
      });
      const replica = response.headers.get('x-proxied-replica')?.match(/-([A-Za-z0-9]{1,32})$/)?.[1];
      if (replica) route.replica ??= replica;
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

function viaReplica(url: URL, site: SpaceSite, route: Route): URL {
  const path = new URL(site.base).pathname.replace(/\/$/, '');
  if (!route.replica || url.pathname.startsWith('/--replicas/') || !url.pathname.startsWith(`${path}/`)) return url;
  const routed = new URL(url);
  routed.pathname = `/--replicas/${route.replica}${url.pathname}`;
  return routed;
}
