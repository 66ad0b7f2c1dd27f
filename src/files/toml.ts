import { parse, TomlError } from 'smol-toml';
import { HugwireError } from '../errors.js';
import { type DocumentFormat, unsafe } from './document.js';
import { layoutOf, lineEnd, lineStart } from './layout.js';
import { insertInline, removeInline } from './toml-inline.js';
import { readMembers, readStatements, type TomlStatement } from './toml-statements.js';
import { writePairs, writeTomlKey, writeTomlValue } from './toml-text.js';
import { indexOfName, isMapping, type KeyPath, sameValue, valueAt } from './value.js';

/** TOML. New tables go to the end of the document, where they are safe. */
export const TOML_FORMAT: DocumentFormat = { name: 'TOML', parse: parseToml, set, remove };

function parseToml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    const place = `line ${cause.line}, column ${cause.column}`;
    throw new HugwireError('invalid_arguments', `It is no valid TOML: ${place}: ${reason}`, {
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
