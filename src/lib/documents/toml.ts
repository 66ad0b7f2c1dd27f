import { parse, TomlError } from 'smol-toml';
import { HugwireError } from '../errors.js';
import {
  type DocumentFormat,
  indexOfName,
  isMapping,
  type KeyPath,
  layoutOf,
  lineEnd,
  lineStart,
  sameValue,
  unsafe,
  valueAt,
} from './document.js';

/** TOML. New tables go to the end of the document, where they are safe. */
export const TOML_FORMAT: DocumentFormat = { name: 'TOML', parse: parseToml, set, remove };

function parseToml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    const place = `line ${cause.line}, column ${cause.column}`;
    throw new HugwireError('invalid_arguments', `It is not valid TOML: ${place}: ${reason}`, {
      hint: 'Correct the file first; nothing was changed.',
      cause,
    });
  }
}

function set(text: string, path: KeyPath, value: unknown): string {
  const old = valueAt(parse(text), path);
  const keys = number(text, path);
  if (old !== undefined) return replace(text, keys, value, path);
  const statements = readStatements(text);
  const holder = statements.find(({ kind, path: own }) => kind === 'pair' && startsWith(keys, own));
  if (holder) return insertInline(text, holder, keys.slice(holder.path.length), value);
  const last = path.at(-1);
  if (typeof last === 'object')
    return appendBlock(text, `[[${name(keys.slice(0, -1))}]]`, writePairs(asMapping(value)));
  const parent = keys.slice(0, -1);
  // A mapping becomes a table of its own, but one inside a table that is there stays in it.
  const host = isMapping(value) && parent.length < 2 ? undefined : findHost(statements, parent);
  if (host) return insertPair(text, host, keys, value);
  if (isMapping(value)) return appendBlock(text, `[${name(keys)}]`, writePairs(value));
  if (parent.length > 0) return appendBlock(text, `[${name(parent)}]`, writePairs({ [keys.at(-1) ?? '']: value }));
  const { eol } = layoutOf(text);
  return writePairs({ [keys[0] ?? '']: value }).join('') + eol + text;
}

function replace(text: string, keys: string[], value: unknown, path: KeyPath): string {
  const found = findInline(text, readStatements(text), keys);
  if (!found) throw unsafe(TOML_FORMAT, path);
  return text.slice(0, found.valueStart) + writeTomlValue(value) + text.slice(found.end);
}

/** The pair or inline member that is exactly the value of a path. */
function findInline(text: string, statements: TomlStatement[], keys: string[]) {
  const pair = statements.find(({ kind, path }) => kind === 'pair' && startsWith(keys, path));
  let place: { valueStart: number; end: number } | undefined = pair;
  let rest = keys.slice(pair?.path.length ?? 0);
  while (place && rest.length > 0) {
    const inner = readMembers(text, place.valueStart).find((member) => startsWith(rest, member.keys));
    rest = rest.slice(inner?.keys.length ?? 0);
    place = inner;
  }
  return place;
}

/** The last statement behind which a key of a table can be added. */
function findHost(statements: TomlStatement[], parent: string[]): TomlStatement | undefined {
  return statements.findLast(({ kind, path }) =>
    kind === 'pair' ? sameValue(path.slice(0, -1), parent) : sameValue(path, parent),
  );
}

function insertPair(text: string, host: TomlStatement, keys: string[], value: unknown): string {
  const at = lineEnd(text, host.end);
  const indent = text.slice(lineStart(text, host.start), host.start);
  const pair = `${name(keys.slice(host.table.length))} = ${writeTomlValue(value)}`;
  return text.slice(0, at) + layoutOf(text).eol + indent + pair + text.slice(at);
}

/** Sets it off by exactly one line end, so that taking it away again knows what to take. */
function appendBlock(text: string, header: string, pairs: string[]): string {
  const { eol } = layoutOf(text);
  const block = [header, ...pairs].join(eol);
  if (text === '') return block + eol;
  return /[\r\n]$/.test(text) ? text + eol + block + eol : text + eol + eol + block;
}

function remove(text: string, path: KeyPath): string {
  const keys = number(text, path);
  const statements = readStatements(text);
  const owned = statements.filter((statement) => startsWith(statement.path, keys));
  if (owned.length > 0) return removeStatements(text, statements, owned);
  const holder = statements.find(({ kind, path: own }) => kind === 'pair' && startsWith(keys, own));
  const cut = holder && removeInline(text, holder, keys.slice(holder.path.length));
  if (cut === undefined) throw unsafe(TOML_FORMAT, path);
  return cut;
}

