import { type ErrorCode, HugwireError } from './errors.js';
import { MAX_LEVELS } from './json.js';
import { splitAt } from './text.js';
import { takeTurns } from './turns.js';

/** What one answer of a third party may consist of. Whatever walks through an answer relies on it. */
export const JSON_BUDGET = {
  /** Characters that are parsed without a pause. */
  block: 1_000_000,
  /** Values of all kinds, keys not counted. */
  nodes: 500_000,
  /** Keys of one object; with more of them JSON.stringify takes seconds. */
  keys: 100_000,
  levels: MAX_LEVELS,
};

/** Characters of one string that are decoded at once. */
const PIECE = 262_144;

interface Options {
  /** Who sent it, as the subject of the error: `The answer of owner/name`. */
  what: string;
  /** What is nested deeper than the budget allows is an error of this code, or becomes null. */
  deep: ErrorCode | 'cut';
}

/**
 * Reads JSON that a third party sent, within the budget. A long text is read in pieces, so that everything else in the
 * process goes on meanwhile.
 * @param text whatever came
 * @throws SyntaxError when it is not JSON, HugwireError `too_large` when it holds more values than the budget allows
 */
export async function readJson(text: string, options: Options): Promise<unknown> {
  return text.length <= JSON_BUDGET.block ? readShortJson(text, options) : readInPieces(text, options);
}

/**
 * The same at once, for a text that is known to be short.
 * @param text of `JSON_BUDGET.block` characters at most; a longer one is refused
 * @throws SyntaxError, HugwireError as `readJson` does
 */
export function readShortJson(text: string, options: Options): unknown {
  if (text.length > JSON_BUDGET.block) throw tooMuch(options, `more than ${JSON_BUDGET.block} characters`);
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
  // A level takes two characters.
  if (text.length < 2 * JSON_BUDGET.levels || measure(value).levels <= JSON_BUDGET.levels) return value;
  if (options.deep !== 'cut') throw tooDeep(options.what, options.deep);
  return cutDeep(value, JSON_BUDGET.levels);
}

/** How much a value is: values, characters of all strings and keys, levels of nesting. */
interface Measure {
  nodes: number;
  characters: number;
  levels: number;
}

/**
 * Measures a value, without recursion.
 * @param value of JSON
 */
export function measure(value: unknown): Measure {
  const total: Measure = { nodes: 0, characters: 0, levels: 0 };
  const open: unknown[] = [value];
  const depths: number[] = [0];
  while (open.length > 0) {
    const one = open.pop();
    const depth = depths.pop() as number;
    total.nodes += 1;
    if (typeof one === 'string') total.characters += one.length;
    if (typeof one !== 'object' || one === null) continue;
    total.levels = Math.max(total.levels, depth + 1);
    for (const key of Array.isArray(one) ? one.keys() : Object.keys(one)) {
      if (typeof key === 'string') total.characters += key.length;
      open.push((one as Record<string | number, unknown>)[key]);
      depths.push(depth + 1);
    }
  }
  return total;
}

const measures = new WeakMap<object, Measure>();

/**
 * The same of a value that stands in many places: it is measured once.
 * @param value of JSON, which nobody changes
 */
export function measureOnce(value: unknown): Measure {
  if (typeof value !== 'object' || value === null) return measure(value);
  const known = measures.get(value) ?? measure(value);
  measures.set(value, known);
  return known;
}

/** The same value with null in place of whatever lies deeper than allowed. */
function cutDeep(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels <= 0) return null;
  if (Array.isArray(value)) return value.map((inner) => cutDeep(inner, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutDeep(inner, levels - 1)]));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Numbers and names; what exactly is right, JSON.parse knows. */
const WORD = /[-+.\w]{1,2000}/y;

type Container = Record<string, unknown> | unknown[];

/** What may come: a value, a value or the end of a list, a key, a key or the end of an object, what follows a value. */
type Due = 'value' | 'item' | 'key' | 'name' | 'next';

