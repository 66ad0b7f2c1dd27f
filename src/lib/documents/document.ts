import { isDeepStrictEqual } from 'node:util';
import { HugwireError } from '../errors.js';

/** What a format must know of text, so that documents in it can be changed without touching the rest. */
export interface DocumentFormat {
  name: string;
  /**
   * @param text without a byte order mark; empty text is an empty document
   * @throws HugwireError `invalid_arguments` with the place of the fault
   */
  parse(text: string): unknown;
  /** Puts a value at a path, by changing nothing but the text of that value; never a mapping where one is already. */
  set(text: string, path: KeyPath, value: unknown): string;
  /** Takes away the value at a path, which is there. */
  remove(text: string, path: KeyPath): string;
}

const BOM = '\uFEFF';

/**
 * Reads a value.
 * @returns undefined where there is none
 * @throws HugwireError `invalid_arguments` when the text is broken
 */
export function getValue(format: DocumentFormat, text: string, path: KeyPath): unknown {
  return valueAt(format.parse(splitMark(text).body), path);
}

/**
 * Sets a value in a document; everything else stays byte for byte. Where the value is there already, the text is the same.
 * @returns the new text, parsed once to make sure that it means the old document with the value
 * @throws HugwireError `invalid_arguments` when the text is broken, or its form leaves no room for the value
 */
export function setValue(format: DocumentFormat, text: string, path: KeyPath, value: unknown): string {
  const { mark, body } = splitMark(text);
  const before = format.parse(body);
  const wanted = withValue(before, path, value);
  if (sameValue(before, wanted)) return text;
  const edit = () => write(format, body, path, valueAt(before, path), value);
  return mark + attempt(format, path, edit, (found) => sameValue(found, wanted));
}

/** Mappings are changed member by member, so that comments in them and what did not change stay as they are. */
function write(format: DocumentFormat, text: string, path: KeyPath, old: unknown, value: unknown): string {
  if (!isMapping(old) || !isMapping(value)) return format.set(text, path, value);
  const gone = Object.keys(old).filter((key) => value[key] === undefined);
  const changed = Object.keys(value).filter((key) => value[key] !== undefined && !sameValue(old[key], value[key]));
  const without = gone.reduce((result, key) => format.remove(result, [...path, key]), text);
  return changed.reduce((result, key) => write(format, result, [...path, key], old[key], value[key]), without);
}

/**
 * Takes a value out of a document; everything else stays byte for byte.
 * @param keep how many steps of the path stay even when nothing is left in them; unset: all that hold the value
 * @returns the new text, parsed to make sure that it means the old document without the value
 * @throws HugwireError `invalid_arguments` when the text is broken, or the value cannot be taken out
 */
export function removeValue(format: DocumentFormat, text: string, path: KeyPath, keep = path.length - 1): string {
  const { mark, body } = splitMark(text);
  const before = format.parse(body);
  if (valueAt(before, path) === undefined) return text;
  // In some formats a mapping cannot be empty, so that it goes with the last that was in it.
  const wanted = withoutValue(before, path, true);
  const isWanted = (found: unknown) =>
    sameValue(pruneEmpty(found, path), wanted) || (isEmpty(found) && isEmpty(wanted));
  let after = attempt(format, path, () => format.remove(body, path), isWanted);
  for (let depth = path.length - 1; depth > keep; depth--) {
    const above = path.slice(0, depth);
    const left = valueAt(format.parse(after), above);
    if (left === undefined) continue;
    if (!isEmpty(left)) break;
    const larger = after;
    after = attempt(format, path, () => format.remove(larger, above), isWanted);
  }
  return mark + after;
}

function splitMark(text: string): { mark: string; body: string } {
  return text.startsWith(BOM) ? { mark: BOM, body: text.slice(1) } : { mark: '', body: text };
}

/** Edits, and refuses the outcome if it does not mean what it should. */
function attempt(
  format: DocumentFormat,
  path: KeyPath,
  edit: () => string,
  isWanted: (found: unknown) => boolean,
): string {
  try {
    const text = edit();
    if (isWanted(format.parse(text))) return text;
  } catch (cause) {
    // What could be read before cannot be read now: the edit is at fault, not the document.
    throw unsafe(format, path, cause);
  }
  throw unsafe(format, path);
}

/** The document without what is empty on the way to a value. */
function pruneEmpty(root: unknown, path: KeyPath): unknown {
  let pruned = root;
  for (let depth = path.length - 1; depth > 0; depth--) {
    const above = path.slice(0, depth);
    const value = valueAt(pruned, above);
    if (value !== undefined && isEmpty(value)) pruned = withoutValue(pruned, above, true);
  }
  return pruned;
}

/**
 * The refusal to change a document in a form that the writer cannot keep intact.
 * @param cause why, if something was thrown
 */
