import { promisify } from 'node:util';
import { isTruthy } from './env.js';
import type { Paths } from './paths.js';
import type { Config } from './schema.js';
import { readToken, type TokenLook, type TokenPlace, tokenPlaces } from './token-places.js';

/** A token and where it was found; without `value` there is none to send. */
export interface FoundToken {
  value?: string;
  /** For people: `env HF_TOKEN`, `file ~/.cache/huggingface/token`, `none`. Never the value. */
  source: string;
}

const COMMAND_TIMEOUT_MS = 15_000;
/** Password managers may ask the user each time, so their answer is kept for a while; a failure for less. */
const COMMAND_KEPT_MS = 10 * 60_000;
const FAILURE_KEPT_MS = 30_000;

/**
 * Looks the token up.
 * @param rejected the value that the Hub has just turned down: it is not given again from memory
 */
export type TokenReader = (rejected?: string) => Promise<FoundToken>;

/**
 * Makes the function that looks the token up. Files are read anew each time, since `hf auth login` may change them.
 * @param config the `token` section
 * @param env the environment
 * @param paths where hugwire's own token file is
 */
export function createTokenReader(config: Config['token'], env: NodeJS.ProcessEnv, paths: Paths): TokenReader {
  if (config.source === 'none') return async () => ({ source: 'none (token.source is "none")' });
  if (config.source === 'command') return keep(() => fromCommand(config.command ?? '', env));
  // What nobody named for hugwire is given to nobody where huggingface_hub would not give it either.
  if (config.source === 'auto' && isTruthy(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) {
    return async () => ({ source: 'none (HF_HUB_DISABLE_IMPLICIT_TOKEN is set)' });
  }
  const places = tokenPlaces(config, env, paths);
  return async () => (await findToken(places)) ?? { source: describeNone(config.source, places[0]) };
}

/** The order of `get_token` in huggingface_hub, with hugwire's own token file last. */
async function findToken(places: readonly TokenPlace[]): Promise<FoundToken | undefined> {
  for (const place of places) {
    const found = toFound(await place.look(), place);
    if (found) return found;
  }
  return undefined;
}

/** What is there and cannot be used ends the search too: to take another token in its place would puzzle. */
function toFound(look: TokenLook, { kind, name }: TokenPlace): FoundToken | undefined {
  if (look.state === 'found') return { value: look.value, source: `${kind} ${name}` };
  if (look.state === 'invalid') return { source: `none (${kind} ${name} holds no valid token)` };
  return look.state === 'unreadable' ? { source: `none (${name} cannot be read)` } : undefined;
}

function describeNone(source: Config['token']['source'], place: TokenPlace | undefined): string {
  if (source === 'env') return `none (${place?.name} is not set)`;
  return source === 'file' ? `none (no token in ${place?.name})` : 'none';
}

async function fromCommand(command: string, env: NodeJS.ProcessEnv): Promise<FoundToken> {
  try {
    const { exec } = await import('node:child_process');
    const running = promisify(exec)(command, { env, timeout: COMMAND_TIMEOUT_MS, windowsHide: true });
    // Nobody will answer what it may ask.
    running.child.stdin?.end();
    // Password managers print the password first and what else they know of it below.
    const [first] = (await running).stdout.trim().split(/\r?\n/);
    const look = readToken(first ?? '');
    if (look.state === 'found') return { value: look.value, source: 'command' };
    const why = look.state === 'empty' ? 'token.command printed nothing' : 'command holds no valid token';
    return { source: `none (${why})` };
  } catch {
    // Neither its output nor its text: both may hold secrets.
    return { source: 'none (token.command failed)' };
  }
}

/** Looks once for many calls. */
function keep(look: () => Promise<FoundToken>): TokenReader {
  let kept: { until: number; token: Promise<FoundToken> } | undefined;
  return async (rejected) => {
    const current = kept && kept.until > Date.now() ? await kept.token : undefined;
    if (current && (rejected === undefined || current.value !== rejected)) return current;
    const fresh = { until: Number.POSITIVE_INFINITY, token: look() };
    kept = fresh;
    const { value } = await fresh.token;
    fresh.until = Date.now() + (value === undefined ? FAILURE_KEPT_MS : COMMAND_KEPT_MS);
    return fresh.token;
  };
}