/** Takes out whole lines, last first; comments inside a run of statements go with it, those around it stay. */
function removeStatements(text: string, all: TomlStatement[], owned: TomlStatement[]): string {
  let result = text;
  for (let last = owned.length - 1; last >= 0; ) {
    let first = last;
    while (
      first > 0 &&
      all.indexOf(owned[first - 1] as TomlStatement) === all.indexOf(owned[first] as TomlStatement) - 1
    )
      first--;
    const [from, to] = [owned[first] as TomlStatement, owned[last] as TomlStatement];
    result = cutLines(result, from, to.end);
    last = first - 1;
  }
  return result;
}

function cutLines(text: string, { kind, start }: TomlStatement, end: number): string {
  const before = text.slice(0, lineStart(text, start));
  const after = text.slice(lineEnd(text, end)).replace(/^(?:\r\n|\n|\r)/, '');
  const ended = lineEnd(text, end) < text.length;
  // The line end that set a table off, and, where the document had none at its end, that of the line before.
  const spaced = kind === 'pair' ? before : before.replace(/(^|\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)$/, '$1');
  return (ended ? spaced : spaced.replace(/(?:\r\n|\n|\r)$/, '')) + after;
}

/** Steps by name become numbers; an item that is not there gets the next one. */
function number(text: string, path: KeyPath): string[] {
  const root = parse(text);
  return path.map((step, at) => {
    if (typeof step === 'string') return step;
    const list = valueAt(root, path.slice(0, at));
    const found = indexOfName(list, step);
    return `${found >= 0 ? found : Array.isArray(list) ? list.length : 0}`;
  });
}

function asMapping(value: unknown): Record<string, unknown> {
  return isMapping(value) ? value : {};
}

const startsWith = (path: readonly string[], begin: readonly string[]) => begin.every((key, at) => path[at] === key);

const name = (keys: readonly string[]) => keys.map(writeTomlKey).join('.');

/** A statement of a TOML document: a `[table]`, an `[[item]]` of a list, or a `key = value`. */
export interface TomlStatement {
  kind: 'table' | 'item' | 'pair';
  /** From the top of the document; items of lists by their number. */
  path: string[];
  /** Path of the table that a pair stands in. */
  table: string[];
  start: number;
  end: number;
  /** Where the value of a pair begins; it goes on to `end`. */
  valueStart: number;
}

/** A member of an inline table or list. */
export interface TomlMember {
  /** Steps that lead to it: dotted keys are several; the number of an item. */
  keys: string[];
  start: number;
  valueStart: number;
  end: number;
}

const BLANK = /(?:[ \t\r\n]|#[^\r\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const STRING = /"""(?:\\[\s\S]|[^\\])*?"{3,5}(?!")|'''[\s\S]*?'{3,5}(?!')|"(?:\\.|[^"\\\r\n])*"|'[^'\r\n]*'/y;
const PLAIN = /[^\s,[\]{}#"'][^,[\]{}#"'\r\n]*/y;

/**
 * The statements of a TOML document, in order.
 * @param text that a parser has accepted; of other text the result has no meaning
 */
export function readStatements(text: string): TomlStatement[] {
  const statements: TomlStatement[] = [];
  const counts = new Map<string, number>();
  let table: string[] = [];
  for (let at = skip(BLANK, text, 0); at < text.length; at = skip(BLANK, text, at)) {
    const start = at;
    const kind = text.startsWith('[[', at) ? 'item' : text[at] === '[' ? 'table' : 'pair';
    const { keys, end } = readKeys(text, at + { item: 2, table: 1, pair: 0 }[kind]);
    if (kind === 'pair') {
      const valueStart = skip(SPACE, text, end + 1);
      at = skipValue(text, valueStart);
      statements.push({ kind, path: [...table, ...keys], table, start, end: at, valueStart });
      continue;
    }
    table = resolveItems(keys, counts, kind === 'item');
    at = end + (kind === 'item' ? 2 : 1);
    statements.push({ kind, path: table, table, start, end: at, valueStart: at });
  }
  return statements;
}

/**
 * The members of an inline table or list.
 * @param text of the document
 * @param open where its bracket stands
 */
export function readMembers(text: string, open: number): TomlMember[] {
  const members: TomlMember[] = [];
  const named = text[open] === '{';
  for (let at = skip(BLANK, text, open + 1); !/[}\]]/.test(text[at] ?? '}'); at = skip(BLANK, text, at)) {
    const start = at;
    const { keys, end: afterKeys } = named ? readKeys(text, at) : { keys: [`${members.length}`], end: at - 1 };
    const valueStart = skip(BLANK, text, afterKeys + 1);
    const end = skipValue(text, valueStart);
    members.push({ keys, start, valueStart, end });
    at = skip(BLANK, text, end);
    if (text[at] === ',') at++;
  }
  return members;
}

