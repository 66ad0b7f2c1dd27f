import type { Config } from '../config/schema.js';
import type { RunningService } from '../engine/service.js';
import { HugwireError } from '../lib/errors.js';
import { isOpenToOthers } from '../lib/hosts.js';
import { createFetchHandler, type FetchHandler } from './app.js';
import { createKeyCheck } from './callers.js';
import { keysFile, openKeys } from './keys.js';
import { listen } from './node.js';
import { createMemoryState } from './state/memory.js';
import type { State } from './state/types.js';

/** Whoever balances the load looks every second whether a server still takes requests. */
const NOTICE_MS = 1500;
/** The ends of streams leave before the process does. */
const FLUSH_MS = 200;

export type HttpSettings = Config['http'];

/**
 * Opens what the instances of a server share.
 * @param settings of HTTP
 * @param log takes a line
 * @throws HugwireError when Redis is to be used and cannot be
 */
export async function openState({ state }: HttpSettings, log: (line: string) => void): Promise<State> {
  if (state === 'memory') return createMemoryState();
  const { createRedisState } = await import('./state/redis.js');
  return createRedisState(state, log);
}

interface Opened {
  handler: FetchHandler;
  /** The key that was made just now. */
  madeKey?: string;
}

/**
 * Makes the handler of a service, and follows the config with it.
 * @param service what is served
 * @param settings who may call and how
 * @param state what instances share
 * @param directory hugwire's state
 * @param log takes a line
 */
async function openHandler(
  service: RunningService,
  settings: HttpSettings,
  state: State,
  directory: string,
  log: (line: string) => void,
): Promise<Opened> {
  const { auth = 'local' } = settings;
  if (auth !== 'local') throw new HugwireError('invalid_arguments', `http.auth "${auth}" cannot be served yet.`);
  const { digests, made, secret } = await openKeys(directory);
  const own = settings.publicUrl ? [new URL(settings.publicUrl).hostname] : [];
  const hosts = ['127.0.0.1', 'localhost', '[::1]', settings.host, ...own, ...settings.hosts];
  const handler = createFetchHandler(service, {
    authenticate: createKeyCheck(service, digests),
    state,
    secret,
    sessions: settings.sessions,
    sse: settings.sse,
    publicUrl: settings.publicUrl,
    hosts,
    origins: [...hosts, ...settings.origins.map((origin) => new URL(origin).hostname)],
    log,
  });
  service.follow(() => handler.notify());
  return { handler, madeKey: made };
}

/** The parts of the process that serving touches. */
interface Host {
  on(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  log(line: string): void;
  /** Writes a text for people to stderr. */
  print(text: string): void;
}

/**
 * Serves MCP over HTTP until a signal comes: then it says that it stops, answers what it is being asked, ends the streams and
 * exits. A second signal ends it at once.
 * @param service what is served; closed and ended with the process
 * @param settings where to listen and who may call
 * @param state what instances share; closed with the process
 * @param directory hugwire's state
 * @param host the process
 * @throws HugwireError `invalid_arguments` when anyone could call who reaches this machine
 */
export async function serveHttp(
  service: RunningService,
  settings: HttpSettings,
  state: State,
  directory: string,
  host: Host,
): Promise<void> {
  if (isOpenToOthers(settings.host) && settings.auth === undefined) {
    throw new HugwireError(
      'invalid_arguments',
      `Others can reach ${settings.host}, so hugwire wants to hear who may call.`,
      {
        hint: `Add --auth local: callers need the key of this server. Or leave --host out: it listens on 127.0.0.1 then.`,
      },
    );
  }
  const { handler, madeKey } = await openHandler(service, settings, state, directory, host.log);
  const listener = await listen(handler, settings.host, settings.port);
  const url = settings.publicUrl ?? `${listener.url}/mcp`;
  host.print(describeStart(url, madeKey, keysFile(directory), settings));

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return host.exit(0);
    stopping = true;
    host.log(`stopping: ${signal}`);
    void (async () => {
      const drained = handler.drain();
      // Who types Ctrl+C has no proxy in front.
      if (signal === 'SIGTERM') await wait(NOTICE_MS);
      const closed = listener.close();
      await drained;
      // A run at a Space ends with the instance that listens to it; no run takes longer than it may.
      await service.settled();
      await handler.close();
      await Promise.race([closed, wait(FLUSH_MS)]);
      await service.close();
      await state.close();
      await service.end(signal);
      host.exit(0);
    })();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) host.on(signal, () => stop(signal));
  host.on('unhandledRejection', (error: never) => host.log(`unhandled rejection: ${String(error).split('\n')[0]}`));
  host.on('uncaughtException', (error: never) => host.log(`uncaught exception: ${String(error).split('\n')[0]}`));
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function describeStart(url: string, key: string | undefined, file: string, { sse }: HttpSettings): string {
  const authorization = `Bearer ${key ?? 'KEY'}`;
  const client = { mcpServers: { hugwire: { type: 'http', url, headers: { Authorization: authorization } } } };
  const kept = key
    ? `${key}\n            It is shown only now: hugwire keeps a hash of it, in ${file}`
    : `as it was shown at the first start; its hash is in ${file}`;
  return [
    '',
    'hugwire serves MCP over HTTP',
    `  Address   ${url}`,
    ...(sse ? [`  SSE       ${new URL('sse', url).href}`] : []),
    `  Key       ${kept}`,
    `  Config    ${JSON.stringify(client)}`,
    `  Claude    claude mcp add --transport http hugwire ${url} --header "Authorization: ${authorization}"`,
    '  Stop      Ctrl+C',
    '',
    '',
  ].join('\n');
}
