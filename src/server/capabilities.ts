import type { ServerCapabilities } from '@modelcontextprotocol/sdk/types.js';

/**
 * What the server declares, in either era. It is fixed for as long as the process lives.
 * @param served `resources` when there are any
 */
export function capabilitiesOf({ resources }: { resources?: unknown }): ServerCapabilities {
  return { tools: { listChanged: true }, ...(resources ? { resources: {} } : {}) };
}
