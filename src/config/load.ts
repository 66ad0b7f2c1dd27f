import { existsSync, readFileSync } from 'node:fs';
import type * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { decodeText } from '../lib/files.js';
import { explainSystemError, systemCode } from '../lib/system-errors.js';
import { cleanLine, redact } from '../lib/text.js';
import { applyProfile, type Config, configSchema } from './schema.js';

/** The configuration as it is now, and where it came from. */
export interface LoadedConfig {
  config: Config;
  path: string;
  /** False: there is no file, and all values are defaults. */
  exists: boolean;
  /** The profile that is laid over the file; it stays when the file changes. */
  profile?: string;
}

interface LoadOptions {
  /** Somebody asked for this very file, so that it may not be missing. */
  required?: boolean;
  /** `--profile` */
  profile?: string;
}

/**
 * Reads and checks the config file; never writes it. A missing file means all defaults.
 * @param path of the file
 * @param options what was asked for
 * @throws HugwireError `invalid_arguments` in one line: the key, what was found, and what is allowed; or the profiles
 *   that there are
 */
export function loadConfig(path: string, { required = false, profile }: LoadOptions = {}): LoadedConfig {
  const exists = existsSync(path);
  if (!exists && required) {
    throw new HugwireError('invalid_arguments', `${path} does not exist.`, { hint: 'See --config.' });
  }
  const config = applyProfile(checkConfig(exists ? readJsonFile(path) : {}, path), profile);
  return { config, path, exists, ...(profile === undefined ? {} : { profile }) };
}

/**
 * Checks a config as a whole, its profiles too, and fills its defaults in.
 * @param found what the file holds
 * @param path of the file, for the words of the error
 * @param hint what to do when it is wrong
 * @throws HugwireError `invalid_arguments` in one line: each key, what was found, and what is allowed
 */
export function checkConfig(
  found: unknown,
  path: string,
  hint = '`hugwire config validate` checks the file again.',
): Config {
  const result = configSchema.safeParse(found);
  if (result.success) return result.data;
  throw new HugwireError('invalid_arguments', `${path}: ${explainIssues(result.error.issues, found)}`, { hint });
}

const MAX_ISSUES = 5;
const MAX_VALUE = 80;

/**
 * Tells in one line what is wrong with a config: each key, what was found, and what is allowed.
 * @param issues as zod found them
 * @param root the whole value
 */
export function explainIssues(issues: readonly z.core.$ZodIssue[], root: unknown): string {
  const told = issues.slice(0, MAX_ISSUES).map((issue) => explainIssue(issue, root));
  const rest = issues.length - told.length;
  return [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/**
 * Tells in one line what is wrong with one key of a config: what was found, and what is allowed.
 * @param issue as zod found it
 * @param root the whole value
 */
export function explainIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const key = cleanLine(issue.path.map(String).join('.'), MAX_VALUE);
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => `"${key && `${key}.`}${cleanLine(name, MAX_VALUE)}"`);
    return `unknown key ${names.join(', ')}`;
  }
  const found = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], root);
  return `${key ? `"${key}"` : 'the file'} is ${show(found, issue.path)}; ${allowed(issue)}`;
}

/** Some write the token or key itself where its source belongs: text in that section is not shown. */
function show(value: unknown, path: readonly PropertyKey[]): string {
  if (value === undefined) return 'missing';
  const [section, key] = path[0] === 'profiles' ? path.slice(2) : path;
  const isSecret = section === 'token' || (section === 'assistants' && key === 'apiKey');
  if (isSecret && path.at(-1) !== 'source' && typeof value === 'string') return 'a text';
  return redact(cleanLine(JSON.stringify(value), MAX_VALUE));
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    return `allowed: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => `its name ${message}`).join(', ');
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too (?:big|small): /, '');
}

const HINT = 'Correct the file, or move it away to start with the defaults.';

/**
 * Reads a JSON file that a person may have written.
 * @param path of an existing file
 * @throws HugwireError `invalid_arguments` in one line, with the place of the fault; it quotes one character at most
 */
export function readJsonFile(path: string): unknown {
  return parseJsonFile(readTextNow(path).replace(/^\uFEFF/, ''), path);
}

/**
 * Reads JSON that a person may have written.
 * @param text without a byte order mark
 * @param path where it is from
 * @throws HugwireError `invalid_arguments`, as `readJsonFile`
 */
export function parseJsonFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `${path} is not valid JSON: ${describeFault(text)}`, {
      hint: HINT,
      cause,
    });
  }
}

function readTextNow(path: string): string {
  try {
    return decodeText(readFileSync(path));
  } catch (cause) {
    const reason = explainSystemError(cause)?.file ?? systemCode(cause);
    throw new HugwireError('invalid_arguments', `${path} cannot be read: ${reason}`, {
      hint: HINT,
      cause,
    });
  }
}

function describeFault(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const at = findFault(text);
  const character = [...text.slice(at)][0];
  const before = text.slice(0, at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  if (character === undefined) return `${place}: it ends too early`;
  return `${place}: ${JSON.stringify(character)} is not expected there${describeMistake(text, at)}`;
}

/** What people who write JSON by hand get wrong most. */
function describeMistake(text: string, at: number): string {
  if (/^\/[/*]/.test(text.slice(at))) return ' (JSON has no comments)';
  if (/^[}\]]/.test(text.slice(at)) && /,\s*$/.test(text.slice(0, at))) return ' (the comma before it is one too many)';
  if (text[at] === "'") return ' (JSON uses double quotes only)';
  return '';
}

/** Node 20 does not always say where: the fault is at the end of the shortest beginning that nothing could complete. */
function findFault(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isHopeless(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isHopeless(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return false;
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = / at position (\d+)/.exec(message)?.[1];
    if (/^Unterminated|end of JSON input/.test(message)) return false;
    return position === undefined || Number(position) < beginning.length;
  }
}
