import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  type Implementation,
  ListToolsRequestSchema,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js';
import { nearest } from '../schema/nearest.js';
import { describeTool } from '../tools/describe.js';
import { runTool } from '../tools/run.js';
import type { AnyTool, Progress, ToolContext, ToolResult } from '../tools/tool.js';

/** What the server serves. `tools` may change while it runs; `toolsChanged` tells the clients. */
export interface Service {
  serverInfo: Implementation;
  instructions: string;
  /** The tools that are on now, sorted by name. */
  tools(): readonly AnyTool[];
  /** Every tool there is, so that a call of one that is off can be explained. */
  knownTools(): readonly AnyTool[];
  context(signal: AbortSignal, progress: (step: Progress) => void): ToolContext;
  /** Told of every call that ended; for the log. */
  onCall?(call: { tool: string; milliseconds: number; failed: boolean }): void;
}

/**
 * Makes the MCP server: the SDK's low-level `Server` with handlers for `tools/list` and `tools/call`.
 * @param service the tools and what they run with
 */
export function createMcpServer(service: Service): Server {
  const server = new Server(service.serverInfo, {
    capabilities: { tools: { listChanged: true } },
    instructions: service.instructions,
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: service.tools().map(describeTool) }));
  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const tool = findTool(service, request);
    const token = extra._meta?.progressToken;
    const progress = token === undefined ? () => {} : relayProgress(token, extra.sendNotification);
    const started = performance.now();
    const result = await runTool(tool, request.params.arguments ?? {}, service.context(extra.signal, progress));
    service.onCall?.({
      tool: tool.name,
      milliseconds: Math.round(performance.now() - started),
      failed: result.isError === true,
    });
    return toCallResult(result);
  });
  return server;
}

function findTool(service: Service, { params }: CallToolRequest): AnyTool {
  const tools = service.tools();
  const found = tools.find(({ name }) => name === params.name);
  if (found) return found;
  if (service.knownTools().some(({ name }) => name === params.name)) {
    throw invalidParams(
      `Tool ${params.name} is turned off in hugwire's config (tools.enable, tools.disable, tools.readOnly).`,
    );
  }
  const names = tools.map(({ name }) => name);
  const meant = nearest(params.name, names);
  const name = params.name.slice(0, 100);
  throw invalidParams(`Unknown tool "${name}". ${meant ? `Did you mean ${meant}? ` : ''}Tools: ${names.join(', ')}`);
}

/** A JSON-RPC error. The SDK's own class would put its code before the words. */
function invalidParams(message: string): Error {
  return Object.assign(new Error(message), { code: ErrorCode.InvalidParams });
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

function toCallResult({ text, images = [], isError }: ToolResult): CallToolResult {
  return {
    content: [
      { type: 'text', text },
      ...images.map(({ data, mimeType }) => ({ type: 'image' as const, data, mimeType })),
    ],
    ...(isError ? { isError } : {}),
  };
}
