import { isObject, parseJson } from '../lib/json.js';
import { quoteWords } from '../lib/platform.js';

/** A tool's name where a hint says to call it; not in a list, and not where a command is named already. */
const TOOL =
  /(?<!hugwire(?: [a-z]+){1,2} |Did you mean |[a-z]_[a-z]+, |[\w"'=/.-])(?:dataset_rows|(?:hub|memory)_(?:search|read|repo|whoami|write|create|discuss|job|download|save)|space_(?:info|call|result|admin|pin))(?![\w?="'/]|, [a-z]+_[a-z])/g;
/** What an assistant is to tell the user, who reads it here: `Only the user can log in, in a terminal: …`. */
const FOR_THE_USER = /\b(?:Only the|The) user can ([^:`.\n]{1,60}?)(?:,? in a terminal)?: /g;
/** An argument behind it, up to its value. */
const ARGUMENT = /(?: with)? ([a-z_]+)=/y;

/**
 * Rewrites the hint of an error for a terminal: the errors of tools say which tool to call, and a person types commands.
 * @param text an explained error, with its hint after `Next: `
 * @returns the text with `hugwire call hub_repo ids=owner/name` for `hub_repo ids=["owner/name"]`
 */
export function nameCommands(text: string): string {
  const start = text.indexOf('\nNext: ');
  return start < 0 ? text : text.slice(0, start) + nameInHint(text.slice(start));
}

/**
 * The same for a hint alone.
 * @param hint of an error
 */
export function nameInHint(hint: string): string {
  let told = '';
  let done = 0;
  for (const { 0: tool, index } of hint.matchAll(TOOL)) {
    if (index < done) continue;
    const { words, end } = readArguments(hint, index + tool.length);
    const [open, close] = [hint[index - 1] === '`', hint[end] === '`'];
    told += `${hint.slice(done, index)}${open ? '' : '`'}${writeCommand(tool, words)}${close ? '' : '`'}`;
    done = end;
  }
  return (told + hint.slice(done)).replace(FOR_THE_USER, 'To $1: ');
}

/**
 * The same for a failure as `--json` prints it.
 * @param data of a result, whether or not it failed
 */
export function nameInData<Data extends object>(data: Data): Data {
  const { error } = data as { error?: { hint?: string } };
  return error?.hint === undefined ? data : { ...data, error: { ...error, hint: nameInHint(error.hint) } };
}

function writeCommand(tool: string, words: readonly string[]): string {
  const [first] = words;
  if (tool === 'hub_whoami') return 'hugwire auth status';
  if (tool === 'space_info' && (words.length === 0 || (words.length === 1 && first?.startsWith('space=')))) {
    return quoteWords(['hugwire', 'spaces', 'info', ...(first ? [first.slice('space='.length)] : [])]);
  }
  return quoteWords(['hugwire', 'call', tool, ...words]);
}

/** The arguments of a call, as `hugwire call` takes them. */
function readArguments(text: string, start: number): { words: string[]; end: number } {
  const words: string[] = [];
  let end = start;
  for (;;) {
    ARGUMENT.lastIndex = end;
    const [head, key] = ARGUMENT.exec(text) ?? [];
    if (head === undefined || key === undefined) return { words, end };
    const written = text.slice(end + head.length, endOfValue(text, end + head.length));
    end += head.length + written.length;
    const value = parseJson(written);
    if (Array.isArray(value) && !value.some((one) => typeof one === 'object'))
      words.push(...value.map((one) => `${key}=${one}`));
    else if (Array.isArray(value) || isObject(value)) words.push(`${key}:=${JSON.stringify(value)}`);
    else words.push(`${key}=${typeof value === 'string' ? value : written}`);
  }
}

/** Where a value ends: a JSON text, list or object at its close, anything else at a blank. */
function endOfValue(text: string, start: number): number {
  if (!/["[{]/.test(text[start] ?? '')) return start + (/^[^\s`]*[^\s`.,;:]/.exec(text.slice(start))?.[0].length ?? 0);
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const sign = text[at] as string;
    if (quoted && sign === '\\') at += 1;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted) depth += Number(/[[{]/.test(sign)) - Number(/[\]}]/.test(sign));
    if (depth === 0 && !quoted) return at + 1;
  }
  return text.length;
}
