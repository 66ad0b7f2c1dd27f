import { HugwireError } from '../errors.js';
import type { HubAnswer, HubRequest } from './types.js';

/** Sends one request of `@huggingface/hub` through the core. */
export type SendFetch = (url: URL, request: HubRequest, signal?: AbortSignal) => Promise<HubAnswer>;

const METHODS = ['GET', 'HEAD', 'POST'] as const;
/** Whose token is sent where is the core's decision, and so is what it says of the body. */
const OWN_HEADERS = ['authorization', 'cookie', 'content-length', 'content-type', 'host'];
/** A `Response` of these may not have a body, not even an empty one. */
const BODILESS = new Set([204, 205, 304]);

/**
 * Makes a `fetch` for libraries. It reaches the Hub only, whatever a `Link` header says, sends nothing but JSON, and
 * throws HugwireError where the platform's own would hand out a refusal.
 * @param endpoint the Hub
 * @param send the core
 */
export function createFetch(endpoint: string, send: SendFetch): typeof fetch {
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.origin !== origin) {
      throw new HugwireError('blocked', `A request to ${url.host} was refused: it is not the Hub.`);
    }
    const method = METHODS.find((one) => one === request.method);
    if (!method) throw new HugwireError('blocked', `hugwire sends no ${request.method} requests to the Hub.`);
    for (const name of OWN_HEADERS) request.headers.delete(name);
    const headers = Object.fromEntries(request.headers);
    const answer = await send(url, { method, headers, body: parseBody(await request.text()) }, request.signal);
    return toResponse(answer, method);
  };
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('blocked', 'hugwire sends nothing but JSON to the Hub.', { cause });
  }
}

function toResponse({ status, headers, bytes, url }: HubAnswer, method: string): Response {
  const body = BODILESS.has(status) || method === 'HEAD' ? null : Buffer.from(bytes);
  const response = new Response(body, { status, headers });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}
