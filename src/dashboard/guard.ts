import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Why a request is turned away, as an HTTP status; 404 tells a stranger the least. */
export type Refusal = 403 | 404 | 405 | 415;

export interface GuardOptions {
  /** Part of every address. */
  secret: string;
  port: number;
}

/**
 * Checks a request before anything looks at what it wants. Any page in the user's browser can send requests to a port of
 * this machine, and a hostile name server can make one look like its own origin: so the secret, the Host and the Origin
 * have to be right.
 * @param request as it came
 * @param options of the server
 * @returns why it is refused, or the path below the secret: '' when not even a slash follows it
 */
export function checkRequest(request: IncomingMessage, { secret, port }: GuardOptions): Refusal | { path: string } {
  const { host, origin } = request.headers;
  // As browsers write it: without the port where that is the usual one.
  const own = ['127.0.0.1', 'localhost'].map((name) => new URL(`http://${name}:${port}`).host);
  if (!own.includes(host ?? '')) return 403;
  if (origin !== undefined && origin !== `http://${host}`) return 403;
  // Browsers that send it say it also of requests without an Origin, such as those of <img>.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 403;
  // Not everything that can be sent as an address is one, such as `//`.
  const url = URL.canParse(request.url ?? '', `http://${host}`)
    ? new URL(request.url ?? '', `http://${host}`)
    : undefined;
  const [, given = '', ...rest] = url?.pathname.split('/') ?? [];
  if (!isSame(given, secret)) return 404;
  if (request.method === 'POST') {
    if (origin === undefined) return 403;
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return 415;
  } else if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
  return { path: rest.length > 0 ? `/${rest.join('/')}` : '' };
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}
