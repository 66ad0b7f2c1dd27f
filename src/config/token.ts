import { lstat, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { changeSecretFile, decodeText, expandHome, fileFailure, withPatience } from '../lib/files.js';
import { explainSystemError } from '../lib/system-errors.js';
import { redact } from '../lib/text.js';
import { expandPath, isTruthy, ownTokenFile, type Paths, tilde } from './paths.js';
import type { Config } from './schema.js';

/** A token and where it was found; without `value` there is none to send. */
export interface FoundToken {
  value?: string;
  /** For people: `env HF_TOKEN`, `file ~/.cache/huggingface/token`, `none`. Never the value. */
  source: string;
  /** Why what was found is not sent: `env HF_TOKEN holds a placeholder, not a token`. */
  unusable?: string;
  /** What to do where a token is wanted, or another one; unset: what the user of this machine can do. */
  advice?: string;
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
  return look.state in FAULTS ? withoutToken(`${kind} ${name} ${FAULTS[look.state as Fault]}`) : undefined;
}

/** What is wrong with a token that is there and cannot be used. */
export const FAULTS = {
  placeholder: 'holds a placeholder, not a token',
  invalid: 'holds no valid token',
  unreadable: 'cannot be read by this user',
} satisfies Partial<Record<TokenLook['state'], string>>;
type Fault = keyof typeof FAULTS;

const withoutToken = (unusable: string): FoundToken => ({ source: `none (${unusable})`, unusable });

function describeNone(source: Config['token']['source'], place: TokenPlace | undefined): string {
  if (source === 'env') return `none (${place?.name} is not set)`;
  return source === 'file' ? `none (no token in ${place?.name})` : 'none';
}

async function fromCommand(command: string, env: NodeJS.ProcessEnv): Promise<FoundToken> {
  try {
    const { runShell } = await import('../lib/children.js');
    const printed = await runShell(command, { env, timeout: COMMAND_TIMEOUT_MS });
    // Password managers print the password first and what else they know of it below.
    const [first] = printed.trim().split(/\r?\n/);
    const look = readToken(first ?? '');
    if (look.state === 'found') return { value: look.value, source: 'command' };
    return withoutToken(
      look.state in FAULTS ? `command ${FAULTS[look.state as Fault]}` : 'token.command printed nothing',
    );
  } catch {
    // Neither its output nor its text: both may hold secrets.
    return withoutToken('token.command failed');
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

/** What a look at a place shows. The value never leaves the process. */
export type TokenLook =
  | { state: 'found'; value: string }
  | { state: 'not set' | 'missing' | 'empty' | 'unreadable' | 'invalid' | 'placeholder' };

/** Somewhere a token may be. */
export interface TokenPlace {
  kind: 'env' | 'file';
  /** The variable, or the path as a person writes it. */
  name: string;
  look(): Promise<TokenLook>;
}

/**
 * The places that are looked at, in order: the first that holds something wins.
 * @param config the `token` section
 * @param env the environment
 * @param paths where hugwire's own token file is
 * @returns none where the source is a command, or `none`
 */
export function tokenPlaces(config: Config['token'], env: NodeJS.ProcessEnv, paths: Paths): TokenPlace[] {
  switch (config.source) {
    case 'auto':
      return [
        variable(env, 'HF_TOKEN'),
        variable(env, 'HUGGING_FACE_HUB_TOKEN'),
        ...tokenFiles(env, paths).map((path) => file(path)),
      ];
    case 'env':
      return [variable(env, config.name ?? 'HF_TOKEN')];
    case 'file':
      return [file(expandHome(config.path ?? ''))];
    default:
      return [];
  }
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
    ownTokenFile(paths),
  ];
  return [...new Set(files)];
}

const LONGEST = 4096;

/**
 * Takes off what people and programs put around a token, as huggingface_hub does and a little more: blanks, line ends, a
 * byte order mark, quotes, `Bearer `, `HF_TOKEN=`.
 * @param text as it was found
 * @returns `empty` for nothing, `placeholder` for what stands where a token should, `invalid` for what could not stand
 * in a header
 */
export function readToken(text: string): TokenLook {
  // Beyond that no pattern runs over it.
  let value = text.slice(0, 2 * LONGEST);
  // Quotes around quotes, and words before words; nobody nests them deeper.
  for (let layer = 0; layer < 5; layer++) {
    value = value
      .replace(/[\r\n\uFEFF]/g, '')
      .trim()
      .replace(/^["'`\u2018-\u201d]+|(?<!["'`\u2018-\u201d])["'`\u2018-\u201d]+$/g, '')
      .replace(/^(?:export |set )?\w+ ?= ?(?=["']?hf_)|^(?:authorization ?: ?)?bearer(?: |$)/i, '');
  }
  if (value === '') return { state: 'empty' };
  if (value.length > LONGEST) return { state: 'invalid' };
  if (PLACEHOLDERS.some((pattern) => pattern.test(value))) return { state: 'placeholder' };
  return /^[\x21-\x7e]+$/.test(value) ? { state: 'found', value } : { state: 'invalid' };
}

/** What templates, READMEs and programs that expand nothing leave where a token belongs. */
const PLACEHOLDERS = [
  // ${HF_TOKEN}, ${env:HF_TOKEN}, ${input:hf}, $(cat token), $HF_TOKEN, {{ hf_token }}, %HF_TOKEN%, !HF_TOKEN!
  /[$#@]\{|\$\(|\{\{|^\$|^%[^%]*%$|^![^!]*!$|^__\w*__$|^\W+$/,
  // <your token>, [your token], {token}, (token)
  /^[<[({].*[>\])}]$/,
  // hf_..., hf_abc…xyz, hf_xxx, hf_***, xxx, hf_, hf_aaaa
  /\.{3}|\u2026|^(?:hf_(?:oauth_|jwt_)?|api_org_)?(?:[x*.?#_-]{2,}|(\w)\1{2,})?$/i,
  // Words for nothing, and names of the variable.
  /^(?:none|null|nil|undefined|nan|n\/a|true|false|empty|unset|todo|tbd|fixme|change_?me|redacted|hidden|masked|secret|password|\[object \w+\])$/i,
  /^(?:(?:env|process\.env|secrets?)[:.])?(?:hf|hugging_?face(?:_?hub)?)?[_ -]?(?:api|access|read|write|user|hub)?[_ -]?(?:token|key|pat)$/i,
  // your_token_here, YOUR_HF_TOKEN, hf_your_token, my-hf-token, insert-token, hf_token_here, hf_yourtoken
  /^(?:hf_)?(?:your|my|the|an?|insert|enter|paste|put|add|replace|set|use|some|example|sample|dummy|fake)[_ -].*(?:token|key|secret|here)/i,
  /^(?:hf_)?(?:your|insert|paste|replace|enter)(?:hf|hugging|access|api|own|token|key|this|me|with)/i,
  /^(?:hf_)?(?:example|placeholder|replace_?me|token|.*[_ -](?:token|key|value)[_ -](?:goes[_ -])?here)$/i,
];

function variable(env: NodeJS.ProcessEnv, name: string): TokenPlace {
  return {
    kind: 'env',
    // Some write the token itself where the name of its variable belongs.
    name: redact(name),
    look: async () => (env[name] === undefined ? { state: 'not set' } : readToken(env[name])),
  };
}

function file(path: string): TokenPlace {
  return {
    kind: 'file',
    name: tilde(path),
    async look() {
      try {
        return readToken(decodeText(await readFile(path)));
      } catch (error) {
        // A file that is there and may not be read is worth a word; one that is not there is the usual case.
        if (explainSystemError(error)?.kind === 'denied') return { state: 'unreadable' };
        return { state: error instanceof TypeError ? 'invalid' : 'missing' };
      }
    },
  };
}

/**
 * Stores a token in hugwire's own file, for this user alone: whole or not at all.
 * @param paths hugwire's directories
 * @param value the token
 * @returns the path of the file
 * @throws HugwireError `unavailable` when it cannot be written
 */
export async function storeToken(paths: Paths, value: string): Promise<string> {
  const path = ownTokenFile(paths);
  await changeSecretFile(path, () => `${value}\n`);
  return path;
}

/**
 * Whether hugwire has a token file of its own, whatever is in it.
 * @param paths hugwire's directories
 */
export function hasOwnToken(paths: Paths): Promise<boolean> {
  return lstat(ownTokenFile(paths)).then(
    () => true,
    () => false,
  );
}

/**
 * Removes hugwire's own token file.
 * @param paths hugwire's directories
 * @throws HugwireError `unavailable` when it cannot be removed
 */
export async function removeToken(paths: Paths): Promise<void> {
  const path = ownTokenFile(paths);
  try {
    await withPatience(() => rm(path, { force: true }));
  } catch (cause) {
    throw new HugwireError('unavailable', fileFailure(path, 'removed', cause).message, {
      hint: 'Remove it by hand: it may hold a token.',
      cause,
    });
  }
}
