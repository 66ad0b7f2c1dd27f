import { createHash, randomUUID } from 'node:crypto';
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequiredResult,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import {
  ANSWER,
  findCalled,
  readResources,
  relayProgress,
  renderPrompt,
  renderQuestion,
  renderResult,
} from '../engine/answers.js';
import { type CallHost, type CallLink, listTools, runCall } from '../engine/call.js';
import { canAsk, pushQuestion, readAnswer } from '../engine/elicitation.js';
import { capabilitiesOf, LIST_TTL_MS, RESOURCE_TTL_MS } from '../engine/mcp.js';
import { invalidParams } from '../engine/messages.js';
import type { Service } from '../engine/service.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { canonicalJson } from '../lib/json.js';
import type { SessionClient } from '../sessions/recorder.js';
import type { Answer, Question, ToolResult } from '../tools/tool.js';
import type { Caller } from './callers.js';
import type { State } from './state/types.js';
import type { EndedCall, Traffic } from './traffic.js';

/** What the requests of a server have in common, whoever sends them. */
export interface Serving {
  card: Pick<Service, 'serverInfo' | 'instructions'>;
  state: State;
  /** 32 bytes that every instance knows: signs what clients keep for us. */
  secret: Uint8Array;
  /** Told of what happens, where somebody looks. */
  traffic?: Traffic;
}

/** How a client is spoken to: with one request at a time, or over a connection that the server can ask it on. */
export type Era = 'modern' | 'legacy' | 'connected';

type Hints = { ttlMs: number; cacheScope: 'private' };
const LIST: Hints = { ttlMs: LIST_TTL_MS, cacheScope: 'private' };
const RESOURCE: Hints = { ttlMs: RESOURCE_TTL_MS, cacheScope: 'private' };

/**
 * What the SDK hands on to the handlers of a request.
 * @param isSilent whether its client reads one answer and no question before it
 */
export function authInfoOf(caller: Caller, isSilent = false) {
  return { token: '', clientId: caller.owner, scopes: [], extra: { caller, isSilent } };
}

/** Notes who is on the line. */
export function introduce({ host, seen }: Caller, client: SessionClient): void {
  if (seen) seen.client = client.client;
  host.onClient?.(client);
}

/**
 * Makes the MCP server of one request, or of one connection.
 * @param serving what all requests have in common
 * @param caller who sent it; what the requests of a connection say of themselves counts for each of them
 * @param era how its client is spoken to
 */
export function createServer(serving: Serving, caller: Caller, era: Era): Server {
  const { serverInfo } = serving.card;
  const { host } = caller;
  const server = new Server(serverInfo, {
    capabilities: capabilitiesOf(host),
    instructions: host.instructions ?? serving.card.instructions,
    // Tools check what they get themselves, and in plain words.
    jsonSchemaValidator: {
      getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
    },
    inputRequired: { legacyShim: false },
    cacheHints: {
      'tools/list': LIST,
      'server/discover': LIST,
      'prompts/list': LIST,
      'resources/list': RESOURCE,
      'resources/templates/list': RESOURCE,
      'resources/read': RESOURCE,
    },
  });
  const callerOf = (ctx: ServerContext) => (ctx.http?.authInfo?.extra?.caller as Caller | undefined) ?? caller;
  server.setRequestHandler('tools/list', (_, ctx) => {
    const { host } = callerOf(ctx);
    host.onList?.();
    return { tools: listTools(host) };
  });
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const { mcpReq } = ctx;
    const { host, seen } = callerOf(ctx);
    const tool = findCalled(host, params.name);
    const onCall: CallHost['onCall'] = ({ tool, milliseconds, failed, signal }) => {
      const ended = signal.aborted ? 'asked' : failed ? 'failed' : 'ok';
      const outcome: EndedCall['outcome'] = mcpReq.signal.aborted ? 'cancelled' : ended;
      serving.traffic?.call(seen, { tool, milliseconds, outcome });
    };
    const run = (link: Pick<CallLink, 'signal' | 'ask'>) =>
      runCall({ ...host, onCall }, tool, params.arguments ?? {}, {
        ...link,
        progress: relayProgress(mcpReq._meta?.progressToken, (step) => mcpReq.notify(step)),
      });
    const { signal } = mcpReq;
    if (era === 'legacy') return renderResult(await run({ signal }));
    if (era === 'modern') return converse(serving, caller, params, ctx, run);
    const ask: CallLink['ask'] = (...asked) =>
      pushQuestion((request, options) => mcpReq.send(request, options), ...asked);
    const isAsked = canAsk(server.getClientCapabilities()) && ctx.http?.authInfo?.extra?.isSilent !== true;
    return renderResult(await run({ signal, ask: isAsked ? ask : undefined }));
  });
  if (host.prompts) {
    server.setRequestHandler('prompts/list', (_, ctx) => ({ prompts: callerOf(ctx).host.prompts?.list() ?? [] }));
    server.setRequestHandler('prompts/get', ({ params }, ctx) =>
      renderPrompt(callerOf(ctx).host.prompts, params.name, params.arguments),
    );
  }
  if (host.resources) serveResources(server, (ctx) => callerOf(ctx).host.resources, era === 'modern');
  return server;
}

