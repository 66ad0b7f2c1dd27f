import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  type Implementation,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js';
import { toHugwireError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import type { Client } from '../sessions/recorder.js';
import type { Resources } from '../sessions/resources.js';
import { describeTool } from '../tools/describe.js';
import { explainError, failureResult, runTool } from '../tools/run.js';
import type { AnyTool, Progress, Question, ToolContext, ToolResult } from '../tools/tool.js';
import { canAsk, elicitationParams, pushQuestion } from './elicitation.js';
import { invalidParams } from './messages.js';
import { ANSWER, type CallLink, RETRY, type Retry, type Round, Rounds, type Turn } from './rounds.js';
import { capabilitiesOf, meta } from './subscriptions.js';

/** What the server serves. `tools` may change while it runs; `toolsChanged` tells the clients. */
export interface Service {
  serverInfo: Implementation;
  instructions: string;
  /** The tools that are on now, sorted by name. */
  tools(): readonly AnyTool[];
  /** Every tool there is, so that a call of one that is off can be explained. */
  knownTools(): readonly AnyTool[];
  context(signal: AbortSignal, progress: (step: Progress) => void): ToolContext;
  /**
   * Lets a call begin.
   * @returns what is to be called when it has ended
   * @throws HugwireError when a limit is reached
   */
  admit?(tool: AnyTool): () => void;
  /** Told of every call that ended; for the log. */
  onCall?(call: { tool: string; milliseconds: number; failed: boolean }): void;
  /** Opens what can be read beside the tools; missing where there is nothing. */
  resources?(): Promise<Resources>;
  /** Told who is on the line. */
  onClient?(client: Client): void;
  /** Told when a client reads the tool list. */
  onList?(): void;
  /** Told why a call was refused before any tool saw it. */
  onRefusal?(message: string): void;
  /** Records a call that begins. */
  record?(tool: AnyTool, args: unknown): CallRecording;
}

/** A call that goes into the journal. */
export interface CallRecording {
  /** The context of the call, with whatever it tells recorded. */
  observe(ctx: ToolContext): ToolContext;
  end(result: ToolResult, milliseconds: number): void;
}

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
    return { tools: service.tools().map(describeTool) };
  });
  if (service.resources) serveResources(server, service.resources);
  const rounds = new Rounds();
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta = {} }) => {
    const { progressToken: token, [RETRY]: retry, ...envelope } = _meta as Envelope;
    const progress = token === undefined ? () => {} : relayProgress(token, sendNotification);
    const round = { signal, progress };
    if (retry) return renderTurn(await rounds.resume(params, retry, round));
    const tool = findTool(service, params.name);
    const run = (link: Round, ask?: CallLink['ask']) => runCall(service, tool, params.arguments ?? {}, link, ask);
    const isModern = envelope[meta('protocolVersion')] !== undefined;
    const asks = canAsk(isModern ? envelope[meta('clientCapabilities')] : server.getClientCapabilities());
    if (isModern) {
      return renderTurn(await rounds.begin(params, round, (link) => run(link, asks ? link.ask : undefined)));
    }
    return renderResult(await run(round, asks ? (...asked) => pushQuestion(server, ...asked) : undefined));
  });
  return server;
}

/** What a request says of itself, beside the protocol's own keys. */
interface Envelope {
  [key: string]: unknown;
  progressToken?: string | number;
  [RETRY]?: Retry;
}

/** Runs a tool to its end, and tells of it. */
async function runCall(
  service: Service,
  tool: AnyTool,
  args: object,
  { signal, progress }: Round,
  ask?: CallLink['ask'],
): Promise<ToolResult> {
  const recording = service.record?.(tool, args);
  const context = service.context(signal, progress);
  const asking = ask && { ask: (question: Question) => ask(question, context.signal) };
  const ctx = { ...context, ...asking };
  const started = performance.now();
  const result = await runAdmitted(service, tool, () => runTool(tool, args, recording?.observe(ctx) ?? ctx));
  const milliseconds = performance.now() - started;
  recording?.end(result, milliseconds);
  service.onCall?.({
    tool: tool.name,
    milliseconds: Math.round(milliseconds),
    failed: result.isError === true,
  });
  return result;
}

/** Runs a call that is let in; a limit that is reached is told as every other failure is. */
async function runAdmitted(service: Service, tool: AnyTool, run: () => Promise<ToolResult>): Promise<ToolResult> {
  let end: (() => void) | undefined;
  try {
    end = service.admit?.(tool);
  } catch (error) {
    return failureResult(toHugwireError(error));
  }
  return run().finally(end);
}

function findTool(service: Service, name: string): AnyTool {
  const found = service.tools().find((tool) => tool.name === name);
  if (found) return found;
  const message = explainMissing(service, name);
  service.onRefusal?.(message);
  throw invalidParams(message);
}

function explainMissing(service: Service, name: string): string {
  if (service.knownTools().some((tool) => tool.name === name)) {
    return `Tool ${name} is turned off in hugwire's config (tools.enable, tools.disable, tools.readOnly).`;
  }
  const names = service.tools().map((tool) => tool.name);
  const meant = nearest(name, names);
  return `Unknown tool "${name.slice(0, 100)}". ${meant ? `Did you mean ${meant}? ` : ''}Tools: ${names.join(', ')}`;
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
