import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { toHugwireError } from '../errors.js';
import type { Resources } from '../sessions/resources.js';
import { explainError } from '../tools/run.js';
import { meta } from './subscriptions.js';

/** Up to revision 2025-11-25; later ones have no code of its own for it. */
const RESOURCE_NOT_FOUND = -32002;

/**
 * Serves `resources/list`, `resources/templates/list` and `resources/read`.
 * @param server that has declared the capability
 * @param open gives what there is; asked for with the first request
 */
export function serveResources(server: Server, open: () => Promise<Resources>): void {
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
