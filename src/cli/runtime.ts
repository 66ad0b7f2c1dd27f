import { readHubEnvironment } from '../config/env.js';
import { cacheDirectory, type Paths } from '../config/paths.js';
import type { Config } from '../config/schema.js';
import { createTokenReader } from '../config/token.js';
import { withCache } from '../hub/cache.js';
import { createHubClient } from '../hub/http.js';
import { createNetwork } from '../hub/network.js';
import type { HubClient } from '../hub/types.js';
import { TOOLS } from '../tools/index.js';
import { selectTools } from '../tools/select.js';
import type { AnyTool, Progress, ToolContext } from '../tools/tool.js';
import { VERSION } from '../version.js';

export interface RuntimeOptions {
  config: Config;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** `--read-only`: wins over the config. */
  readOnly?: boolean;
  /** Takes a line for the log. */
  log(line: string): void;
}

/** Everything that tools run with, made from one state of the config. */
export interface Runtime {
  tools: AnyTool[];
  knownTools: readonly AnyTool[];
  context(signal: AbortSignal, progress: (step: Progress) => void): ToolContext;
  close(): Promise<void>;
}

/**
 * Ties config, token, Hub, Spaces and tools together. Touches neither network nor disk by itself.
 * @param options the state to start from
 */
export function createRuntime({ config, env, paths, readOnly, log }: RuntimeOptions): Runtime {
  const hub = createHub(config, env, paths, log);
  const { tools, warnings } = selectTools(TOOLS, { ...config.tools, readOnly: readOnly || config.tools.readOnly });
  for (const warning of warnings) log(warning);
  const spaces = { close: async () => {} };
  return {
    tools,
    knownTools: TOOLS,
    context: (signal, progress) => ({ hub: hub.withSignal(signal), spaces, config, signal, progress }),
    close: () => spaces.close(),
  };
}

function createHub(config: Config, env: NodeJS.ProcessEnv, paths: Paths, log: (line: string) => void): HubClient {
  const said = readHubEnvironment(env);
  const client = createHubClient({
    endpoint: said.endpoint ?? config.hub.endpoint,
    viewer: said.viewer,
    token: createTokenReader(config.token, env, paths),
    timeoutMs: config.hub.timeoutSeconds * 1000,
    offline: said.offline || config.hub.offline,
    userAgent: userAgent(said),
    network: createNetwork(env),
    onWarning: (text) => log(`the Hub warns: ${text}`),
  });
  if (!config.cache.enabled) return client;
  return withCache(client, { directory: cacheDirectory(paths), maxMegabytes: config.cache.maxMegabytes });
}

function userAgent({ quiet, origin }: { quiet: boolean; origin?: string }): string {
  const parts = [
    `hugwire/${VERSION}`,
    !quiet && `node/${process.versions.node}`,
    !quiet && origin && `origin/${origin}`,
  ];
  return parts.filter(Boolean).join('; ');
}
