import type { LoadedConfig } from '../config/load.js';
import { assistantsLockPath, lockPath } from '../config/paths.js';
import type { Config } from '../config/schema.js';
import { describeState, watchConfig } from '../config/watch.js';
import { openPrompts } from '../engine/assistants.js';
import type { RuntimeOptions } from '../engine/runtime.js';
import { SERVER_INFO, writeInstructions } from '../engine/service.js';
import { HugwireError } from '../lib/errors.js';
import { isOpenToOthers } from '../lib/hosts.js';
import { connectionsDirectory, publishConnections } from '../sessions/connections.js';
import { createFetchHandler, type MountedApi } from './app.js';
import { createCallers } from './callers.js';
import { keysFile, openKeys } from './keys.js';
import { listen } from './node.js';
import { createMemoryState } from './state/memory.js';
import type { State } from './state/types.js';
import { Traffic } from './traffic.js';

/** Whoever balances the load looks every second whether a server still takes requests. */
const NOTICE_MS = 1500;
/** The ends of streams leave before the process does. */
const FLUSH_MS = 200;

/** What is read once. */
const AT_START = ['host', 'port', 'auth', 'sessions', 'sse', 'state', 'metricsPort'] as const;

export type HttpSettings = Config['http'];
type Auth = NonNullable<HttpSettings['auth']>;

/** Opens what the instances of a server share. */
async function openState({ state }: HttpSettings, log: (line: string) => void): Promise<State> {
  if (state === 'memory') return createMemoryState();
  const { createRedisState } = await import('./state/redis.js');
  return createRedisState(state, log);
}

