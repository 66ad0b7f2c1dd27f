import MiniSearch, { type SearchResult } from 'minisearch';
import { visitInTurns } from '../../lib/turns.js';
import type { Note } from './notes.js';

/** What is new counts more: by this share at first, by half of it after so many milliseconds. */
const FRESHNESS = { share: 0.15, halved: 30 * 86_400_000 };
/** Beginnings shorter than this say nothing, save in scripts where a character is a word. */
const MIN_PREFIX = 2;
/** Up to this length one wrong letter is forgiven, beyond it two. Shorter than the least, none. */
const TYPO_LENGTHS = { least: 4, one: 6 };
/** What holds less than this of what was asked for, rare words counting for more, is no answer. */
const MIN_COVERED = 0.2;
const DIGIT = /\p{N}/u;
const LATIN = /^[\p{scx=Latn}\p{N}]/u;

/** Finds notes by their words. */
export class NoteIndex {
  readonly #index = new MiniSearch<Note>({
    fields: ['text', 'tags', 'role'],
    storeFields: ['at'],
    extractField: (note, field) => (field === 'at' ? Date.parse(note.time) || 0 : note[field as keyof Note]),
    tokenize: (text) => splitWords(text, true),
    processTerm: (word) => word,
    searchOptions: {
      tokenize: (text) => [...new Set(splitWords(text))],
      boost: { tags: 2 },
      prefix: (word) => word.length >= MIN_PREFIX || !LATIN.test(word),
      // A number is never taken for another.
      fuzzy: (word) =>
        word.length < TYPO_LENGTHS.least || DIGIT.test(word) ? false : word.length <= TYPO_LENGTHS.one ? 1 : 2,
      weights: { prefix: 0.7, fuzzy: 0.4 },
    },
  });

  /**
   * Indexes notes without holding up the process.
   * @param notes all there are
   */
  static async of(notes: Iterable<Note>): Promise<NoteIndex> {
    const index = new NoteIndex();
    await visitInTurns(notes, (note) => index.put(note));
    return index;
  }

  /** Adds a note, in place of the one with the same id. */
  put(note: Note): void {
    this.drop(note.id);
    this.#index.add(note);
  }

  drop(id: string): void {
    if (this.#index.has(id)) this.#index.discard(id);
  }

  /**
   * The ids of the notes that answer a query, the best first.
   * @param query words
   */
  search(query: string): string[] {
    const now = Date.now();
    // Weighed here and not by `boostDocument`, which is asked for every word of every note.
    return withoutWeak(this.#index.search(query), this.#index.documentCount)
      .map(({ id, score, at }) => ({ id, score: score * freshness(now - at) }))
      .sort((one, other) => other.score - one.score)
      .map(({ id }) => id);
  }
}

/** Who asks for three words wants all three, rare ones above all: what has only "the" of them is no answer. */
function withoutWeak(results: readonly SearchResult[], all: number): readonly SearchResult[] {
  const counts = new Map<string, number>();
  for (const { queryTerms } of results) for (const word of queryTerms) counts.set(word, (counts.get(word) ?? 0) + 1);
  const rarities = new Map(
    [...counts].map(([word, count]) => [word, Math.log(1 + (all - count + 0.5) / (count + 0.5))]),
  );
  const sum = (words: readonly string[]) => {
    let total = 0;
    for (const word of words) total += rarities.get(word) ?? 0;
    return total;
  };
  const least = MIN_COVERED * sum([...rarities.keys()]);
  return results.filter(({ queryTerms }) => sum(queryTerms) >= least);
}

function freshness(age: number): number {
  return 1 + FRESHNESS.share * 0.5 ** (Math.max(0, age) / FRESHNESS.halved);
}

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
