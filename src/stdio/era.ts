import type { Implementation, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { LIST_TTL_MS, MODERN, meta, RESOURCE_TTL_MS } from '../engine/mcp.js';
import type { Prepared, ServerCard } from '../engine/prepared.js';

const CACHEABLE = /\/list$|^resources\/read$/;
/** Key of `_meta` under which the answer to a question travels past the SDK, which would drop it. */
export const RETRY = 'hugwire/retry';

/** What a request that goes on with a call adds to the call's own parameters; of any type, since a client sent it. */
export interface Retry {
  requestState: unknown;
  inputResponses: unknown;
}

/**
 * The result that was prepared for a request.
 * @param prepared by an earlier start
 * @param request of a client
 * @returns undefined for what the server itself must answer
 */
export function preparedResult(
  { card, tools, versions }: Prepared,
  request: JSONRPCRequest,
): Record<string, unknown> | undefined {
  const { method, params } = request;
  const envelope = readEnvelope(request);
  if (!envelope) {
    if (method === 'ping') return {};
    if (method === 'tools/list') return { tools };
    if (method !== 'initialize') return undefined;
    const known = versions.find((version) => version === params?.protocolVersion);
    return { protocolVersion: known ?? versions[0], ...card };
  }
  if (envelope[meta('protocolVersion')] !== MODERN || envelope[meta('clientCapabilities')] === undefined)
    return undefined;
  if (method === 'server/discover') return discoverResult(card);
  if (method === 'ping') return completeResult(method, {}, card.serverInfo);
  return method === 'tools/list' ? completeResult(method, { tools }, card.serverInfo) : undefined;
}

/** The result of `server/discover`. */
export function discoverResult({ serverInfo, ...card }: ServerCard): Record<string, unknown> {
  return {
    resultType: 'complete',
    supportedVersions: [MODERN],
    ...card,
    ttlMs: LIST_TTL_MS,
    cacheScope: 'private',
    _meta: { [meta('serverInfo')]: serverInfo },
  };
}

/**
 * Adds the fields that revision 2026-07-28 demands of a result.
 * @param method that was asked
 * @param result of the SDK
 * @param serverInfo whose it is
 */
export function completeResult(
  method: string,
  { _meta, ...fields }: Record<string, unknown>,
  serverInfo: Implementation,
): Record<string, unknown> {
  // The SDK adds it to every answer of a tool, also to one that is none yet.
  if (fields.resultType === 'input_required') delete fields.content;
  const ttlMs = method.startsWith('resources/') ? RESOURCE_TTL_MS : LIST_TTL_MS;
  return {
    resultType: 'complete',
    ...(CACHEABLE.test(method) ? { ttlMs, cacheScope: 'private' } : {}),
    ...fields,
    _meta: { ...(_meta as object | undefined), [meta('serverInfo')]: serverInfo },
  };
}

/** The envelope of a request, or undefined when it is of an earlier revision. */
export function readEnvelope({ params }: JSONRPCRequest): Record<string, unknown> | undefined {
  const envelope = params?._meta as Record<string, unknown> | undefined;
  return envelope && envelope[meta('protocolVersion')] !== undefined ? envelope : undefined;
}

/** Moves the answer to a question where the SDK leaves it alone. */
export function keepRetry(request: JSONRPCRequest): JSONRPCRequest {
  const { requestState, inputResponses, ...params } = request.params ?? {};
  const { [RETRY]: _, ..._meta } = params._meta as Record<string, unknown>;
  const retry: Retry | undefined = requestState === undefined ? undefined : { requestState, inputResponses };
  return { ...request, params: { ...params, _meta: { ..._meta, ...(retry ? { [RETRY]: retry } : {}) } } };
}
