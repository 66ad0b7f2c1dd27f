import { loadConfig } from '../config/load.js';
import { configPath, resolvePaths } from '../config/paths.js';
import type { FetchHandler } from './app.js';
import { type HttpSettings, openHttp } from './serve.js';

export { listen } from './node.js';

interface ServerOptions {
  /** A config file; the user's own unless told. */
  config?: string;
  /** Of the config, laid over it. */
  profile?: string;
  /** The environment to read; that of the process unless told. */
  env?: NodeJS.ProcessEnv;
  /** Wins over the same keys of `http` of the config. */
  http?: Partial<HttpSettings>;
  /** Takes a line for the log; nothing is written unless told. */
  log?(line: string): void;
}

interface Server extends FetchHandler {
  /** The first key, where this start has made it: it is kept nowhere. */
  key?: string;
}

/**
 * Serves what `hugwire serve --http` serves as a function from request to response, for programs that listen themselves: Deno, Bun,
 * a server of Node. What they know of a client's address and of a body that was read goes along with each request.
 * @param options the config, and what wins over it
 * @throws HugwireError `invalid_arguments` when the config is broken
 */
async function openServer({
  config,
  profile,
  env = process.env,
  http = {},
  log = () => {},
}: ServerOptions = {}): Promise<Server> {
  const paths = resolvePaths(env);
  const loaded = loadConfig(configPath(paths.config, config), { required: config !== undefined, profile });
  const options = { loaded, env, paths, given: http, log };
  const { handler, made, close } = await openHttp(options, { onRequest: log, onTraffic: () => {} });
  return {
    ...handler,
    key: made,
    async close() {
      await handler.close();
      await close();
    },
  };
}

export { openServer as createFetchHandler };
