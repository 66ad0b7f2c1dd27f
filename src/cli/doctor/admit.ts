import { homedir } from 'node:os';
import { isTruthy, readHubEnvironment } from '../../config/env.js';
import { configSchema } from '../../config/schema.js';
import { HugwireError, toHugwireError } from '../../errors.js';
import { fetchAccount } from '../../hub/account.js';
import { createNetwork } from '../../hub/network.js';
import { readProxies } from '../../hub/proxy.js';
import { type Reach, reachHub } from '../../hub/reach.js';
import { createSpaces } from '../../spaces/spaces.js';
import { surveyToken } from '../auth/survey.js';
import { connectHub, userAgent } from '../hub.js';
import type { World } from '../world.js';
import type { Patient } from './patient.js';

/** Each step of the way to the Hub. */
const STEP_MS = 4000;
/** One request at most; the config may give requests longer than anybody waits for a doctor. */
const REQUEST_SECONDS = 5;

/**
 * Gets everything ready that the checks look at. Whatever is wrong with it is for them to say.
 * @param world the config and environment
 * @param server how a client would start the server
 * @param signal aborted when the time is up
 */
export function admit(world: World, server: Patient['server'], signal: AbortSignal): Patient {
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
  // Without the variables that are wrong: they are told of, and nothing is sent.
  const hub = connectHub(patience, {
    env: said instanceof HugwireError ? {} : env,
    network,
    log: () => {},
    token: async () => (await survey()).found,
  }).withSignal(signal);
  return {
    env,
    paths,
    machine: { env, home: homedir(), platform: process.platform, cwd: process.cwd() },
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
    reach: once(async () => {
      if (said instanceof HugwireError) return undefined;
      return reach(hub.endpoint, { network, userAgent: userAgent(said), timeoutMs: STEP_MS, signal }, env);
    }),
    spaces: createSpaces({ hub: () => hub, net: network, config: () => config }),
    server,
    signal,
  };
}

/** A proxy variable that holds no address is found out here. */
async function reach(
  endpoint: string,
  options: Parameters<typeof reachHub>[1],
  env: NodeJS.ProcessEnv,
): Promise<Reach> {
  const proxies = attempt(() => readProxies(env));
  if (proxies instanceof HugwireError) return { steps: {}, failed: 'connection', error: proxies };
  return reachHub(endpoint, { ...options, proxies });
}

function whyOffline(env: NodeJS.ProcessEnv, configured: boolean): string | undefined {
  const variable = ['HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'].find((name) => isTruthy(env[name]));
  if (variable) return `${variable} is set, so hugwire is offline`;
  return configured ? 'hub.offline is set in the config, so hugwire is offline' : undefined;
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
