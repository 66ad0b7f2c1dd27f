import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js';
import { type CallLink, findTool, listTools, runCall } from '../engine/call.js';
import type { Service } from '../engine/service.js';
import { explainError, toHugwireError } from '../lib/errors.js';
import type { Resources } from '../sessions/resources.js';
import type { AnyTool, Progress, ToolResult } from '../tools/tool.js';
import { canAsk, elicitationParams, pushQuestion } from './elicitation.js';
import { capabilitiesOf, meta, RETRY, type Retry } from './era.js';
import { invalidParams } from './messages.js';
import { ANSWER, Rounds, type Turn } from './rounds.js';

/**
 * Makes the MCP server: the SDK's low-level `Server` with handlers for `tools/list` and `tools/call`.
 * @param service the tools and what they run with
 */
export function createMcpServer(service: Service): Server {
  const server = new Server(service.serverInfo, {
    capabilities: capabilitiesOf(service),
    instructions: service.instructions,
  });
  server.setRequestHandler(ListToolsRequestSchema, () => {
    service.onList?.();
    return { tools: listTools(service) };
  });
  if (service.resources) serveResources(server, service.resources);
  const rounds = new Rounds();
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta = {} }) => {
    const { progressToken: token, [RETRY]: retry, ...envelope } = _meta as Envelope;
    const progress = token === undefined ? () => {} : relayProgress(token, sendNotification);
    const round = { signal, progress };
    if (retry) return renderTurn(await rounds.resume(params, retry, round));
    const tool = find(service, params.name);
    const run = (link: CallLink) => runCall(service, tool, params.arguments ?? {}, link);
    const isModern = envelope[meta('protocolVersion')] !== undefined;
    const asks = canAsk(isModern ? envelope[meta('clientCapabilities')] : server.getClientCapabilities());
    if (isModern) {
      return renderTurn(await rounds.begin(params, round, (link) => run(asks ? link : { ...link, ask: undefined })));
    }
    return renderResult(await run({ ...round, ask: asks ? (...asked) => pushQuestion(server, ...asked) : undefined }));
  });
  return server;
}

/** The protocol answers a call of no tool with an error, not with a result. */
function find(service: Service, name: string): AnyTool {
  try {
    return findTool(service, name);
  } catch (error) {
    const { message } = toHugwireError(error);
    service.onRefusal?.(message);
    throw invalidParams(message);
  }
}

/** What a request says of itself, beside the protocol's own keys. */
interface Envelope {
  [key: string]: unknown;
  progressToken?: string | number;
  [RETRY]?: Retry;
}

/** The protocol wants progress to rise strictly, and none after the answer (the SDK drops that). */
function relayProgress(
  progressToken: string | number,
  send: (notification: ServerNotification) => Promise<void>,
): (step: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (step) => {
    if (!(step.progress > last)) return;
    last = step.progress;
    void send({ method: 'notifications/progress', params: { progressToken, ...step } }).catch(() => {});
  };
}

/** The end of a call, or the question that its next request must answer. */
function renderTurn(turn: Turn): CallToolResult {
  if ('result' in turn) return renderResult(turn.result);
  const params = { mode: 'form', ...elicitationParams(turn.question) };
  return {
    resultType: 'input_required',
    inputRequests: { [ANSWER]: { method: 'elicitation/create', params } },
    requestState: turn.state,
    content: [],
  };
}

function renderResult({ text, images = [], isError }: ToolResult): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...images.map(({ data, mimeType }) => ({ type: 'image' as const, data, mimeType })),
    ],
    ...(isError ? { isError } : {}),
  };
}

/** Up to revision 2025-11-25; later ones have no code of its own for it. */
const RESOURCE_NOT_FOUND = -32002;

/**
 * Serves `resources/list`, `resources/templates/list` and `resources/read`.
 * @param server that has declared the capability
 * @param open gives what there is; asked for with the first request
 */
function serveResources(server: Server, open: () => Promise<Resources>): void {
  server.setRequestHandler(ListResourcesRequestSchema, async ({ params }, { _meta }) => ({
    ...(await explained(_meta, async () => (await open()).list(params?.cursor))),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: (await open()).templates(),
  }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }, { _meta }) => ({
    contents: [await explained(_meta, async () => (await open()).read(params.uri))],
  }));
}

/** What goes wrong becomes an error of JSON-RPC: there is no result to say it in. */
async function explained<Result>(envelope: object | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const error = toHugwireError(cause);
    const isModern = envelope !== undefined && meta('protocolVersion') in envelope;
    const missing = isModern ? ErrorCode.InvalidParams : RESOURCE_NOT_FOUND;
    const codes: Partial<Record<typeof error.code, number>> = { not_found: missing, internal: ErrorCode.InternalError };
    throw Object.assign(new Error(explainError(error)), { code: codes[error.code] ?? ErrorCode.InvalidParams });
  }
}
