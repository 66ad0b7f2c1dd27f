const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a URL names this machine itself.
 * @param url any URL
 */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/**
 * Whether the token may be sent to a URL: to the Hub's own origin and to services below its domain (the dataset viewer
 * is one), and never in clear text, save on this machine.
 * @param url where a request goes
 * @param endpoint the Hub
 */
export function mayHaveToken(url: URL, endpoint: string): boolean {
  const hub = new URL(endpoint);
  if (url.protocol !== 'https:' && !isLoopback(url)) return false;
  if (url.origin === hub.origin) return true;
  return (
    hub.hostname === 'huggingface.co' && url.protocol === 'https:' && url.host === 'datasets-server.huggingface.co'
  );
}

/**
 * Whether a redirect may be followed (without the token, unless `mayHaveToken` says otherwise): never from https to
 * http, and never from elsewhere to this machine.
 * @param from where the redirect came from
 * @param to where it points
 */
export function mayFollow(from: URL, to: URL): boolean {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return false;
  if (from.protocol === 'https:' && to.protocol !== 'https:') return false;
  return isLoopback(from) || !isLoopback(to);
}