/** The parts of the process that serving touches. */
interface Host {
  on(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
  log(line: string): void;
  /** Writes a text for people to stderr. */
  print(text: string): void;
}

/** What is served over HTTP: the config, where it came from, and what the command line says of `http`. */
export interface HttpOptions extends Omit<RuntimeOptions, 'recording' | 'guest' | 'typed' | 'jobs'> {
  /** Wins over the same keys of the config, whenever that changes. */
  given: Partial<HttpSettings>;
  /** Makes what is served below `/v1`, when it is first asked for. */
  api?(parts: ApiParts): Promise<MountedApi>;
  /** Tells people how to connect. */
  describe?(started: StartedHttp): string;
  /** Lets go of what was started for this server, once it has ended. */
  close?(): Promise<void>;
}

/** A server that listens. */
export interface StartedHttp {
  /** Of `/mcp`. */
  url: string;
  auth: Auth;
  /** The first key, where this start has made it. */
  key?: string;
  settings: HttpSettings;
  /** Address of the metrics. */
  metrics?: string;
  /** Path of the config file. */
  config: string;
}

/** What a part of the server shares with the rest of it. */
export interface ApiParts {
  state: State;
  /** The config in force. */
  loaded(): LoadedConfig;
}

/** What is told while requests are served. */
interface HttpListener {
  /** A line of JSON about each request. */
  onRequest(line: string): void;
  /** Who is connected, or what they did, is not as it was. */
  onTraffic(): void;
}

/**
 * Makes all of a server but its ports.
 * @param options what is served
 * @param listener told of requests
 */
export async function openHttp(options: HttpOptions, { onRequest, onTraffic }: HttpListener) {
  const { paths, log, given } = options;
  const settle = (state: LoadedConfig): LoadedConfig => ({
    ...state,
    config: { ...state.config, http: { ...state.config.http, ...given } },
  });
  let loaded = settle(options.loaded);
  const settings = loaded.config.http;
  const { auth = 'local' } = settings;
  const beside = [lockPath(loaded.path), assistantsLockPath(loaded.path), keysFile(paths.state)];
  const { secret, made } = await openKeys(paths.state, loaded.config, auth === 'local');
  const seen = describeState(options.loaded, beside, true);
  const metrics = settings.metricsPort === undefined ? undefined : (await import('./metrics.js')).createMetrics(auth);
  const meters = metrics?.meters;
  const state = countFailures(await openState(settings, log), () => meters?.storeError());
  const callers = createCallers({ ...options, loaded, auth, state, onHubAnswer: meters?.hubAnswer });
  process.on('exit', () => callers.settleNow?.());
  const traffic = new Traffic({
    bus: state.bus,
    log: onRequest,
    onChange: onTraffic,
    meters,
  });
  let mounted: Promise<MountedApi> | undefined;
  const openApi = async () => {
    mounted ??= options.api?.({ state, loaded: () => loaded });
    try {
      return (await mounted) as MountedApi;
    } catch (error) {
      mounted = undefined;
      throw error;
    }
  };
  const handler = createFetchHandler(
    { serverInfo: SERVER_INFO, instructions: writeInstructions(false) },
    {
      authenticate: callers.authenticate,
      metadata: callers.describe,
      api: options.api && openApi,
      state,
      secret,
      traffic,
      sessions: settings.sessions,
      sse: settings.sse,
      publicUrl: settings.publicUrl,
      open: isOpenToOthers(settings.host),
      get hosts() {
        return hostsOf(loaded.config.http);
      },
      get origins() {
        return loaded.config.http.origins;
      },
      get proxies() {
        return loaded.config.http.proxies;
      },
      log,
    },
  );
  const describePrompts = () => JSON.stringify(openPrompts(options.loaded.path)?.list());
  let prompts = describePrompts();
  const onChange = (next: LoadedConfig | HugwireError) => {
    if (next instanceof HugwireError) return log(`config not applied: ${next.message}`);
    loaded = settle(next);
    const later = AT_START.filter((key) => loaded.config.http[key] !== settings[key]);
    if (later.length > 0) log(`takes effect at the next start: ${later.map((key) => `http.${key}`).join(', ')}`);
    if (callers.update(loaded)) handler.notify();
    const now = describePrompts();
    if (now !== prompts) handler.notify('prompts');
    prompts = now;
  };
  const stopFollowing = watchConfig(options.loaded, onChange, { beside, seen, profiles: true });
  const close = async () => {
    stopFollowing();
    traffic.close();
    await (await mounted)?.close();
    await callers.close();
    await state.close();
    await options.close?.();
  };
  const settled = async () => void (await Promise.all([(await mounted)?.settled(), callers.settled()]));
  return { handler, settings, auth, made, metrics, traffic, settled, close };
}

/**
 * Serves MCP over HTTP until a signal comes: then it says that it stops, answers what it is being asked, ends the streams and
 * exits. A second signal ends it at once.
 * @param options what is served
 * @param host the process
 * @throws HugwireError `invalid_arguments` when anyone could call who reaches this machine
 */
export async function serveHttp(options: HttpOptions, host: Host): Promise<void> {
  const { host: name, auth: chosen } = { ...options.loaded.config.http, ...options.given };
  if (isOpenToOthers(name) && chosen === undefined) {
    throw new HugwireError('invalid_arguments', `Others can reach ${name}, so hugwire needs to know who may call.`, {
      hint: `Add --auth local: callers need the key of this server. Or leave --host out: it listens on 127.0.0.1 then.`,
    });
  }
  const { handler, settings, auth, made, metrics, traffic, settled, close } = await openHttp(options, {
    onRequest: (line) => host.print(`${line}\n`),
    onTraffic: () => connections?.touch(),
  });
  const metricsListener =
    metrics && (await listen(metrics, '127.0.0.1', settings.metricsPort as number, '--metrics-port'));
  const listener = await listen(handler, settings.host, settings.port).catch(async (error) => {
    await metricsListener?.close();
    throw error;
  });
  const url = settings.publicUrl ? addressOfMcp(settings.publicUrl) : `${listener.url}/mcp`;
  const connections = publishConnections(connectionsDirectory(options.paths.state), () => ({
    url,
    auth,
    connections: traffic.connections,
  }));
  const { describe = describeStart, loaded } = options;
  const metricsUrl = metricsListener && `${metricsListener.url}/metrics`;
  host.print(describe({ url, auth, key: made, settings, metrics: metricsUrl, config: loaded.path }));

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return host.exit(0);
    stopping = true;
    host.log(`stopping: ${signal}`);
    void (async () => {
      void handler.drain();
      // Who types Ctrl+C has no proxy in front.
      if (signal === 'SIGTERM') await wait(NOTICE_MS);
      // Whoever never ends what they began to send is not waited for.
      await Promise.race([listener.stop(), wait(NOTICE_MS)]);
      // Calls have come in until now.
      await handler.drain();
      // A run at a Space ends with the instance that listens to it; no run takes longer than it may.
      await settled();
      await handler.close();
      await Promise.race([listener.close(), wait(FLUSH_MS)]);
      await connections.close();
      await close();
      host.exit(0);
    })();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) host.on(signal, () => stop(signal));
  host.on('unhandledRejection', (error: never) => host.log(`unhandled rejection: ${String(error).split('\n')[0]}`));
  host.on('uncaughtException', (error: never) => host.log(`uncaught exception: ${String(error).split('\n')[0]}`));
}

