import { exec } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { redact } from '../text/redact.js';
import { isTruthy } from './env.js';
import { expandHome, expandPath, type Paths } from './paths.js';
import type { Config } from './schema.js';

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
  switch (config.source) {
    case 'none':
      return async () => ({ source: 'none (token.source is "none")' });
    case 'env':
      return async () =>
        fromEnv(env, config.name ?? 'HF_TOKEN') ?? { source: redact(`none (${config.name ?? 'HF_TOKEN'} is not set)`) };
    case 'file':
      return async () => {
        const path = expandHome(config.path ?? '');
        return (await fromFile(path)) ?? { source: `none (no token in ${tilde(path)})` };
      };
    case 'command':
      return keep(() => fromCommand(config.command ?? '', env));
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
  const below = (directory: string | undefined, ...parts: string[]) => (directory ? [join(directory, ...parts)] : []);
  const read = (name: string) => expandPath(env[name], env);
  const files = [
    ...below(read('HF_TOKEN_PATH')),
    ...below(read('HF_HOME'), 'token'),
    ...below(read('XDG_CACHE_HOME'), 'huggingface', 'token'),
    ...below(homedir(), '.cache', 'huggingface', 'token'),
    ...below(paths.state, 'token'),
  ];
  return [...new Set(files)];
}

function fromEnv(env: NodeJS.ProcessEnv, name: string): FoundToken | undefined {
  // Some write the token itself where the name of its variable belongs.
  return toToken(env[name], redact(`env ${name}`));
}

async function fromFile(path: string): Promise<FoundToken | undefined> {
  try {
    return toToken(await readFile(path, 'utf8'), `file ${tilde(path)}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A file that is there and may not be read is worth a word; one that is not there is the usual case.
    return code === 'EACCES' || code === 'EPERM' ? { source: `none (${tilde(path)} cannot be read)` } : undefined;
  }
}

async function fromCommand(command: string, env: NodeJS.ProcessEnv): Promise<FoundToken> {
  try {
    const running = promisify(exec)(command, { env, timeout: COMMAND_TIMEOUT_MS, windowsHide: true });
    // Nobody will answer what it may ask.
    running.child.stdin?.end();
    // Password managers print the password first and what else they know of it below.
    const [first] = (await running).stdout.trim().split(/\r?\n/);
    return toToken(first, 'command') ?? { source: 'none (token.command printed nothing)' };
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
  const inside = relative(homedir(), path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : join('~', inside);
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