export function unsafe(format: Pick<DocumentFormat, 'name'>, path: KeyPath, cause?: unknown): HugwireError {
  return new HugwireError(
    'invalid_arguments',
    `This ${format.name} is written in a way in which "${namePath(path)}" cannot be changed safely. Nothing was changed.`,
    { hint: 'Change it by hand.', cause },
  );
}

/** One step into a document: a key of a mapping, or the item of a list whose `name` is this. */
type Step = string | { readonly name: string };

/** The steps that lead from the top of a document to a value in it. */
export type KeyPath = readonly Step[];

type Mapping = Record<string, unknown>;

/**
 * Whether a value is a mapping of keys to values: an object, a table.
 * @param value as a parser gives it; dates and the like are none
 */
export function isMapping(value: unknown): value is Mapping {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** A path in words, for a message. */
function namePath(path: KeyPath): string {
  return path.map((step) => (typeof step === 'string' ? step : step.name)).join('.');
}

/**
 * Where an item of that name is in a list.
 * @returns -1 when there is none
 */
export function indexOfName(list: unknown, { name }: { name: string }): number {
  return Array.isArray(list) ? list.findIndex((item) => isMapping(item) && item.name === name) : -1;
}

/**
 * The value at a path.
 * @param root the parsed document
 * @returns undefined where there is none
 */
export function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof step !== 'string') return Array.isArray(value) ? value[indexOfName(value, step)] : undefined;
    return isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, root);
}

/**
 * A copy of the document with a value set. What is missing on the way is made; null counts as missing.
 * @param above the steps that were gone already
 * @throws HugwireError `invalid_arguments` when something on the way is neither mapping nor list, as the step needs it
 */
export function withValue(root: unknown, path: KeyPath, value: unknown, above: KeyPath = []): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const missing = root === undefined || root === null;
  const inner = (old: unknown) => withValue(old, rest, value, [...above, step]);
  if (typeof step === 'string') {
    if (!missing && !isMapping(root)) throw misplaced(root, above, 'keys and values belong');
    return { ...(root ?? {}), [step]: inner(valueAt(root, [step])) };
  }
  if (!missing && !Array.isArray(root)) throw misplaced(root, above, 'a list belongs');
  const list = root ?? [];
  const at = indexOfName(list, step);
  return at < 0 ? [...list, inner(undefined)] : list.with(at, inner(list[at]));
}

function misplaced(found: unknown, path: KeyPath, wanted: string): HugwireError {
  const where = path.length === 0 ? 'The document' : `"${namePath(path)}"`;
  const what = Array.isArray(found) ? 'a list' : isMapping(found) ? 'a mapping' : `a ${typeof found}`;
  return new HugwireError('invalid_arguments', `${where} is ${what}, where ${wanted}.`);
}

/**
 * A copy of the document without the value at a path; the same when there is none.
 * @param prune take away as well what is empty on the way up
 */
export function withoutValue(root: unknown, path: KeyPath, prune = false): unknown {
  const [step, ...rest] = path;
  const old = step === undefined ? undefined : valueAt(root, [step]);
  if (step === undefined || old === undefined) return root;
  const inner = rest.length === 0 ? undefined : withoutValue(old, rest, prune);
  if (inner === old) return root;
  const gone = inner === undefined || (prune && isEmpty(inner));
  if (Array.isArray(root)) {
    const at = indexOfName(root, step as { name: string });
    return gone ? root.toSpliced(at, 1) : root.with(at, inner);
  }
  const { [step as string]: _, ...others } = root as Mapping;
  return gone ? others : { ...(root as Mapping), [step as string]: inner };
}

/** Whether a value holds nothing: null, or a mapping or list without anything in it. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMapping(value) && Object.keys(value).length === 0;
}

const own = (mapping: Mapping, key: string) => (Object.hasOwn(mapping, key) ? mapping[key] : undefined);

/**
 * Whether two parsed values mean the same, whichever parser or literal made them. The order of keys does not count, and
 * undefined is as good as no key.
 */
export function sameValue(one: unknown, other: unknown): boolean {
  if (isMapping(one) && isMapping(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => sameValue(own(one, key), own(other, key)));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => sameValue(item, other[at]));
  }
  return isDeepStrictEqual(one, other);
}

/** How a text is laid out, so that what is added looks like the rest. */
export interface Layout {
  eol: string;
  /** One step of indentation. */
  unit: string;
}

const UNIT = '  ';

/**
 * Reads line ends and indentation off a text; two spaces and line feeds where it has none.
 * @param text of a document
 */
export function layoutOf(text: string): Layout {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  // The first indented line that opens no comment is one step deep in all but the oddest files.
  const unit = /(?:^|[\r\n])([ \t]+)(?=[^\s/*#])/.exec(text)?.[1] ?? UNIT;
  return { eol, unit };
}

/** The white space that the line of an offset begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
}

/** Where the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at--;
  return at;
}

/** Where the line of an offset ends; what ends it is not part of it. */
export function lineEnd(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

/**
 * A place in words, for a message.
 * @returns such as `line 3, column 7`, counted from 1
 */
export function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