/** Reads dotted keys up to the sign that follows them. */
function readKeys(text: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  let at = from;
  do {
    const start = skip(SPACE, text, at + (keys.length > 0 ? 1 : 0));
    const quoted = /["']/.test(text[start] ?? '');
    at = skip(quoted ? STRING : BARE_KEY, text, start);
    keys.push(quoted ? unquote(text.slice(start, at)) : text.slice(start, at));
    at = skip(SPACE, text, at);
  } while (text[at] === '.');
  return { keys, end: at };
}

function unquote(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1);
  // TOML has one escape more than JSON.
  const body = key.replace(/\\U([0-9a-fA-F]{8})/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
  return JSON.parse(body.replaceAll('\t', '\\t'));
}

/** A table below a list stands in the last item of it so far. */
function resolveItems(keys: string[], counts: Map<string, number>, isItem: boolean): string[] {
  const path: string[] = [];
  keys.forEach((key, at) => {
    path.push(key);
    const name = JSON.stringify(path);
    if (isItem && at === keys.length - 1) counts.set(name, (counts.get(name) ?? 0) + 1);
    const count = counts.get(name);
    if (count !== undefined) path.push(`${count - 1}`);
  });
  return path;
}

function skipValue(text: string, from: number): number {
  if (/["']/.test(text[from] ?? '')) return skip(STRING, text, from);
  if (!/[[{]/.test(text[from] ?? '')) return from + text.slice(from, skip(PLAIN, text, from)).trimEnd().length;
  let depth = 0;
  let at = from;
  do {
    const character = text[at] ?? '';
    if (/["']/.test(character)) at = skip(STRING, text, at);
    else if (character === '#') at = skip(BLANK, text, at);
    else {
      if (/[[{]/.test(character)) depth++;
      if (/[\]}]/.test(character)) depth--;
      at++;
    }
  } while (depth > 0 && at < text.length);
  return at;
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return from + (pattern.exec(text)?.[0].length ?? 0);
}

/** Where an inline table or list, or a pair that holds one, has its value. */
type Holder = Pick<TomlMember, 'valueStart' | 'end'>;

/**
 * Adds a value to an inline table or list.
 * @param holder of the table or list
 * @param keys that lead to the value; what is missing on the way is made
 */
export function insertInline(text: string, holder: Holder, keys: readonly string[], value: unknown): string {
  const members = readMembers(text, holder.valueStart);
  const inner = members.find((member) => member.keys.every((key, at) => keys[at] === key));
  if (inner) return insertInline(text, inner, keys.slice(inner.keys.length), value);
  const isList = text[holder.valueStart] === '[';
  const written = isList ? writeTomlValue(value) : `${keys.map(writeTomlKey).join('.')} = ${writeTomlValue(value)}`;
  const last = members.at(-1);
  if (last) return `${text.slice(0, last.end)}, ${written}${text.slice(last.end)}`;
  const gap = isList ? '' : ' ';
  const [open, close] = [holder.valueStart + 1, holder.end - 1];
  const between = text.slice(open, close).trim() === '' ? '' : text.slice(open, close);
  return text.slice(0, open) + between + gap + written + gap + text.slice(close);
}

/**
 * Takes a member out of an inline table or list, with the comma that joined it to the others.
 * @returns undefined when there is no such member
 */
export function removeInline(text: string, holder: Holder, keys: readonly string[]): string | undefined {
  const members = readMembers(text, holder.valueStart);
  const at = members.findIndex((member) => member.keys.every((key, step) => keys[step] === key));
  const member = members[at];
  if (!member) return undefined;
  if (member.keys.length < keys.length) return removeInline(text, member, keys.slice(member.keys.length));
  const [before, after] = [members[at - 1], members[at + 1]];
  if (before) return text.slice(0, before.end) + text.slice(member.end);
  if (after) return text.slice(0, member.start) + text.slice(after.start);
  return text.slice(0, holder.valueStart + 1) + text.slice(holder.end - 1);
}

/**
 * Writes a value as TOML on one line.
 * @param value text, number, truth value, or a list or mapping of these
 */
export function writeTomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeTomlValue).join(', ')}]`;
  if (!isMapping(value)) return typeof value === 'string' ? writeString(value) : String(value);
  const members = writePairs(value);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** Writes the members of a mapping as `key = value`, each on one line. */
export function writePairs(value: Record<string, unknown>): string[] {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${writeTomlKey(key)} = ${writeTomlValue(inner)}`);
}

/** Writes a key, in quotes where it needs them. */
export function writeTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : writeString(key);
}

// JSON lets DEL through, TOML does not.
const writeString = (text: string) => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
