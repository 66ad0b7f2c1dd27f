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
 */
export function readHubEnvironment(env: NodeJS.ProcessEnv): HubEnvironment {
  return {
    endpoint: env.HF_ENDPOINT?.trim() || undefined,
    viewer: env.HF_DATASETS_SERVER?.trim() || undefined,
    offline: isTruthy(env.HF_HUB_OFFLINE) || isTruthy(env.TRANSFORMERS_OFFLINE),
    origin: env.HF_HUB_USER_AGENT_ORIGIN?.trim() || undefined,
    quiet: [env.HF_HUB_DISABLE_TELEMETRY, env.DISABLE_TELEMETRY, env.DO_NOT_TRACK].some(isTruthy),
  };
}
