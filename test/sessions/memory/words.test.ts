import { expect, it } from 'vitest';
import { lettersOf, matcherFor } from '../../../src/sessions/memory/matches.js';
import { foldText, splitWords } from '../../../src/sessions/memory/words.js';

it.each([
  ['Café CAFÉ cafe\u0301', 'cafe cafe cafe'],
  ['Straße Ærø Łódź Ħ', 'strasse aero lodz ħ'],
  ['ＷＩＤＥ ﬁne', 'wide fine'],
  ['ガ か\u3099', 'ガ が'],
  ['ไม้', 'ไม้'],
])('folds %s', (text, folded) => expect(foldText(text)).toBe(folded));

it.each([
  ['FLUX.1-schnell, snake_case', ['flux', '1', 'schnell', 'snake', 'case']],
  ['東京都', ['東京', '京都']],
  ['Tokyo東京 2024年', ['tokyo', '東京', '2024', '年']],
  ['データ', ['デー', 'ータ']],
  ['…', []],
])('splits %s', (text, words) => expect(splitWords(text)).toEqual(words));

it('lets the last character be found where it is asked to', () => {
  expect(splitWords('東京都', true)).toEqual(['東京', '京都', '都']);
});

/** How far the second word may be meant by the first. */
const weigh = (wanted: string, known: string) => matcherFor(wanted)(known, lettersOf(known));

it('prefers the word itself to a longer one, and that to a misspelling', () => {
  const [same, longer, wrong] = [weigh('space', 'space'), weigh('space', 'spaces'), weigh('space', 'spice')];
  expect(same).toBe(1);
  expect(longer).toBeLessThan(same);
  expect(wrong).toBeLessThan(longer);
  expect(wrong).toBeGreaterThan(0);
});

it.each([
  ['recieve', 'receive'],
  ['pakage', 'package'],
  ['speling', 'spelling'],
  ['東', '東京'],
])('takes %s for %s', (wanted, known) => expect(weigh(wanted, known)).toBeGreaterThan(0));

it.each([
  ['2024', '2025'],
  ['gpt4', 'gpt5'],
  ['cat', 'car'],
  ['a', 'apple'],
  ['space', 'speech'],
  ['東京', '京都'],
])('does not take %s for %s', (wanted, known) => expect(weigh(wanted, known)).toBe(0));