/** A parser that keeps its own stack, counts what it makes, and pauses. */
async function readInPieces(text: string, options: Options): Promise<unknown> {
  const turn = takeTurns();
  const open: Container[] = [];
  // The key in each open object that waits for its value.
  const keys: (string | undefined)[] = [];
  const counts: number[] = [];
  let root: unknown;
  let nodes = 0;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let due = 'value' as Due;

  const put = (value: unknown): void => {
    nodes += 1;
    if (nodes > JSON_BUDGET.nodes) throw tooMuch(options, `more than ${JSON_BUDGET.nodes} values`);
    const parent = open.at(-1);
    due = 'next';
    if (parent === undefined) root = value;
    else if (Array.isArray(parent)) parent.push(value);
    else define(parent, keys.at(-1) as string, value);
  };
  const start = (container: Container): void => {
    const isDeep = open.length >= JSON_BUDGET.levels;
    if (isDeep && options.deep !== 'cut') throw tooDeep(options.what, options.deep);
    put(isDeep ? null : container);
    open.push(container);
    keys.push(undefined);
    counts.push(0);
    due = Array.isArray(container) ? 'item' : 'name';
  };
  const close = (): void => {
    open.pop();
    keys.pop();
    counts.pop();
    due = 'next';
  };

  for (let step = 1; ; step += 1) {
    const pause = step % 512 === 0 ? turn() : undefined;
    if (pause) await pause;
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      at += 1;
      continue;
    }
    const parent = open.at(-1);
    if (due === 'next') {
      if (parent === undefined) {
        if (at < text.length) throw broken(at);
        return root;
      }
      const isList = Array.isArray(parent);
      if (code === 0x2c) due = isList ? 'value' : 'key';
      else if (code === (isList ? 0x5d : 0x7d)) close();
      else throw broken(at);
      at += 1;
      continue;
    }
    if ((due === 'item' && code === 0x5d) || (due === 'name' && code === 0x7d)) {
      close();
      at += 1;
      continue;
    }
    if (code === QUOTE) {
      const end = await endOfString(text, at + 1, turn);
      const value = await decode(text, at, end, turn);
      at = end + 1;
      if (due !== 'key' && due !== 'name') {
        put(value);
        continue;
      }
      keys[keys.length - 1] = value;
      counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
      if ((counts.at(-1) ?? 0) > JSON_BUDGET.keys)
        throw tooMuch(options, `an object of more than ${JSON_BUDGET.keys} keys`);
      while (' \n\r\t'.includes(text[at] ?? 'x')) at += 1;
      if (text[at] !== ':') throw broken(at);
      at += 1;
      due = 'value';
      continue;
    }
    if (due === 'key' || due === 'name') throw broken(at);
    if (code === 0x7b || code === 0x5b) {
      start(code === 0x5b ? [] : {});
      at += 1;
      continue;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0];
    if (word === undefined) throw broken(at);
    put(JSON.parse(word));
    at += word.length;
  }
}

/** Sets an own property even when the key is `__proto__`. */
function define(parent: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') parent[key] = value;
  else Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

async function endOfString(text: string, start: number, turn: () => Promise<void> | undefined): Promise<number> {
  let end = start;
  for (let step = 1; ; step += 1) {
    end = text.indexOf('"', end);
    if (end === -1) throw broken(text.length);
    if (backslashesBefore(text, end) % 2 === 0) return end;
    end += 1;
    const pause = step % 512 === 0 ? turn() : undefined;
    if (pause) await pause;
  }
}

function backslashesBefore(text: string, end: number): number {
  let start = end;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return end - start;
}

/** The string between two quotation marks. */
async function decode(text: string, start: number, end: number, turn: () => Promise<void> | undefined) {
  if (end - start <= PIECE) return JSON.parse(text.slice(start, end + 1)) as string;
  const pieces: string[] = [];
  for (let at = start + 1; at < end; ) {
    const stop = Math.min(end, wholeEscapes(text, splitAt(text, at + PIECE)));
    pieces.push(JSON.parse(`"${text.slice(at, stop)}"`) as string);
    at = stop;
    const pause = turn();
    if (pause) await pause;
  }
  return pieces.join('');
}

/** The nearest place at or before `at` that is not within an escape. */
function wholeEscapes(text: string, at: number): number {
  // An escape has six characters at most.
  const last = text.slice(at - 6, at).lastIndexOf('\\');
  if (last === -1) return at;
  const start = at - 6 + last;
  return backslashesBefore(text, start + 1) % 2 === 0 ? at : start;
}

function broken(at: number): SyntaxError {
  return new SyntaxError(`Unexpected token in JSON at position ${at}`);
}

function tooMuch({ what }: Options, size: string): HugwireError {
  return new HugwireError('too_large', `${what} holds ${size}, more than hugwire can read.`);
}

function tooDeep(what: string, code: ErrorCode): HugwireError {
  return new HugwireError(code, `${what} is nested too deeply: more than ${JSON_BUDGET.levels} levels.`);
}
