import { HugwireError } from '../errors.js';
import { isEmpty, type KeyPath, namePath, sameValue, valueAt, withoutValue, withValue } from './value.js';

/** What a format must know of text, so that documents in it can be changed without touching the rest. */
export interface DocumentFormat {
  name: string;
  /**
   * @param text without a byte order mark; empty text is an empty document
   * @throws HugwireError `invalid_arguments` with the place of the fault
   */
  parse(text: string): unknown;
  /** Puts a value at a path, by changing nothing but the text of that value. */
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
  return mark + check(format, format.set(body, path, value), wanted, path);
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
  let after = check(format, format.remove(body, path), wanted, path, true);
  for (let depth = path.length - 1; depth > keep; depth--) {
    const above = path.slice(0, depth);
    const left = valueAt(format.parse(after), above);
    if (left === undefined) continue;
    if (!isEmpty(left)) break;
    after = check(format, format.remove(after, above), wanted, path, true);
  }
  return mark + after;
}

function splitMark(text: string): { mark: string; body: string } {
  return text.startsWith(BOM) ? { mark: BOM, body: text.slice(1) } : { mark: '', body: text };
}

function check(format: DocumentFormat, text: string, wanted: unknown, path: KeyPath, pruned = false): string {
  let found: unknown;
  try {
    found = format.parse(text);
  } catch (cause) {
    throw unsafe(format, path, cause);
  }
  const same = pruned
    ? sameValue(pruneEmpty(found, path), wanted) || (isEmpty(found) && isEmpty(wanted))
    : sameValue(found, wanted);
  if (!same) throw unsafe(format, path);
  return text;
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
