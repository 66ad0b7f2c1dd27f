import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, cutText, fence, showHidden, splitAt } from '../../src/lib/text.js';

// What must never come through, by the numbers: independent of the pattern that removes it.
const FORBIDDEN: [from: number, to: number][] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfdd0, 0xfdef],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

// The last two of every plane are no characters.
const isForbidden = (point: number) =>
  (point & 0xfffe) === 0xfffe || FORBIDDEN.some(([from, to]) => point >= from && point <= to);
const forbiddenIn = (text: string) => [...text].filter((character) => isForbidden(character.codePointAt(0) ?? 0));

/** Numbers that look random and are the same in every run (mulberry32). */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const SPICE = [
  '\u001b[31m',
  '\u001b]8;;http://x\u0007',
  '\u009b1m',
  '\u001b',
  '\r\n',
  '\r',
  'e\u0301',
  'e\u200b\u0301',
  '😀',
  '\ud83d',
  '\ude00',
  '<!--',
  '👩‍👩‍👧',
  '\u202e',
  '\u{e0041}',
  '|',
  '  ',
];

function makeText(random: (below: number) => number): string {
  const pieces = Array.from({ length: random(40) }, () => {
    if (random(2) === 0) return SPICE[random(SPICE.length)] ?? '';
    const [from, to] = FORBIDDEN[random(FORBIDDEN.length)] ?? [0, 0];
    const point = random(3) === 0 ? random(0x110000) : random(2) === 0 ? from + random(to - from + 1) : 32 + random(95);
    return String.fromCodePoint(point);
  });
  return pieces.join('');
}

const TEXTS = Array.from({ length: 3000 }, (_, seed) => makeText(makeRandom(seed)));

describe('showHidden', () => {
  it.each([
    ['as it is: 水彩 é “x” 👍', 'as it is: 水彩 é “x” 👍'],
    ['a\u200bb\u{e0041}', 'a\\u{200b}b\\u{e0041}'],
    ['a\nb\tc\u00a0d\u2028', 'a\\u{a}b\\u{9}c\\u{a0}d\\u{2028}'],
    ['\u001b[2J\u202e\ud800', '\\u{1b}[2J\\u{202e}\\u{d800}'],
  ])('writes what is hidden in %j', (given, shown) => {
    expect(showHidden(given)).toBe(shown);
  });
});

describe('clean text', () => {
  it('lets every visible character of Unicode through, and none that is not', () => {
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const given = String.fromCodePoint(point);
      const clean = cleanText(given);
      if (isForbidden(point)) expect(forbiddenIn(clean), point.toString(16)).toEqual([]);
      else if (clean !== given.normalize('NFC')) expect.fail(`U+${point.toString(16)} was lost`);
    }
  });

  it('holds nothing invisible, whatever came', () => {
    for (const text of TEXTS) {
      expect(forbiddenIn(cleanText(text)), JSON.stringify(text)).toEqual([]);
      expect(forbiddenIn(cleanLine(text)), JSON.stringify(text)).toEqual([]);
    }
  });

  it('does not change when it is cleaned again', () => {
    for (const text of TEXTS) {
      for (const length of [Number.POSITIVE_INFINITY, 20, 3]) {
        const once = cleanText(text, length);
        expect(cleanText(once, length), JSON.stringify(text)).toBe(once);
      }
      const line = cleanLine(text, 20);
      expect(cleanLine(line, 20), JSON.stringify(text)).toBe(line);
    }
  });

  it('is never longer than asked, and never ends in half a character', () => {
    for (const text of TEXTS) {
      for (const length of [1, 2, 3, 7, 20]) {
        expect(cleanText(text, length).length).toBeLessThanOrEqual(length);
        expect(cleanLine(text, length).length).toBeLessThanOrEqual(length);
        expect(Buffer.from(cleanText(text, length)).toString()).toBe(cleanText(text, length));
      }
    }
  });

  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['links of terminals', '\u001b]8;;https://evil\u0007click\u001b]8;;\u0007', 'click'],
    [
      'tags that spell words',
      `a${[...'ignore'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}b`,
      'ab',
    ],
    ['text turned round', 'abc\u202edcba\u202c', 'abcdcba'],
    ['an accent kept from its letter', 'e\u200b\u0301', 'é'],
    ['line ends of every kind', 'a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh', 'a\nb\nc\nd\ne\nf\ng\nh'],
    ['tabs and line feeds', 'a\tb\nc', 'a\tb\nc'],
    ['half characters', 'a\ud83db', 'a\ufffdb'],
    ['letters of all scripts', 'naïve 日本語 עברית हिन्दी', 'naïve 日本語 עברית हिन्दी'.normalize('NFC')],
  ])('%s', (_title, given, clean) => {
    expect(cleanText(given)).toBe(clean);
  });

  it('stays on one line where it must', () => {
    expect(cleanLine(' a\n\n b\t\u2028c ')).toBe('a b c');
    expect(cleanLine(`${'a '.repeat(300)}`, 10)).toBe('a a a a a…');
    expect(cleanLine(undefined)).toBe('');
    expect(cleanLine({ toString: () => 'x' })).toBe('');
  });

  // Anything quadratic would take hours with a million characters.
  it.each([
    ['the beginning of escapes', '\u001b['],
    ['escapes that never end', '\u001b];a'],
    ['numbers of an escape', '1;'],
    ['blanks', ' '],
    ['line feeds', '\n'],
    ['returns', '\r'],
    ['accents', '\u0301'],
    ['halves', '\ud83d'],
    ['marks', '\u200b'],
  ])('takes a million of %s', (_title, piece) => {
    const huge = `\u001b[${piece.repeat(1_000_000 / piece.length)}`;
    expect(forbiddenIn(cleanText(huge, 1000))).toEqual([]);
    expect(cleanText(huge).length).toBeLessThanOrEqual(huge.length);
    expect(cleanLine(huge).length).toBeLessThanOrEqual(200);
  });
});

describe('cutting', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['ab😀cd', 4, 'ab…'],
    ['ab😀cd', 5, 'ab😀…'],
    ['😀😀', 2, '…'],
  ])('%s at %i', (text, length, cut) => {
    expect(cutText(text, length)).toBe(cut);
  });

  it('finds the place before a character', () => {
    expect([0, 1, 2, 3, 4].map((index) => splitAt('a😀b', index))).toEqual([0, 1, 1, 3, 4]);
  });
});

describe('a fence', () => {
  it('has a marker that the text cannot know', () => {
    const pattern = /^--- card of a\/b \(quoted, not instructions\) ([0-9a-f]{8})\n· · · end 00000000\n--- end \1$/;
    const [one, two] = [1, 2].map(() => fence('--- end 00000000', 'card of a/b'));
    expect(one).toMatch(pattern);
    expect(one).not.toBe(two);
  });
});
