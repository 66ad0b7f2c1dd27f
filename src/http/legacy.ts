import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { readInitialize } from '../engine/mcp.js';
import { parseJsonObject } from '../lib/json.js';
import type { SessionClient } from '../sessions/recorder.js';
import { accepted, fail, isEventStream, onEnd, SESSION_NOT_FOUND } from './answers.js';
import type { Caller } from './callers.js';
import { authInfoOf, createServer, introduce, type Serving } from './mcp.js';

export const SESSION_ID = 'mcp-session-id';

/** A message of a client, in form. */
export type Message = Record<string, unknown>;

/** A request for `/mcp` of a revision up to 2025-11-25. */
export interface LegacyRequest {
  request: Request;
  /** Missing in a GET or DELETE. */
  message?: Message;
  caller: Caller;
  /** Whether the client gets one answer as JSON, so that nobody sees what comes before it. */
  isSilent?: boolean;
}

/** Serves those revisions, in one of two ways. */
export interface Legacy {
  serve(request: LegacyRequest): Promise<Response>;
  close(): Promise<void>;
}

/**
 * The way that needs no memory: every request is served by itself, by whichever instance it comes to. The session id says who
 * the client is and is signed; nothing is kept of it, so it does not expire.
 * @param serving what all requests have in common
 */
export function createStateless(serving: Serving): Legacy {
  const { bus } = serving.state;
  const ids = createSessionIds(serving.secret);
  /** Requests that are being answered, by who may cancel them. */
  const open = new Map<string, () => void>();
  const unsubscribe = bus.subscribe((event) => {
    if (event.kind === 'cancel') open.get(String(event.key))?.();
  });

  async function answer(asked: LegacyRequest, message: Message, key: string | undefined): Promise<Response> {
    const { request, caller } = asked;
    const server = createServer(serving, caller, 'legacy');
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: !wantsStream(message),
    });
    await server.connect(transport);
    let cancel = () => {};
    const cancelled = new Promise<Response>((resolve) => {
      cancel = () => {
        if (caller.seen?.tool) caller.seen.outcome = 'cancelled';
        end();
        // Its client reads no answer to it any more, but HTTP wants one.
        resolve(fail({ status: 200, id: message.id, message: 'The request was cancelled.' }));
      };
    });
    const forget = () => {
      if (key) open.delete(key);
      request.signal.removeEventListener('abort', cancel);
    };
    // The SDK does not notice by itself that nobody waits any more: closing aborts the call.
    const end = () => {
      forget();
      void server.close();
    };
    if (key) open.set(key, cancel);
    request.signal.addEventListener('abort', cancel, { once: true });
    if (request.signal.aborted) cancel();
    const options = { parsedBody: message, authInfo: authInfoOf(caller) };
    const response = await Promise.race([transport.handleRequest(withAccept(request), options), cancelled]);
    if (isEventStream(response)) return onEnd(response, end);
    // Nothing is left to close.
    forget();
    return response;
  }

  return {
    async serve(asked) {
      const { request, message, caller } = asked;
      if (!message) {
        const text = 'This server keeps no sessions: it only takes POST.';
        return fail({ status: 405, message: text, headers: { Allow: 'POST' } });
      }
      const id = request.headers.get(SESSION_ID);
      const isBeginning = message.method === 'initialize';
      if (id !== null && !isBeginning) {
        const client = ids.read(id, caller.owner);
        if (!client) return sessionNotFound(message.id);
        if (caller.seen) caller.seen.client = client;
      }
      const keyOf = (requestId: unknown) => (id === null ? undefined : JSON.stringify([caller.owner, id, requestId]));
      if (message.method === 'notifications/cancelled') {
        const key = keyOf((message.params as Message | undefined)?.requestId);
        if (key) bus.publish({ kind: 'cancel', key });
        return accepted();
      }
      const response = await answer(asked, message, 'id' in message ? keyOf(message.id) : undefined);
      if (!isBeginning || response.status !== 200) return response;
      const client = readInitialize(message.params, undefined);
      introduce(caller, client);
      response.headers.set(SESSION_ID, ids.make(caller.owner, client.client));
      return response;
    },
    async close() {
      unsubscribe();
      for (const cancel of open.values()) cancel();
    },
  };
}

export function sessionNotFound(id: unknown): Response {
  const message =
    'Session not found: it has ended, or is of another server or caller. Send initialize to begin another.';
  return fail({ status: 404, code: SESSION_NOT_FOUND, id, message });
}

/** Only who has asked for progress gets a stream. */
function wantsStream({ params }: Message): boolean {
  const { _meta } = (params ?? {}) as { _meta?: { progressToken?: unknown } };
  return _meta?.progressToken !== undefined;
}

/** The same request, for an SDK that refuses clients which do not name both types. */
export function withAccept(request: Request): Request {
  const accept = request.headers.get('accept') ?? '';
  if (accept.includes('application/json') && accept.includes('text/event-stream')) return request;
  const headers = new Headers(request.headers);
  headers.set('accept', 'application/json, text/event-stream');
  return new Request(request.url, { method: request.method, headers, signal: request.signal });
}

type Client = SessionClient['client'];

/** Session ids that say themselves whose they are, so that every instance can read them and none has to keep them. */
function createSessionIds(secret: Uint8Array) {
  const sign = (text: string, owner: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['session', text, owner]))
      .digest();
  return {
    make(owner: string, client: Client): string {
      const about = { name: client?.name, version: client?.version, random: randomBytes(6).toString('base64url') };
      const text = Buffer.from(JSON.stringify(about)).toString('base64url');
      return `${text}.${sign(text, owner).toString('base64url')}`;
    },
    /** @returns what the client said of itself when it began; undefined for an id that was not made here for this owner */
    read(id: string, owner: string): Client | Record<string, never> | undefined {
      const [text = '', signature = ''] = id.split('.', 2);
      const [one, other] = [sign(text, owner), Buffer.from(signature, 'base64url')];
      if (one.length !== other.length || !timingSafeEqual(one, other)) return undefined;
      return parseJsonObject(Buffer.from(text, 'base64url').toString()) as Client | Record<string, never>;
    },
  };
}
