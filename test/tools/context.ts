import { configSchema } from '../../src/config/schema.js';
import { createHubClient } from '../../src/hub/client/client.js';
import type { HubClient } from '../../src/hub/types.js';
import { runTool } from '../../src/tools/run.js';
import type { AnyTool, ToolContext, ToolResult } from '../../src/tools/tool.js';

/**
 * The real client against some Hub, with neither waits nor a cache.
 * @param endpoint of the Hub
 * @param token none unless given
 */
export function connect(endpoint: string, token?: string): HubClient {
  return createHubClient({
    endpoint,
    token: async () => ({ value: token, source: token ? 'env HF_TOKEN' : 'none' }),
    timeoutMs: 5000,
    userAgent: 'hugwire-test',
    network: fetch,
    sleep: async () => {},
  });
}

/** Runs a read-only tool as the server does. */
export function callTool(
  tool: AnyTool,
  args: unknown,
  hub: HubClient,
  more: Partial<ToolContext> = {},
): Promise<ToolResult> {
  const ctx: ToolContext = {
    hub,
    spaces: undefined as never,
    config: configSchema.parse({}),
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  };
  return runTool(tool, args, ctx);
}
