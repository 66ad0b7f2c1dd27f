/** Scripts that put no spaces between words; Hangul does, but its words take endings that differ. */
const UNSPACED =
  '\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Bopo}\\p{scx=Hang}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}';
const RUNS = new RegExp(`[${UNSPACED}]+|[^${UNSPACED}]+`, 'gu');
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');
const ASCII_WORD = /[a-z0-9]+/g;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them
const ASCII = /^[\x00-\x7f]*$/;
/** Letters that Unicode does not take apart into a base and an accent. */
const LETTERS: Record<string, string> = { ß: 'ss', ø: 'o', æ: 'ae', œ: 'oe', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const MARKED_LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/**
 * Text without case, accents and width, so that "Café", "cafe" and "ＣＡＦＥ" are one. Vowel signs of other scripts stay,
 * since words differ by them.
 * @param text any text
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(MARKED_LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}

/**
 * The words of a text, folded. Where a script has no spaces, each two neighbouring characters count as a word: they need
 * no dictionary, and find what stands within a longer word.
 * @param text any text
 * @param ends whether the last character of such a run counts by itself too, so that it can be looked for alone: for the
 *   text that is searched, not for the query
 */
export function splitWords(text: string, ends = false): string[] {
  const folded = foldText(text);
  if (ASCII.test(folded)) return folded.match(ASCII_WORD) ?? [];
  return (folded.match(WORD) ?? []).flatMap((word) => (ASCII.test(word) ? [word] : splitRuns(word, ends)));
}

function splitRuns(word: string, ends: boolean): string[] {
  return (word.match(RUNS) ?? []).flatMap((run) => (IS_UNSPACED.test(run) ? pair([...run], ends) : [run]));
}

function pair(characters: string[], ends: boolean): string[] {
  if (characters.length === 1) return characters;
  const pairs = characters.slice(1).map((character, at) => `${characters[at]}${character}`);
  return ends ? [...pairs, characters.at(-1) ?? ''] : pairs;
}