/** @param find the resources of who sent a request: a key may have become a role since its connection began */
function serveResources(server: Server, find: (ctx: ServerContext) => Service['resources'], isModern: boolean): void {
  const open = async (ctx: ServerContext) => {
    const resources = await find(ctx)?.();
    if (!resources) throw new HugwireError('not_found', 'This caller has no resources.');
    return resources;
  };
  server.setRequestHandler('resources/list', async ({ params }, ctx) => ({
    ...(await readResources(isModern, async () => (await open(ctx)).list(params?.cursor))),
  }));
  server.setRequestHandler('resources/templates/list', async (_, ctx) => ({
    resourceTemplates: (await open(ctx)).templates(),
  }));
  server.setRequestHandler('resources/read', async ({ params }, ctx) => ({
    contents: [await readResources(isModern, async () => (await open(ctx)).read(params.uri))],
  }));
}

/** How long a question waits for its answer. */
const ANSWER_SECONDS = 600;

/** What a client keeps of a call that has asked: signed, so that any instance can go on with it. */
interface Asked {
  /** Told apart by it and not by its text: the same state can be written in several ways. */
  id: string;
  owner: string;
  /** Hash of the tool and its arguments: a request that goes on must say the same. */
  call: string;
  /** Hash of the question that is open. */
  open: string;
  /** The earlier questions of the call by their hashes, with what was answered. */
  answers: [question: string, answer: Answer][];
}

interface Called {
  name: string;
  arguments?: object;
}

/**
 * Runs a call that may take several requests, as revision 2026-07-28 has it: a question ends the run, and the request that
 * brings its answer runs the tool again from the start, which asks before it does anything. Nothing waits in between, so the
 * answer may come to another instance.
 */
async function converse(
  { state, secret }: Serving,
  { owner }: Caller,
  called: Called,
  { mcpReq }: ServerContext,
  run: (link: Pick<CallLink, 'signal' | 'ask'>) => Promise<ToolResult>,
): Promise<CallToolResult | InputRequiredResult> {
  if (!canAsk((mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY]))
    return renderResult(await run(mcpReq));
  const codec = createRequestStateCodec<Asked>({ key: secret, ttlSeconds: ANSWER_SECONDS });
  const call = hash([called.name, called.arguments ?? {}]);
  const given = mcpReq.requestState<unknown>();
  const response = mcpReq.inputResponses?.[ANSWER];
  const before =
    given === undefined ? undefined : await codec.verify(String(given), undefined as never).catch(() => {});
  const fits = given === undefined || (before?.owner === owner && before.call === call);
  // At once: the same answer, sent twice, must not run the tool twice.
  const isFirst = ({ id }: Asked) => state.set(`asked:${id}`, 1, ANSWER_SECONDS * 1000, { ifAbsent: true });
  if (!fits || (before && response !== undefined && !(await isFirst(before)))) {
    throw invalidParams(
      'No call waits under this requestState: it was answered before, or waited too long. Call the tool again without it.',
    );
  }
  const answers = new Map(before?.answers);
  const controller = new AbortController();
  let asked: Question | undefined;
  const ask = async (question: Question) => {
    const id = hash(question);
    if (id === before?.open && response !== undefined && !answers.has(id))
      answers.set(id, readAnswer(question, response));
    const answer = answers.get(id);
    if (answer) return answer;
    asked ??= question;
    controller.abort();
    throw cancelled();
  };
  const result = await run({ signal: AbortSignal.any([mcpReq.signal, controller.signal]), ask });
  if (!asked) return renderResult(result);
  // A question that comes again is the same one: one answer of all counts.
  const id = before && response === undefined ? before.id : randomUUID();
  const sealed = await codec.mint({ id, owner, call, open: hash(asked), answers: [...answers] });
  return renderQuestion(asked, sealed) as InputRequiredResult;
}

/** The same for values that are equal, whatever the order of their keys. */
function hash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url');
}
