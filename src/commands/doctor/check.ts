import type { LoadedConfig } from '../../config/load.js';
import { type HubEnvironment, isTruthy, type Paths, readHubEnvironment } from '../../config/paths.js';
import { type Config, configSchema } from '../../config/schema.js';
import { connectHub, createLogins, userAgent } from '../../engine/runtime.js';
import { type Account, fetchAccount } from '../../hub/account/account.js';
import type { HubClient } from '../../hub/types.js';
import { type Machine, thisMachine } from '../../install/machine.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { createNetwork, readProxies } from '../../lib/network.js';
import { createSpaces } from '../../spaces/spaces.js';
import type { Spaces } from '../../spaces/types.js';
import { type Survey, surveyToken } from '../auth/token.js';
import type { World } from '../context.js';
import { type ConnectionTrace, traceConnection } from './connection.js';

/** What the checks look at; what several of them need is looked up once. */
export interface CheckContext {
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** Where clients are looked for. */
  machine: Machine;
  nodeVersion: string;
  configPath: string;
  profile?: string;
  readOnly?: boolean;
  /** The config as read, or what is wrong with it. */
  loaded: LoadedConfig | HugwireError;
  /** In force; the defaults where the file is broken. */
  config: Config;
  /** The Hub's variables in the environment, or what is wrong with them. */
  said: HubEnvironment | HugwireError;
  /** Why the Hub is not asked; unset when it may be asked. */
  offline?: string;
  /** How far a request to the Hub gets; undefined when it has no valid address. Never rejects. */
  trace(): Promise<ConnectionTrace | undefined>;
  survey(): Promise<Survey>;
  /** Whose token it is, or why the Hub does not say; call it only if there is a token and the Hub answers. */
  account(): Promise<Account | HugwireError>;
  hub: HubClient;
  spaces: Spaces;
  /** How a client would start the server. */
  server: { command: string; args: string[] };
  /** Aborted when the time is up. */
  signal: AbortSignal;
}

/**
 * Whether the Hub can be asked: hugwire is not offline, and the Hub has answered.
 * @param context what is looked at
 */
export async function canAskHub(context: CheckContext): Promise<boolean> {
  if (context.offline !== undefined) return false;
  const trace = await context.trace();
  return trace !== undefined && trace.error === undefined && trace.stranger === undefined;
}

export type Status = 'ok' | 'warning' | 'problem' | 'skipped';

/** What one check found. */
export interface Finding {
  /** Stable, for scripts: `config`, `hub`, `space:generate_image`. */
  id: string;
  title: string;
  status: Status;
  /** What was found, in one line. */
  detail: string;
  /** What to do about it. */
  advice?: string;
  /** What `--fix` does about it, which loses nothing and needs nobody's consent but that. */
  fix?(): Promise<unknown>;
}

/** Findings that belong together. */
export interface FindingGroup {
  title: string;
  findings: Finding[];
}

/**
 * Makes the findings of one check.
 * @param id stable, for scripts
 * @param title for people
 */
export function findingsOf(
  id: string,
  title: string,
): Record<Status, (detail: string, advice?: string, fix?: Finding['fix']) => Finding> {
  const make = (status: Status) => (detail: string, advice?: string, fix?: Finding['fix']) => ({
    id,
    title,
    status,
    detail,
    advice,
    ...(fix ? { fix } : {}),
  });
  return { ok: make('ok'), warning: make('warning'), problem: make('problem'), skipped: make('skipped') };
}

/** For each step on the way to the Hub. */
const STEP_MS = 4000;
/** For one request; the config may allow more than anybody waits for a check. */
const REQUEST_SECONDS = 5;

/**
 * Prepares what the checks look at; they report what is wrong with it.
 * @param world the config and environment
 * @param server how a client would start the server
 * @param signal aborted when the time is up
 */
export function openCheckContext(world: World, server: CheckContext['server'], signal: AbortSignal): CheckContext {
  const { env, paths } = world;
  const { profile, readOnly } = world.options();
  const loaded = attempt(() => world.load());
  const config = loaded instanceof HugwireError ? configSchema.parse({}) : loaded.config;
  const said = attempt(() => readHubEnvironment(env));
  const network = createNetwork(env);
  const survey = once(() => surveyToken({ config: config.token, env, paths }));
  const patience = {
    ...config,
    hub: { ...config.hub, timeoutSeconds: Math.min(config.hub.timeoutSeconds, REQUEST_SECONDS) },
  };
  // Without invalid variables: they are reported, and nothing is sent.
  const hub = connectHub(patience, {
    env: said instanceof HugwireError ? {} : env,
    network,
    log: () => {},
    token: async () => (await survey()).found,
  }).withSignal(signal);
  return {
    env,
    paths,
    machine: thisMachine(env),
    nodeVersion: process.versions.node,
    configPath: world.configPath(),
    profile,
    readOnly,
    loaded,
    config,
    said,
    offline: whyOffline(env, config.hub.offline),
    survey,
    hub,
    account: once(() => fetchAccount(hub).catch(toHugwireError)),
    trace: once(async (): Promise<ConnectionTrace | undefined> => {
      if (said instanceof HugwireError) return undefined;
      const proxies = readProxies(env);
      const options = { network, proxies, userAgent: userAgent(said), timeoutMs: STEP_MS, signal };
      return traceConnection(hub.endpoint, options);
    }),
    spaces: createSpaces({
      hub: () => hub,
      net: network,
      config: () => config,
      logins: createLogins(world, () => config),
    }),
    server,
    signal,
  };
}

function whyOffline(env: NodeJS.ProcessEnv, configured: boolean): string | undefined {
  const variable = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => isTruthy(env[name]));
  if (variable) return `hugwire is offline because ${variable} is set`;
  return configured ? 'hugwire is offline because hub.offline is set in the config' : undefined;
}

function attempt<Result>(work: () => Result): Result | HugwireError {
  try {
    return work();
  } catch (error) {
    return toHugwireError(error);
  }
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
