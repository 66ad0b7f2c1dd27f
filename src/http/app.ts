import { setMaxListeners } from 'node:events';
import { createMcpHandler, isJsonContentType, isLegacyRequest } from '@modelcontextprotocol/server';
import { MODERN, readClient } from '../engine/mcp.js';
import { INVALID_REQUEST, PARSE_ERROR, type Reading, readMessages } from '../engine/messages.js';
import { toHugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { redact } from '../lib/text.js';
import { accepted, fail, isEventStream, onEnd } from './answers.js';
import type { Authenticate, Caller } from './callers.js';
import { callerAddress, checkSource, type GuardRules, withCors } from './guard.js';
import { createStateless, type Message } from './legacy.js';
import { authInfoOf, createServer, type Serving } from './mcp.js';
import { createSessions } from './sessions.js';
import { SseStreams } from './sse.js';
import { describeMessage, type Era, look, type Seen, type StreamKind } from './traffic.js';

/** Of the body of one request; to assistants people send pictures. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_API_BODY_BYTES = 20 * 1024 * 1024;
/**
 * How large the body of a request may be.
 * @param path of the address
 */
export const bodyLimit = (path: string): number => (path.includes('/v1/') ? MAX_API_BODY_BYTES : MAX_BODY_BYTES);
/** Messages of one batch, as revision 2025-03-26 has it. */
const MAX_BATCH = 100;
/** Streams that one stranger has open to listen. */
const MAX_STREAMS = 100;
/** Clients that are told apart. */
const MAX_CLIENTS = 1000;
const INTERNAL_ERROR = -32603;

export interface HandlerOptions extends GuardRules, Omit<Serving, 'card'> {
  authenticate: Authenticate;
  /** Keeps sessions for clients of revisions up to 2025-11-25. */
  sessions?: boolean;
  /** Serves HTTP+SSE of revision 2024-11-05 too. */
  sse?: boolean;
  /** Where clients find this server, if that is not where it listens. */
  publicUrl?: string;
  /** How many proxies stand in front. */
  proxies?: number;
  /** Opens what answers requests below `/v1`, when the first one comes. */
  api?(): Promise<MountedApi>;
  /** Answers requests below `/.well-known/`. */
  metadata?(request: Request): Response | undefined;
  /** Takes a line for the log. */
  log(line: string): void;
}

interface RequestOptions {
  /** The body, if it was read as JSON already. */
  parsedBody?: unknown;
  /** Of the client. */
  address?: string;
}

interface Asked extends RequestOptions {
  seen: Seen;
}

/** Everything below `/v1`: what front ends talk to that know nothing of MCP. */
export interface MountedApi {
  /**
   * @param request whose address begins with `/v1`, whatever a proxy leaves before it
   * @param caller who sent it
   * @param body as it was read
   */
  fetch(request: Request, caller: Caller, body: unknown): Promise<Response>;
  /** An answer that the server has in its place, in the words of its clients. */
  reshape(response: Response): Promise<Response>;
  /** Resolves when nothing that it began runs any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const PROBES = new Set(['/healthz', '/readyz']);

/** MCP over HTTP, as one function from request to response. */
export interface FetchHandler {
  fetch(request: Request, options?: RequestOptions): Promise<Response>;
  /** Tells every client that is listening that the tool list is another one. */
  notify(list?: 'tools' | 'prompts'): void;
  /** Says that this server is about to stop, and resolves when no request is being answered any more. */
  drain(): Promise<void>;
  /** Aborts what is being answered, and ends every stream. */
  close(): Promise<void>;
}

/**
 * Makes the handler. It touches neither sockets nor files, so it runs wherever there are `Request` and `Response`.
 * @param card what the server says of itself
 * @param options who may call, and what is shared
 */
export function createFetchHandler(card: Serving['card'], options: HandlerOptions): FetchHandler {
  const { state, secret, traffic, log } = options;
  const serving: Serving = { card, state, secret, traffic };
  const legacy = options.sessions ? createSessions(serving) : createStateless(serving);
  const prefix = options.publicUrl ? new URL(options.publicUrl).pathname.replace(/\/(?:mcp\/?)?$/, '') : '';
  const sse = options.sse ? new SseStreams(serving, `${prefix}/messages`) : undefined;
  const modern = createMcpHandler(
    ({ authInfo }) => createServer(serving, authInfo?.extra?.caller as Caller, 'modern'),
    {
      legacy: 'reject',
      maxRequestBodySize: MAX_BODY_BYTES,
      bus: {
        publish: () => state.bus.publish({ kind: 'tools_list_changed' }),
        subscribe: (listener) =>
          state.bus.subscribe(({ kind }) => {
            if (kind === 'tools_list_changed' || kind === 'prompts_list_changed') listener({ kind });
          }),
      },
    },
  );
  const clients = new Set<string>();
  /** Streams that strangers listen to, by whose they are. */
  const listening = new Map<string, number>();
  let draining = false;
  let open = 0;
  let onIdle = () => {};
  const ended = () => {
    open -= 1;
    if (open === 0) onIdle();
  };

  /** Every distinct client is told of once. */
  function meet(caller: Caller, { params }: Message): void {
    const client = readClient(((params ?? {}) as { _meta?: Message })._meta ?? {});
    const key = JSON.stringify([caller.owner, client]);
    if (caller.seen) caller.seen.client = client.client;
    if (clients.has(key) || clients.size >= MAX_CLIENTS) return;
    clients.add(key);
    caller.host.onClient?.(client);
  }

  /** Tells who sent a request, or what to answer in its place. */
  async function identify(request: Request, { address, seen }: Asked, era?: Era): Promise<Caller | Response> {
    const caller = await options.authenticate(request, callerAddress(address, request.headers, options.proxies ?? 0));
    seen.auth = caller instanceof Response ? 'refused' : 'ok';
    if (caller instanceof Response) return caller;
    const { owner, place } = caller;
    Object.assign(seen, { owner, place, key: owner.startsWith('key:') ? caller.name : undefined, era });
    return { ...caller, seen };
  }

  async function serveMessage(request: Request, message: Message, caller: Caller): Promise<Response> {
    const isSilent = !acceptsStreams(request);
    const asked = isSilent ? withoutProgress(message) : message;
    const isLegacy = await isLegacyRequest(request, asked);
    note(caller, { ...describeMessage(message, caller.host.tools()), era: isLegacy ? 'legacy' : 'modern' });
    if (isLegacy) {
      const response = await recheck(caller, await legacy.serve({ request, message: asked, caller, isSilent }));
      // A session answers with streams, and some clients only read JSON.
      if (!isSilent || !isEventStream(response)) return response;
      const [answer] = await readAnswers(response);
      const headers = new Headers(response.headers);
      headers.set('Content-Type', 'application/json');
      return new Response(JSON.stringify(answer), { headers });
    }
    meet(caller, asked);
    return recheck(caller, await modern.fetch(request, { parsedBody: asked, authInfo: authInfoOf(caller) }));
  }

  /** What goes out in place of an answer that has not begun to, where the caller's token has turned out to be bad. */
  async function recheck(caller: Caller, response: Response): Promise<Response> {
    if (isEventStream(response)) return response;
    return (await caller.recheck?.()) ?? response;
  }

  /** Serves the messages of a batch one by one, and gives their answers together. */
  async function serveBatch(request: Request, { messages, refusals }: Reading, caller: Caller): Promise<Response> {
    if (messages.some(({ method }) => method === 'initialize')) return invalid('initialize must not be in a batch.');
    if (!(await isLegacyRequest(request, messages))) return invalid(`Revision ${MODERN} does not allow batches.`);
    note(caller, { method: 'batch', era: 'legacy' });
    // Each message listens for the client to leave. This is not a leak, so Node need not warn of one.
    setMaxListeners(0, request.signal);
    const served = await Promise.all(
      messages.map(async (message) =>
        readAnswers(await legacy.serve({ request, message: withoutProgress(message), caller, isSilent: true })),
      ),
    );
    const answers = [...refusals.map(({ id = null, ...error }) => ({ jsonrpc: '2.0', id, error })), ...served.flat()];
    return answers.length > 0 ? Response.json(answers) : accepted();
  }

  /** Reads what a caller sent; each message of a batch counts as a request of its own. */
  async function readAsked(
    request: Request,
    { parsedBody }: Asked,
    caller: Caller,
  ): Promise<Response | (Reading & { isBatch: boolean })> {
    const body = await readBody(request, parsedBody);
    if (body instanceof Response) return body;
    const isBatch = Array.isArray(body.value);
    const count = isBatch ? (body.value as unknown[]).length : 1;
    if (count > MAX_BATCH) return invalid(`A batch has at most ${MAX_BATCH} messages.`);
    const refusal = count > 1 ? await caller.admitMore?.(count - 1) : undefined;
    return refusal ?? { ...readMessages(body.value), isBatch };
  }

  async function serveMcp(request: Request, asked: Asked): Promise<Response> {
    const { method } = request;
    const allowed = options.sessions ? ['POST', 'GET', 'DELETE'] : ['POST'];
    if (!allowed.includes(method)) {
      const message = `${method} is not served here.`;
      return fail({ status: 405, message, headers: { Allow: allowed.join(', ') } });
    }
    const caller = await identify(request, asked, method === 'POST' ? undefined : 'legacy');
    if (caller instanceof Response) return caller;
    if (method !== 'POST') {
      if (request.headers.get('mcp-protocol-version') === MODERN) {
        return fail({ status: 405, message: `Revision ${MODERN} allows only POST.`, headers: { Allow: 'POST' } });
      }
      return legacy.serve({ request, caller });
    }
    const read = await readAsked(request, asked, caller);
    if (read instanceof Response) return read;
    const { messages, refusals } = read;
    if (!read.isBatch) {
      const [refusal] = refusals;
      return refusal ? fail({ status: 400, ...refusal }) : serveMessage(request, messages[0] as Message, caller);
    }
    return recheck(caller, await serveBatch(request, read, caller));
  }

  async function serveSse(request: Request, url: URL, asked: Asked): Promise<Response | undefined> {
    const expected = { '/sse': 'GET', '/messages': 'POST' }[url.pathname];
    if (!sse || !expected) return undefined;
    if (request.method !== expected) {
      return fail({ status: 405, message: `${request.method} is not served here.`, headers: { Allow: expected } });
    }
    const caller = await identify(request, asked, 'sse');
    if (caller instanceof Response) return caller;
    if (expected === 'GET') return sse.open(request, caller);
    const read = await readAsked(request, asked, caller);
    if (read instanceof Response) return read;
    const { messages, refusals } = read;
    const [first] = messages;
    if (first) note(caller, messages.length > 1 ? { method: 'batch' } : describeMessage(first, caller.host.tools()));
    const [refusal] = refusals;
    if (refusal) return fail({ status: 400, ...refusal });
    const answers = await Promise.all(messages.map((message) => sse.post(url, caller, message)));
    return answers.find(({ status }) => status !== 202) ?? accepted();
  }

  async function serveApi(api: MountedApi, request: Request, url: URL, asked: Asked): Promise<Response> {
    const caller = await identify(request, asked);
    if (caller instanceof Response) return api.reshape(caller);
    const body = request.method === 'POST' ? await readBody(request, asked.parsedBody, false) : { value: undefined };
    if (body instanceof Response) return api.reshape(body);
    const answered = await api.fetch(
      new Request(url, { method: request.method, headers: request.headers, signal: request.signal }),
      caller,
      body.value,
    );
    const rechecked = await recheck(caller, answered);
    return rechecked === answered ? answered : api.reshape(rechecked);
  }

  /** @param ready asks for the store too, without which only jobs and sessions have to wait */
  async function probe(ready: boolean): Promise<Response> {
    const isAway =
      ready &&
      (await state.get('ready').then(
        () => false,
        () => true,
      ));
    const why = draining ? 'stopping' : isAway ? 'the shared store is unavailable' : undefined;
    return new Response(`${why ?? 'ok'}\n`, { status: why ? 503 : 200 });
  }

  async function route(request: Request, asked: Asked): Promise<Response> {
    const url = new URL(request.url);
    // A proxy may leave its own part of the path where it is.
    if (prefix && url.pathname.startsWith(`${prefix}/`)) url.pathname = url.pathname.slice(prefix.length);
    const limit = bodyLimit(url.pathname);
    const isTooLarge = Number(request.headers.get('content-length')) > limit;
    // Whoever balances the load asks by address, and learns nothing.
    const isProbe = PROBES.has(url.pathname);
    const turnedAway = isTooLarge ? tooLarge(limit) : isProbe ? undefined : checkSource(request, options);
    if (options.api && /^\/v1(?:\/|$)/.test(url.pathname) && (turnedAway?.status ?? 400) >= 400) {
      const api = await options.api();
      return turnedAway ? api.reshape(turnedAway) : serveApi(api, request, url, asked);
    }
    if (turnedAway) return turnedAway;
    if (isProbe) return probe(url.pathname === '/readyz');
    if (url.pathname === '/mcp' || url.pathname === '/mcp/') return serveMcp(request, asked);
    const other = url.pathname.startsWith('/.well-known/')
      ? options.metadata?.(request)
      : await serveSse(request, url, asked);
    return other ?? fail({ status: 404, message: `Nothing is served at this path. MCP is at ${prefix}/mcp` });
  }

  /** Counts a stream that only listens until it ends; one too many gives way to an answer that says so. */
  async function countStream(response: Response, request: Request, seen: Seen): Promise<Response> {
    const { place } = seen;
    if (place === undefined || !isEventStream(response) || kindOf(request, seen) === 'request') return response;
    const before = listening.get(place) ?? 0;
    if (before >= MAX_STREAMS) {
      await response.body?.cancel();
      const message = `${MAX_STREAMS} streams are open for this caller already: close one of them.`;
      return fail({ status: 429, message, headers: { 'Retry-After': '60' } });
    }
    listening.set(place, before + 1);
    return onEnd(response, () => {
      const left = (listening.get(place) ?? 1) - 1;
      if (left > 0) listening.set(place, left);
      else listening.delete(place);
    });
  }

  return {
    async fetch(request, asked = {}) {
      open += 1;
      const seen = look(request, prefix);
      const tell = (status: number) => {
        // They are sent every second or so, by nobody that anybody wants to know of.
        if (!PROBES.has(seen.path)) traffic?.end(seen, status);
      };
      try {
        const routed = await countStream(await route(request, { ...asked, seen }), request, seen);
        const response = withCors(routed, request, options);
        const { status } = response;
        // A proxy that keeps its connections is not to send the next call into one that ends with this server.
        if (draining) response.headers.set('Connection', 'close');
        if (!isEventStream(response)) {
          ended();
          tell(status);
          return response;
        }
        const kind = kindOf(request, seen);
        // A stream that only listens is open for as long as its client likes.
        if (kind !== 'request') ended();
        const over = kind === 'sse' ? undefined : traffic?.stream(seen, kind);
        return onEnd(response, () => {
          if (kind === 'request') ended();
          over?.();
          tell(status);
        });
      } catch (error) {
        ended();
        tell(500);
        const { message } = toHugwireError(error);
        log(`a request failed: ${message}`);
        const headers = draining ? { Connection: 'close' } : undefined;
        return fail({ status: 500, code: INTERNAL_ERROR, message: redact(message), headers });
      }
    },
    notify: (list = 'tools') => state.bus.publish({ kind: `${list}_list_changed` }),
    async drain() {
      draining = true;
      if (open > 0)
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
    },
    async close() {
      draining = true;
      await Promise.all([modern.close(), legacy.close(), sse?.close()]);
    },
  };
}

function invalid(message: string): Response {
  return fail({ status: 400, code: INVALID_REQUEST, message });
}

/**
 * Reads the body as JSON, or gives the answer that says what is wrong with it.
 * @param isStrict whether the headers have to say that it is JSON, and there has to be one
 */
async function readBody(
  request: Request,
  parsedBody: unknown,
  isStrict = true,
): Promise<Response | { value: unknown }> {
  const { headers } = request;
  const isTold = isJsonContentType(headers.get('content-type'));
  const wrongType = () =>
    fail({ status: 415, message: 'The Content-Type must be application/json, without a Content-Encoding.' });
  if ((isStrict && !isTold) || (headers.get('content-encoding') ?? 'identity') !== 'identity') return wrongType();
  if (parsedBody !== undefined) return { value: parsedBody };
  const limit = bodyLimit(isStrict ? '' : '/v1/');
  const text = await readText(request, limit);
  if (text === undefined) return tooLarge(limit);
  if (text === '' && !isStrict) return { value: undefined };
  try {
    return { value: JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) };
  } catch {
    if (!isTold) return wrongType();
    return fail({ status: 400, code: PARSE_ERROR, message: 'Parse error: the body is not JSON' });
  }
}

/** @returns undefined when there is more than is read */
async function readText({ body }: Request, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // biome-ignore lint/suspicious/noExplicitAny: the types of Node and of the web differ in what can be iterated
  for await (const chunk of (body ?? []) as any) {
    bytes += chunk.length;
    if (bytes > limit) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(limit: number): Response {
  const message = `The body is too large: at most ${formatBytes(limit)}. Give a large file by its address.`;
  return fail({ status: 413, message, headers: { Connection: 'close' } });
}

/** Clients have to name both types; one that names JSON alone gets no stream. */
function acceptsStreams(request: Request): boolean {
  const accept = request.headers.get('accept') ?? '*/*';
  return accept.includes('text/event-stream') || !accept.includes('application/json');
}

/** The same message without its request for progress, so that it is answered with JSON. */
function withoutProgress(message: Message): Message {
  const params = message.params as { _meta?: Message } | undefined;
  if (params?._meta?.progressToken === undefined) return message;
  const { progressToken: _, ..._meta } = params._meta;
  return { ...message, params: { ...params, _meta } };
}

function note({ seen }: Caller, what: Partial<Seen>): void {
  if (seen) Object.assign(seen, what);
}

/** What a stream is for. */
function kindOf({ method }: Request, seen: Seen): StreamKind {
  if (method === 'GET') return seen.era === 'sse' ? 'sse' : 'get';
  return seen.method === 'subscriptions/listen' ? 'listen' : 'request';
}

/** What answers a single message, be it JSON or the end of a stream. */
async function readAnswers(response: Response): Promise<unknown[]> {
  const text = await response.text();
  if (!isEventStream(response)) return text === '' ? [] : [JSON.parse(text)];
  const events = text.split('\n').filter((line) => line.startsWith('data: {'));
  return events.map((line) => JSON.parse(line.slice('data: '.length)) as Message).filter((event) => 'id' in event);
}