/** The same state, which tells of every failure of its store. */
function countFailures(state: State, onFailure: () => void): State {
  const watch =
    <Asked extends unknown[], Answer>(ask: (...asked: Asked) => Promise<Answer>) =>
    (...asked: Asked) => {
      const answer = ask(...asked);
      answer.catch(onFailure);
      return answer;
    };
  const { get, set, renew, del, hit, logs } = state;
  return {
    ...state,
    ...{ get: watch(get), set: watch(set), renew: watch(renew), del: watch(del), hit: watch(hit) },
    logs: logs && { add: watch(logs.add), read: watch(logs.read), list: watch(logs.list), remove: watch(logs.remove) },
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Names that a client may ask for, beside those of this machine. */
function hostsOf({ host, publicUrl, hosts }: HttpSettings): string[] {
  return [host, ...(publicUrl ? [new URL(publicUrl).hostname] : []), ...hosts].map((name) => name.toLowerCase());
}

const addressOfMcp = (publicUrl: string) => publicUrl.replace(/(?:\/mcp)?\/?$/, '/mcp');

/** How to connect, by who may call. */
function describeStart({ url, auth, key, settings, metrics }: StartedHttp): string {
  const { sse, host, publicUrl } = settings;
  const isInTheClear = isOpenToOthers(host) && auth !== 'anonymous' && !/^https:/.test(publicUrl ?? '');
  const authorization = { local: `Bearer ${key ?? 'KEY'}`, anonymous: undefined, 'hub-token': undefined }[auth];
  const headers = authorization && { Authorization: authorization };
  const client = { mcpServers: { hugwire: { type: 'http', url, ...(headers ? { headers } : {}) } } };
  return [
    '',
    'hugwire serves MCP over HTTP',
    `  Address   ${url}`,
    ...(auth === 'anonymous' ? [] : [`  API       ${url.replace(/mcp$/, 'v1')}   for front ends that talk to a model`]),
    ...(sse ? [`  SSE       ${new URL('sse', url).href}`] : []),
    ...(metrics ? [`  Metrics   ${metrics}`] : []),
    ...describeAuth(auth, key),
    ...(isInTheClear
      ? ['  Note      what is sent is not encrypted: put a proxy with TLS in front, and name it in --public-url']
      : []),
    `  Config    ${JSON.stringify(client)}`,
    `  Claude    claude mcp add --transport http hugwire ${url}${authorization ? ` --header "Authorization: ${authorization}"` : ''}`,
    '  Stop      Ctrl+C',
    '',
    '',
  ].join('\n');
}

function describeAuth(auth: Auth, key: string | undefined): string[] {
  if (auth === 'anonymous') return ['  Callers   anybody who reaches this address; no token is used, not even yours'];
  if (auth === 'hub-token') {
    return [
      '  Callers   whoever sends a Hugging Face token: it is sent on to the Hub, and to their own private and ZeroGPU',
      '            Spaces. Only people who trust you should; a fine-grained token that reads is enough',
    ];
  }
  if (key === undefined) return ['  Key       as it was shown; another one: hugwire http keys add NAME'];
  return [`  Key       ${key}`, '            It is shown only now: hugwire keeps a hash of it'];
}
