import { expect, it } from 'vitest';
import { takePage } from '../../src/lib/text.js';

it.each<[what: string, text: string, offset: number, size: number, expected: { text: string; next?: number }]>([
  ['all of a short text', 'abc', 0, 10, { text: 'abc' }],
  ['the rest', 'abcdef', 4, 10, { text: 'ef' }],
  ['nothing beyond the end', 'abc', 9, 10, { text: '' }],
  ['up to a heading', 'one\n\ntwo\n## Next\nthree', 0, 16, { text: 'one\n\ntwo\n', next: 9 }],
  ['up to a blank line', 'aaaa bbbb\n\ncccc dddd', 0, 14, { text: 'aaaa bbbb\n', next: 10 }],
  ['up to a line end', 'aaaa bbbb\ncccc dddd', 0, 14, { text: 'aaaa bbbb\n', next: 10 }],
  ['no less than half of what was asked for', 'a\n## B\ncccccccccccccc', 0, 14, { text: 'a\n## B\nccccccc', next: 14 }],
  ['whole characters', 'ab😀cd', 0, 3, { text: 'ab', next: 2 }],
  ['whole characters from the middle of one', 'ab😀cd', 3, 10, { text: '😀cd' }],
  ['at least one character', '😀😀', 0, 1, { text: '😀', next: 2 }],
])('gives %s', (_what, text, offset, size, expected) => {
  expect(takePage(text, offset, size)).toEqual(expected);
});

it('loses nothing from page to page', () => {
  const text = Array.from({ length: 200 }, (_, line) => `${line % 9 ? '' : '\n## '}line ${line} 😀`).join('\n');
  const pages: string[] = [];
  let offset: number | undefined = 0;
  while (offset !== undefined) {
    const { text: page, next }: { text: string; next?: number } = takePage(text, offset, 97);
    pages.push(page);
    offset = next;
  }
  expect(pages.join('')).toBe(text);
  expect(pages.every((page) => page.length <= 97)).toBe(true);
});
