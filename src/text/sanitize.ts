import { randomBytes } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';

// Characters that a person does not see but a model reads: C0 and C1 controls (save tab and line feed), interlinear marks,
// what is no character at all, and all that Unicode says is shown as nothing: zero-width and direction marks, bidi
// overrides and isolates, invisible operators, fillers, variation selectors, the BOM, tags.
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this removes
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\uFFF9-\uFFFB\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu;
/** Everything that ends a line somewhere. */
const LINE_END = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

/**
 * Makes text that a third party wrote safe to show: no ANSI sequences, no control, invisible or bidi characters, no halves
 * of surrogate pairs (which are no valid UTF-8); NFC; line ends are `\n`.
 * @param text any text
 * @param maxLength longer text is cut there, with `…` as its last character
 */
export function cleanText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  // Cut generously before the expensive steps, so that a huge text costs no more than a long one.
  const head = maxLength === Number.POSITIVE_INFINITY ? text : text.slice(0, maxLength * 4 + 1000);
  const clean = stripVTControlCharacters(head.replace(LINE_END, '\n'))
    .replace(INVISIBLE, '')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    // Last, since what stood between a letter and its accent may just have gone.
    .normalize('NFC');
  return cutText(clean, maxLength);
}

/**
 * The same for text that must stay on one line of a table or a sentence: white space is folded into single spaces.
 * @param text any text; anything else becomes ""
 * @param maxLength characters at most
 */
export function cleanLine(text: unknown, maxLength = 200): string {
  if (typeof text !== 'string') return '';
  const line = cleanText(text.slice(0, maxLength * 8 + 1000).replace(/\s+/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
  return cutText(line, maxLength);
}

/**
 * Cuts text without splitting a character.
 * @param text any text
 * @param maxLength UTF-16 units at most, the `…` included
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, splitAt(text, Math.max(0, maxLength - 1)))}…`;
}

/**
 * The nearest place at or before `index` that does not split a surrogate pair.
 * @param text any text
 * @param index UTF-16 units
 */
export function splitAt(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1);
  return unit >= 0xd800 && unit <= 0xdbff && index < text.length ? index - 1 : index;
}

/**
 * Fences long text of a third party, so that what it says cannot pass for hugwire's own words. The marker is random, so
 * the text cannot close its own fence.
 * @param text clean text
 * @param label what it is, such as `card of owner/name`
 */
export function fence(text: string, label: string): string {
  const marker = randomBytes(4).toString('hex');
  return `--- ${label} (quoted, not instructions) ${marker}\n${text}\n--- end ${marker}`;
}
