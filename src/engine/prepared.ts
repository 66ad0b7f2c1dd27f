import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assistantsLockPath, configPath, isSet, lockPath, resolvePaths, unknownVariables } from '../config/paths.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { isWindows } from '../lib/platform.js';
import { VERSION } from '../lib/version.js';

/** What the server says of itself, whichever revision its client speaks. */
export interface ServerCard {
  serverInfo: { name: string; title?: string; version: string };
  instructions: string;
  capabilities: { tools: { listChanged: boolean }; resources?: object; prompts?: { listChanged: boolean } };
}

/** Answers to what every client asks first, made by an earlier start of the same program with the same configuration. */
export interface Prepared {
  card: ServerCard;
  tools: readonly object[];
  /** Revisions that begin with `initialize`, the newest first. */
  versions: readonly string[];
}

/** A start of the server, as far as its first answers depend on it. */
export interface Start {
  version: string;
  args: readonly string[];
  readOnly: boolean;
  /** Texts of the config file and of the records of pinned Spaces and of assistants; null where there is none. */
  config: string | null;
  lock: string | null;
  assistants: string | null;
}

/** Made with the program for the configuration that is all defaults. */
const BUILT_IN = new URL('answers.json', import.meta.url);
/** Starts that are kept; the one that was used least lately gives way. */
const MAX_KEPT = 20;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads which start of the server a command line asks for.
 * @param args of the process
 * @param env its environment
 * @returns undefined when it asks for another command or for help, or when the program has to look at the environment first
 */
export function readStart(args: readonly string[], env: NodeJS.ProcessEnv): Start | undefined {
  if (unknownVariables(env).length > 0) return undefined;
  let told: string | undefined;
  let serves = false;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (['--http', '--demo', '--help', '-h', '--version', '-V'].includes(word)) return undefined;
    if (word === '--config' || word === '--profile') {
      at += 1;
      if (word === '--config') told = args[at];
    } else if (word.startsWith('--config=')) told = word.slice('--config='.length);
    else if (word === 'serve') serves = true;
    // Hosts append arguments of their own to `serve`; elsewhere an unknown word is an error, or another command.
    else if (!serves && word !== '--read-only' && word !== '--dry-run' && !word.startsWith('--profile='))
      return undefined;
  }
  const config = configPath(resolvePaths(env).config, told);
  return {
    version: VERSION,
    args: args.filter((word) => word !== 'serve'),
    readOnly: isSet(env.HUGWIRE_READ_ONLY),
    config: readText(config),
    lock: readText(lockPath(config)),
    assistants: readText(assistantsLockPath(config)),
  };
}

/** A file that cannot be read has no start in common with any other: the server says what is wrong with it. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : `unreadable ${Math.random()}`;
  }
}

function isDefault({ args, readOnly, config, lock, assistants }: Start): boolean {
  return args.length === 0 && !readOnly && config === null && lock === null && assistants === null;
}

/**
 * The answers that are ready for a start.
 * @param start from `readStart`
 * @param env the environment
 * @returns undefined when there are none that hold for exactly this start
 */
export function findPrepared(start: Start, env: NodeJS.ProcessEnv): Prepared | undefined {
  try {
    if (isDefault(start)) return readPrepared(readFileSync(BUILT_IN, 'utf8'), start);
    const file = keptFile(start, env);
    return isOurs(dirname(file)) && isOurs(file) ? readPrepared(readFileSync(file, 'utf8'), start) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the answers of a start for the next one like it. Whatever is in the way, nothing is said: the next start only takes
 * longer.
 * @param start as it was when the process began
 * @param prepared its answers
 * @param env the environment
 */
export function keepPrepared(start: Start, prepared: Prepared, env: NodeJS.ProcessEnv): void {
  const text = JSON.stringify({ start, prepared });
  // What is all defaults has its answers in the package.
  if (isDefault(start) || text.length > MAX_BYTES) return;
  const file = keptFile(start, env);
  const directory = dirname(file);
  const partial = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!isOurs(directory)) return;
    writeFileSync(partial, text, { mode: 0o600, flag: 'wx' });
    renameSync(partial, file);
    const files = readdirSync(directory).map((name) => join(directory, name));
    const byAge = files.map((path) => ({ path, at: statSync(path).mtimeMs })).sort((one, other) => other.at - one.at);
    for (const { path } of byAge.slice(MAX_KEPT)) rmSync(path, { force: true });
  } catch {
    rmSync(partial, { force: true });
  }
}

/** Where the answers of a start are: named by what tells it from others, though only equality of the whole counts. */
function keptFile(start: Start, env: NodeJS.ProcessEnv): string {
  return join(resolvePaths(env).cache, 'starts', `${hash(JSON.stringify(start))}.json`);
}

/** FNV-1a with 52 bits: node:crypto would cost a start more than all the rest. */
function hash(text: string): string {
  let [low, high] = [0x811c9dc5, 0x1b873593];
  for (let at = 0; at < text.length; at += 1) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return ((high >>> 12) * 0x1_0000_0000 + (low >>> 0)).toString(36);
}

/** What somebody else may have written is not told to a model. */
function isOurs(path: string): boolean {
  const found = lstatSync(path);
  if (found.isSymbolicLink() || found.size > MAX_BYTES) return false;
  // On Windows the access rules of the user's own folder hold, which a mode does not show.
  return isWindows() || (found.uid === process.getuid?.() && (found.mode & 0o022) === 0);
}

function readPrepared(text: string, start: Start): Prepared | undefined {
  const kept = parseJsonObject(text);
  const { prepared } = kept ?? {};
  const isWhole =
    isObject(prepared) && isObject(prepared.card) && Array.isArray(prepared.tools) && Array.isArray(prepared.versions);
  return isWhole && JSON.stringify(kept?.start) === JSON.stringify(start)
    ? (prepared as unknown as Prepared)
    : undefined;
}
