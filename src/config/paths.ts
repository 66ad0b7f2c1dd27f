import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import envPaths from 'env-paths';
import { HugwireError } from '../lib/errors.js';
import { expandHome, toAbsolute } from '../lib/files.js';
import { expandVariables, isWindows } from '../lib/platform.js';

export interface Paths {
  /** `config.json` and `spaces.lock.json`. */
  config: string;
  cache: string;
  /** Sessions, memory and hugwire's own token file. */
  state: string;
}

/**
 * Where hugwire keeps its files: below HUGWIRE_HOME when that is set, else in the platform's usual directories.
 * @param env the environment to read
 * @returns absolute directories; none of them is created here
 */
export function resolvePaths(env: NodeJS.ProcessEnv): Paths {
  const root = ownHome(env);
  if (root) {
    return { config: root, cache: join(root, 'cache'), state: join(root, 'state') };
  }
  const { config, cache, data } = envPaths('hugwire', { suffix: '' });
  return { config, cache, state: data };
}

function ownHome(env: NodeJS.ProcessEnv): string | undefined {
  const home = expandPath(env.HUGWIRE_HOME, env);
  return home && toAbsolute(home, 'HUGWIRE_HOME');
}

/**
 * Where the config file is.
 * @param directory hugwire's config directory
 * @param told `--config`; hosts pass it without a shell, so a `~` is still in it
 */
export function configPath(directory: string, told?: string): string {
  return told === undefined ? join(directory, 'config.json') : toAbsolute(told, '--config');
}

/** Beside `config.json`. */
export const LOCK_FILE = 'spaces.lock.json';

/**
 * Where the record of the approved Spaces lies: beside the config file.
 * @param path of the config file
 */
export function lockPath(path: string): string {
  return join(dirname(path), LOCK_FILE);
}

/**
 * Where it is recorded which assistants were added: beside the config file.
 * @param path of the config file
 */
export function assistantsLockPath(path: string): string {
  return join(dirname(path), 'assistants.lock.json');
}

/**
 * Where the files of an added assistant lie: in a folder beside the config file.
 * @param path of the config file
 * @param name of the assistant
 */
export function assistantDirectory(path: string, name: string): string {
  return join(dirname(path), 'assistants', name);
}

/**
 * A path as a person writes it: `~` for the home directory.
 * @param path absolute
 * @param home the user's home directory
 */
export function tilde(path: string, home = homedir()): string {
  const inside = relative(home, path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : join('~', inside);
}

/**
 * A path of the environment, as Python's huggingface_hub reads it: `~` and variables are replaced. Quotes around it, which
 * cmd's `set` leaves there, are taken off.
 * @param path value of a variable
 * @param env what the variables in it stand for
 * @returns undefined when there is no value
 */
export function expandPath(path: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const text = path?.trim().replace(/^(["'])(.*)\1$/, '$2');
  return text ? expandHome(expandVariables(text, env)) : undefined;
}

/**
 * The default of `files.saveTo`: `hugwire` in the Downloads directory, or `files` below HUGWIRE_HOME.
 * @param env the environment to read
 */
export function defaultSaveDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const home = ownHome(env);
  return home ? join(home, 'files') : join(homedir(), 'Downloads', 'hugwire');
}

/**
 * Where answers of the Hub are kept.
 * @param paths hugwire's directories
 */
export function cacheDirectory(paths: Paths): string {
  return join(paths.cache, 'answers');
}

/**
 * Where `hugwire auth login` leaves a token.
 * @param paths hugwire's directories
 */
export function ownTokenFile(paths: Paths): string {
  return join(paths.state, 'token');
}

/**
 * Where `hugwire spaces login` leaves the names and passwords of apps.
 * @param paths hugwire's directories
 */
export function loginsFile(paths: Paths): string {
  return join(paths.state, 'logins.json');
}

/**
 * Where notes are kept across sessions.
 * @param paths hugwire's directories
 */
export function memoryFile(paths: Paths): string {
  return join(paths.state, 'memory.jsonl');
}

/**
 * Where changes wait that the user could not be asked about.
 * @param paths hugwire's directories
 */
export function proposalsDirectory(paths: Paths): string {
  return join(paths.state, 'proposals');
}

/**
 * Where downloads that have not come to their end are noted.
 * @param paths hugwire's directories
 */
export function downloadRecords(paths: Paths): string {
  return join(paths.state, 'downloads');
}

/**
 * Where conversations with assistants are kept.
 * @param paths hugwire's directories
 */
export function conversationsDirectory(paths: Paths): string {
  return join(paths.state, 'conversations');
}

/**
 * Where calls of assistants wait that somebody must agree to.
 * @param paths hugwire's directories
 */
export function approvalsDirectory(paths: Paths): string {
  return join(paths.state, 'approvals');
}

/**
 * Where it is written which files hugwire saved.
 * @param paths hugwire's directories
 */
export function savedFilesIndex(paths: Paths): string {
  return join(paths.state, 'saved-files.jsonl');
}

/**
 * Where huggingface_hub keeps what it downloads: HF_HUB_CACHE, its old name, HF_HOME or XDG_CACHE_HOME say it, in this
 * order; `~` and `$VARIABLES` in them are expanded, as Python does.
 * @param env the environment to read
 */
export function downloadsDirectory(env: NodeJS.ProcessEnv): string {
  const read = (name: string) => expandPath(env[name], env);
  const named = read('HF_HUB_CACHE') || read('HUGGINGFACE_HUB_CACHE');
  if (named) return named;
  const home = read('HF_HOME') || join(read('XDG_CACHE_HOME') || join(homedir(), '.cache'), 'huggingface');
  return join(home, 'hub');
}

/**
 * The shared cache as downloads use it: HF_HUB_DISABLE_SYMLINKS wants files in place of links.
 * @param env the environment to read
 */
export function sharedCache(env: NodeJS.ProcessEnv): { cache: string; useLinks: boolean } {
  return { cache: resolve(downloadsDirectory(env)), useLinks: !isTruthy(env.HF_HUB_DISABLE_SYMLINKS) };
}

const TRUTHY = new Set(['1', 'ON', 'YES', 'TRUE']);

/**
 * Whether a variable says yes, by the rule of huggingface_hub.
 * @param value of the variable
 */
export function isTruthy(value: string | undefined): boolean {
  return value !== undefined && TRUTHY.has(value.trim().toUpperCase());
}

/** Variables of hugwire's own. */
export const OWN_VARIABLES = ['HUGWIRE_HOME', 'HUGWIRE_READ_ONLY', 'HUGWIRE_STATE'];
const SAYS_NO = new Set(['', '0', 'OFF', 'NO', 'FALSE', 'N', 'F']);

/**
 * Whether a variable that makes hugwire safer is set: anything but a clear no is a yes.
 * @param value of the variable
 */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && !SAYS_NO.has(value.trim().toUpperCase());
}

/**
 * The variables that are named like hugwire's own, but are unknown to it.
 * @param env the environment
 */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = (name: string) => OWN_VARIABLES.includes(isWindows() ? name.toUpperCase() : name);
  return Object.keys(env).filter((name) => /^HUGWIRE_/i.test(name) && !known(name));
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
