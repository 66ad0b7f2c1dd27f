import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { HttpsProxyAgent } from 'https-proxy-agent';
import type { BodyInit as SentBody } from 'node-fetch';
import { type ProxySettings, proxyFor } from './proxy.js';

/** A `Response` of these may not have a body, not even an empty one. */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * A `fetch` that goes through proxies, which Node 20's own cannot: a tunnel (CONNECT) for http and https alike. It takes
 * addresses, not `Request` objects.
 * @param settings the proxies
 */
export async function createProxiedFetch(settings: ProxySettings): Promise<typeof fetch> {
  const [{ default: send }, { HttpsProxyAgent: Tunnel }] = await Promise.all([
    import('node-fetch'),
    import('https-proxy-agent'),
  ]);
  const tunnels = new Map<string, HttpsProxyAgent<string>>();
  const open = (proxy: string): HttpsProxyAgent<string> => {
    const tunnel = new Tunnel(proxy, { keepAlive: true });
    // Else the proxy's refusal would pass for an answer of the server.
    tunnel.on('proxyConnect', refuseUnlessOpen);
    tunnels.set(proxy, tunnel);
    return tunnel;
  };
  return async (input, { signal, body, headers, method, redirect } = {}) => {
    signal?.throwIfAborted();
    try {
      const answer = await send(String(input), {
        method,
        redirect,
        signal,
        body: toSentBody(body),
        headers: Object.fromEntries(new Headers(headers)),
        agent: (url) => {
          const proxy = proxyFor(url, settings);
          return proxy === undefined ? undefined : (tunnels.get(proxy) ?? open(proxy));
        },
      });
      return toResponse(answer);
    } catch (error) {
      signal?.throwIfAborted();
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}

/** A body as node-fetch takes it: it knows the streams of Node only, and reads those as fast as they are sent. */
function toSentBody(body: RequestInit['body']): SentBody | undefined {
  if (body instanceof ReadableStream) return Readable.fromWeb(body as NodeStream);
  return body as SentBody | undefined;
}

function refuseUnlessOpen({ statusCode }: { statusCode: number }): void {
  if (statusCode === 200) return;
  // Of this error node-fetch keeps the code and nothing else.
  throw Object.assign(new Error('The proxy refused'), { code: `PROXY_REFUSED_${statusCode}` });
}

/** The platform's `Response`, which the rest of hugwire and its libraries read. */
function toResponse(answer: Awaited<ReturnType<typeof import('node-fetch')['default']>>): Response {
  const { status, statusText, url } = answer;
  const bodiless = BODILESS.has(status) || answer.body === null;
  if (bodiless) answer.body?.resume();
  const stream = bodiless ? null : (Readable.toWeb(answer.body as Readable) as NodeStream<Uint8Array>);
  const response = new Response(stream, { status, statusText, headers: [...answer.headers] });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
