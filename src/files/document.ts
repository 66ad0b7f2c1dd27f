import { HugwireError } from '../errors.js';
import { isEmpty, isMapping, type KeyPath, namePath, sameValue, valueAt, withoutValue, withValue } from './value.js';

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
