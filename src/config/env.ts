import { HugwireError } from '../errors.js';

const TRUTHY = new Set(['1', 'ON', 'YES', 'TRUE']);

/**
 * Whether a variable says yes, by the rule of huggingface_hub.
 * @param value of the variable
 */
export function isTruthy(value: string | undefined): boolean {
  return value !== undefined && TRUTHY.has(value.trim().toUpperCase());
}

/** What the environment says about the Hub. */
export interface HubEnvironment {
  /** HF_ENDPOINT. */
  endpoint?: string;
  /** HF_DATASETS_SERVER. */
  viewer?: string;
  /** HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE. */
  offline: boolean;
  /** HF_HUB_USER_AGENT_ORIGIN. */
  origin?: string;
  /** HF_HUB_DISABLE_TELEMETRY, DISABLE_TELEMETRY or DO_NOT_TRACK: say no more than the name. */
  quiet: boolean;
}

/**
 * Reads the variables that every tool of Hugging Face honours.
 * @param env the environment
 * @throws HugwireError `invalid_arguments` when an address is none
 */
export function readHubEnvironment(env: NodeJS.ProcessEnv): HubEnvironment {
  return {
    endpoint: readAddress(env, 'HF_ENDPOINT'),
    viewer: readAddress(env, 'HF_DATASETS_SERVER'),
    offline: isTruthy(env.HF_HUB_OFFLINE) || isTruthy(env.TRANSFORMERS_OFFLINE),
    origin: env.HF_HUB_USER_AGENT_ORIGIN?.trim() || undefined,
    quiet: [env.HF_HUB_DISABLE_TELEMETRY, env.DISABLE_TELEMETRY, env.DO_NOT_TRACK].some(isTruthy),
  };
}

function readAddress(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]?.trim();
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname && !url.username && !url.password) return value;
  const found = url?.password ? 'holds a password' : `is ${JSON.stringify(value.slice(0, 80))}`;
  throw new HugwireError('invalid_arguments', `${name} ${found}; allowed: a URL such as https://huggingface.co`);
}
