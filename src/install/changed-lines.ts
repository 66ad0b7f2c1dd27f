import { redact } from '../text/redact.js';
import { cleanText, cutText } from '../text/sanitize.js';

/** A line of a comparison: taken away, added, or there before and after. */
export interface ComparedLine {
  sign: '-' | '+' | ' ';
  text: string;
}

const CONTEXT = 2;
const MAX_LENGTH = 160;
/** Values under such keys are other servers' secrets, and nothing that needs to be seen. */
const SECRET = /((?:key|token|secret|passw(?:or)?d|credential|authorization)\w*["']?\s*[:=]\s*)[^\s[{].*/i;

/**
 * Compares two states of a text that differ in one place. Values that may be secrets are left out. A comma at the end of
 * a line makes no difference: it comes and goes with the line after it.
 * @returns the lines that differ, with a few around them
 */
export function compareLines(before: string, after: string): ComparedLine[] {
  const [old, fresh] = [split(before), split(after)];
  const same = (one = '', other = '') => one.replace(/,\s*$/, '') === other.replace(/,\s*$/, '');
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && same(old[start], fresh[start])) start++;
  let end = 0;
  while (end < most - start && same(old.at(-1 - end), fresh.at(-1 - end))) end++;
  const show = (sign: ComparedLine['sign'], lines: string[]) => lines.map((text) => ({ sign, text: mask(text) }));
  const tail = fresh.length - end;
  return [
    ...show(' ', fresh.slice(Math.max(0, start - CONTEXT), start)),
    ...show('-', old.slice(start, old.length - end)),
    ...show('+', fresh.slice(start, tail)),
    ...show(' ', fresh.slice(tail, tail + CONTEXT)),
  ];
}

function split(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const mask = (line: string) => cutText(redact(cleanText(line)).replace(SECRET, '$1…'), MAX_LENGTH);
