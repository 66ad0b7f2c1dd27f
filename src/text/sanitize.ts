import { randomBytes } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';

// Characters that a person does not see but a model reads: C0 and C1 controls (save tab and line feed), zero-width and
// direction marks, bidi overrides and isolates, invisible operators, the BOM, interlinear marks, and Unicode tags.
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this removes
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]|\p{Variation_Selector}/gu;

/**
 * Makes text that a third party wrote safe to show: no ANSI sequences, no control, invisible or bidi characters, no halves
 * of surrogate pairs (which are no valid UTF-8); NFC; line ends are `\n`.
 * @param text any text
 * @param maxLength longer text is cut there, with `…` as its last character
 */
export function cleanText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  // Cut generously before the expensive steps, so that a huge text costs no more than a long one.
  const head = maxLength === Number.POSITIVE_INFINITY ? text : text.slice(0, maxLength * 4 + 1000);
  const clean = stripVTControlCharacters(head.replace(/\r\n?/g, '\n'))
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/\p{Surrogate}/gu, '\uFFFD');
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
 * Removes HTML comments, which readers of a rendered card never see.
 * @param markdown a card
 */
export function dropComments(markdown: string): string {
  return markdown.replace(/<!--[\s\S]*?(?:-->|$)/g, '');
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
