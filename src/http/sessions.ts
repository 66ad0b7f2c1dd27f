import { createHash, randomUUID } from 'node:crypto';
import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { readInitialize } from '../engine/mcp.js';
import type { SessionClient } from '../sessions/recorder.js';
import { accepted, fail } from './answers.js';
import type { Caller } from './callers.js';
import { type Legacy, type LegacyRequest, type Message, SESSION_ID, sessionNotFound, withAccept } from './legacy.js';
import { authInfoOf, createServer, introduce, type Serving } from './mcp.js';

/** How long a session is known after its last request. */
const KEEP_MS = 3_600_000;
/** Sessions that one instance has open; the one that was used least lately gives way. */
const MAX_OPEN = 1000;
/** When a client should come back after its stream broke. */
const RETRY_MS = 1000;

interface Session {
  owner: string;
  server: Server;
  transport: WebStandardStreamableHTTPServerTransport;
  usedAt: number;
  /** Unknown where the session began at another instance. */
  client?: SessionClient['client'];
}

/**
 * The way with sessions: the server can send of its own accord on a stream that the client keeps open (GET), ask the user, and
 * send again what was lost when a stream broke (`Last-Event-ID`). Another instance takes a session over when its client comes
 * there, but for the questions: what its client can show is known where it began.
 * @param serving what all requests have in common
 */
export function createSessions(serving: Serving): Legacy {
  const { state } = serving;
  const sessions = new Map<string, Session>();
  const recordOf = (id: string) => `session:${createHash('sha256').update(id).digest('base64url')}`;
  const forget = async (id: string) => {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.server.close();
  };
  const unsubscribe = state.bus.subscribe((event) => {
    if (event.kind === 'tools_list_changed') {
      for (const { server } of sessions.values()) void server.sendToolListChanged().catch(() => {});
    }
    if (event.kind === 'prompts_list_changed') {
      for (const { server } of sessions.values()) void server.sendPromptListChanged().catch(() => {});
    }
    if (event.kind === 'session_ended') void forget(String(event.id));
    if (event.kind !== 'cancel') return;
    const [owner, id, requestId] = JSON.parse(String(event.key)) as [string, string, string | number];
    const session = sessions.get(id);
    if (session?.owner !== owner) return;
    session.transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  });
  const sweep = setInterval(() => {
    for (const [id, { usedAt }] of sessions) if (Date.now() - usedAt > KEEP_MS) void forget(id);
  }, 60_000);
  sweep.unref?.();

  /** @param begun what the SDK knows of a session that began elsewhere */
  async function open(caller: Caller, id: string, begun: object = {}): Promise<Session> {
    const { owner } = caller;
    const [oldest] = sessions.keys();
    if (oldest !== undefined && sessions.size >= MAX_OPEN) void forget(oldest);
    const server = createServer(serving, caller, 'connected');
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: state.events(recordOf(id)),
      retryInterval: RETRY_MS,
      async onsessionclosed() {
        sessions.delete(id);
        await state.del(recordOf(id));
        state.bus.publish({ kind: 'session_ended', id });
      },
    });
    const session = { owner, server, transport, usedAt: Date.now() };
    // Before anything is waited for: the next request of its client may be here already.
    sessions.set(id, session);
    Object.assign(transport, begun);
    await server.connect(transport);
    return session;
  }

  /** A session of this caller, wherever it began. */
  async function find(id: string, caller: Caller): Promise<Session | undefined> {
    if (!sessions.has(id) && (await state.get(recordOf(id))) !== caller.owner) return undefined;
    const here = sessions.get(id);
    if (here) return here.owner === caller.owner ? here : undefined;
    // The SDK has no public way to take a session over: this is what its own `initialize` leaves.
    return open(caller, id, { sessionId: id, _initialized: true });
  }

  async function begin({ request, message, caller }: LegacyRequest): Promise<Response> {
    const id = randomUUID();
    const session = await open(caller, id);
    await state.set(recordOf(id), caller.owner, KEEP_MS);
    const said = readInitialize(message?.params, undefined);
    session.client = said.client;
    introduce(caller, said);
    const options = { parsedBody: message, authInfo: authInfoOf(caller) };
    const response = await session.transport.handleRequest(withAccept(request), options);
    if (response.status !== 200) await forget(id);
    return response;
  }

  return {
    async serve(asked) {
      const { request, message, caller } = asked;
      const id = request.headers.get(SESSION_ID);
      if (message?.method === 'initialize') return begin(asked);
      if (id === null) {
        const text =
          'Bad Request: the Mcp-Session-Id header is missing. Send initialize first, and the id that comes with its answer from then on.';
        return fail({ status: 400, id: message?.id, message: text });
      }
      const session = await find(id, caller);
      if (!session) return sessionNotFound(message?.id);
      // The last that was used is the last to go.
      sessions.delete(id);
      sessions.set(id, session);
      session.usedAt = Date.now();
      if (caller.seen) caller.seen.client = session.client;
      // While the store is away, what is known here goes on.
      await state.renew(recordOf(id), caller.owner, KEEP_MS).catch(() => {});
      if (message?.method === 'notifications/cancelled') {
        const { requestId } = (message.params ?? {}) as Message;
        state.bus.publish({ kind: 'cancel', key: JSON.stringify([caller.owner, id, requestId]) });
        return accepted();
      }
      const authInfo = authInfoOf(caller, asked.isSilent);
      const options = { ...(message ? { parsedBody: message } : {}), authInfo };
      return session.transport.handleRequest(message ? withAccept(request) : request, options);
    },
    async close() {
      unsubscribe();
      clearInterval(sweep);
      await Promise.all([...sessions.keys()].map(forget));
    },
  };
}
