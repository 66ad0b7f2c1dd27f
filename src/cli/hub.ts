import { type HubEnvironment, readHubEnvironment } from '../config/env.js';
import type { Config } from '../config/schema.js';
import type { TokenReader } from '../config/token.js';
import { createHubClient } from '../hub/http.js';
import type { HubClient } from '../hub/types.js';
import { VERSION } from '../version.js';

export interface ConnectOptions {
  env: NodeJS.ProcessEnv;
  network: typeof fetch;
  /** Takes a line for the log. */
  log(line: string): void;
  token: TokenReader;
}

/**
 * The plain way to the Hub, as the config and the environment say: no cache, no breaker. Sends nothing by itself.
 * @param config the configuration in force
 * @param options the environment and the network
 * @throws HugwireError `invalid_arguments` when a variable holds no address
 */
export function connectHub(config: Config, { env, network, log, token }: ConnectOptions): HubClient {
  const said = readHubEnvironment(env);
  return createHubClient({
    endpoint: hubEndpoint(config, said),
    viewer: said.viewer,
    token,
    timeoutMs: config.hub.timeoutSeconds * 1000,
    offline: said.offline || config.hub.offline,
    userAgent: userAgent(said),
    network,
    onWarning: (text) => log(`the Hub warns: ${text}`),
  });
}

/**
 * Where the Hub is: HF_ENDPOINT wins over the config.
 * @param config the configuration in force
 * @param said what the environment says
 */
export function hubEndpoint(config: Config, { endpoint }: HubEnvironment): string {
  return endpoint ?? config.hub.endpoint;
}

/**
 * How hugwire introduces itself, as huggingface_hub does.
 * @param said what the environment says
 */
export function userAgent({ quiet, origin }: HubEnvironment): string {
  const parts = [
    `hugwire/${VERSION}`,
    !quiet && `node/${process.versions.node}`,
    !quiet && origin && `origin/${origin}`,
  ];
  return parts.filter(Boolean).join('; ');
}
