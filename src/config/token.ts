import { exec } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isTruthy } from './env.js';
import { expandHome, type Paths } from './paths.js';
import type { Config } from './schema.js';

/** A token and where it was found; without `value` there is none to send. */
export interface FoundToken {
  value?: string;
  /** For people: `env HF_TOKEN`, `file ~/.cache/huggingface/token`, `none`. Never the value. */
  source: string;
}

const COMMAND_TIMEOUT_MS = 15_000;
/** Password managers may ask the user each time, so their answer is kept for a while. */
const COMMAND_KEPT_MS = 10 * 60_000;

/**
 * Makes the function that looks the token up. Files are read anew each time, since `hf auth login` may change them.
 * @param config the `token` section
 * @param env the environment
 * @param paths where hugwire's own token file is
 */
export function createTokenReader(
  config: Config['token'],
  env: NodeJS.ProcessEnv,
  paths: Paths,
): () => Promise<FoundToken> {
  switch (config.source) {
    case 'none':
      return async () => ({ source: 'none (token.source is "none")' });
    case 'env':
      return async () =>
        fromEnv(env, config.name ?? 'HF_TOKEN') ?? { source: `none (${config.name ?? 'HF_TOKEN'} is not set)` };
    case 'file':
      return async () => {
        const path = expandHome(config.path ?? '');
        return (await fromFile(path)) ?? { source: `none (no token in ${tilde(path)})` };
      };
    case 'command':
      return keepFor(COMMAND_KEPT_MS, () => fromCommand(config.command ?? ''));
    case 'auto':
      return () => findToken(env, paths);
  }
}

/** The order of `get_token` in huggingface_hub, with hugwire's own token file last. */
async function findToken(env: NodeJS.ProcessEnv, paths: Paths): Promise<FoundToken> {
  if (isTruthy(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return { source: 'none (HF_HUB_DISABLE_IMPLICIT_TOKEN is set)' };
  const named = fromEnv(env, 'HF_TOKEN') ?? fromEnv(env, 'HUGGING_FACE_HUB_TOKEN');
  if (named) return named;
  for (const path of tokenFiles(env, paths)) {
    const found = await fromFile(path);
    if (found) return found;
  }
  return { source: 'none' };
}

/**
 * The files that may hold a token, in the order in which they are asked.
 * @param env the environment
 * @param paths hugwire's directories
 */
export function tokenFiles(env: NodeJS.ProcessEnv, paths: Paths): string[] {
  const cache = env.XDG_CACHE_HOME ? expandHome(env.XDG_CACHE_HOME) : join(homedir(), '.cache');
  const files = [
    env.HF_TOKEN_PATH && expandHome(env.HF_TOKEN_PATH),
    env.HF_HOME && join(expandHome(env.HF_HOME), 'token'),
    join(cache, 'huggingface', 'token'),
    join(homedir(), '.cache', 'huggingface', 'token'),
    join(paths.state, 'token'),
  ];
  return [...new Set(files.filter((file): file is string => Boolean(file)))];
}

function fromEnv(env: NodeJS.ProcessEnv, name: string): FoundToken | undefined {
  return toToken(env[name], `env ${name}`);
}

async function fromFile(path: string): Promise<FoundToken | undefined> {
  try {
    return toToken(await readFile(path, 'utf8'), `file ${tilde(path)}`);
  } catch {
    return undefined;
  }
}

async function fromCommand(command: string): Promise<FoundToken> {
  try {
    const { stdout } = await promisify(exec)(command, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true });
    return toToken(stdout, 'command') ?? { source: 'none (token.command printed nothing)' };
  } catch {
    // Neither its output nor its text: both may hold secrets.
    return { source: 'none (token.command failed)' };
  }
}

/** As huggingface_hub cleans it. What could not stand in a header is no token. */
function toToken(text: string | undefined, source: string): FoundToken | undefined {
  const value = text?.replace(/[\r\n]/g, '').trim();
  if (!value) return undefined;
  return /^[\x21-\x7e]{1,4096}$/.test(value) ? { value, source } : { source: `none (${source} holds no valid token)` };
}

function tilde(path: string): string {
  const home = homedir();
  return path.startsWith(home) ? `~${path.slice(home.length)}` : path;
}

function keepFor(milliseconds: number, look: () => Promise<FoundToken>): () => Promise<FoundToken> {
  let kept: { until: number; token: Promise<FoundToken> } | undefined;
  return () => {
    if (!kept || kept.until < Date.now()) kept = { until: Date.now() + milliseconds, token: look() };
    return kept.token;
  };
}
