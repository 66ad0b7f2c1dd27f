import { splitAt } from './sanitize.js';

export interface Page {
  text: string;
  /** Where the next page begins; missing when this was the last. */
  next?: number;
}

/** Where a page may end, the better places first. A place in the first half of a page would waste the second. */
const BREAKS = [/\n(?=#{1,4} )/g, /\n(?=\n)/g, /\n/g];

/**
 * A page of a text that ends before a heading, between paragraphs or at a line's end where there is such a place, and
 * never within a character.
 * @param text the whole text
 * @param offset where the page begins, UTF-16 units
 * @param size of the page at most, UTF-16 units
 */
export function takePage(text: string, offset: number, size: number): Page {
  const start = splitAt(text, Math.min(offset, text.length));
  if (text.length - start <= size) return { text: text.slice(start) };
  const wanted = splitAt(text, start + Math.max(1, size));
  const end = wanted > start ? wanted : start + 2;
  const window = text.slice(start, end);
  for (const pattern of BREAKS) {
    const last = [...window.matchAll(pattern)].at(-1);
    if (last && last.index >= window.length / 2) {
      const cut = last.index + 1;
      return { text: window.slice(0, cut), next: start + cut };
    }
  }
  return { text: window, next: end };
}
