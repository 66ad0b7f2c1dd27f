import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import {
  findCalled,
  readResources,
  relayProgress,
  renderPrompt,
  renderQuestion,
  renderResult,
} from '../engine/answers.js';
import { type CallLink, listTools, runCall } from '../engine/call.js';
import { canAsk, pushQuestion } from '../engine/elicitation.js';
import { capabilitiesOf, meta } from '../engine/mcp.js';
import type { Service } from '../engine/service.js';
import type { Resources } from '../sessions/resources.js';
import { RETRY, type Retry } from './era.js';
import { Rounds, type Turn } from './rounds.js';

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
  const { prompts } = service;
  if (prompts) {
    server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: prompts.list() }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) =>
      renderPrompt(prompts, params.name, params.arguments),
    );
  }
  const rounds = new Rounds();
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta = {} }) => {
    const { progressToken: token, [RETRY]: retry, ...envelope } = _meta as Envelope;
    const round = { signal, progress: relayProgress(token, sendNotification) };
    if (retry) return renderTurn(await rounds.resume(params, retry, round));
    const tool = findCalled(service, params.name);
    const run = (link: CallLink) => runCall(service, tool, params.arguments ?? {}, link);
    const modern = isModern(envelope);
    const asks = canAsk(modern ? envelope[meta('clientCapabilities')] : server.getClientCapabilities());
    if (modern) {
      return renderTurn(await rounds.begin(params, round, (link) => run(asks ? link : { ...link, ask: undefined })));
    }
    const push: CallLink['ask'] = (...asked) =>
      pushQuestion((request, options) => server.request(request, ResultSchema, options), ...asked);
    return renderResult(await run({ ...round, ask: asks ? push : undefined }));
  });
  return server;
}

/** What a request says of itself, beside the protocol's own keys. */
interface Envelope {
  [key: string]: unknown;
  progressToken?: string | number;
  [RETRY]?: Retry;
}

/** The end of a call, or the question that its next request must answer. */
function renderTurn(turn: Turn): CallToolResult {
  if ('result' in turn) return renderResult(turn.result);
  return { ...renderQuestion(turn.question, turn.state), content: [] };
}

/**
 * Serves `resources/list`, `resources/templates/list` and `resources/read`.
 * @param server that has declared the capability
 * @param open gives what there is; asked for with the first request
 */
function serveResources(server: Server, open: () => Promise<Resources>): void {
  server.setRequestHandler(ListResourcesRequestSchema, async ({ params }, { _meta }) => ({
    ...(await readResources(isModern(_meta), async () => (await open()).list(params?.cursor))),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: (await open()).templates(),
  }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params }, { _meta }) => ({
    contents: [await readResources(isModern(_meta), async () => (await open()).read(params.uri))],
  }));
}

function isModern(envelope: object | undefined): boolean {
  return envelope !== undefined && meta('protocolVersion') in envelope;
}
