import { lettersOf, matcherFor } from './matches.js';

/** How soon more of the same word stops to count, and how much a text's length does: the usual values of BM25. */
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;
/** A posting is one number: the document's place, and in its low bits how often the word is in it. */
const COUNT_BITS = 4;
const MAX_COUNT = (1 << COUNT_BITS) - 1;
/** Of documents that hold not all that was asked for: the share that their score keeps in any case. */
const PARTIAL_SHARE = 0.3;
/** What holds less than this of what was asked for, rare words counting for more, is no answer. */
const MIN_COVERED = 0.2;

/** What one word of a query gives: a score for each place, and how rare the word is; undefined when nothing has it. */
interface WordScores {
  scores: Float64Array;
  rarity: number;
}

/**
 * A full-text index in memory, ranked by BM25. It knows words and places, not the documents; a document that is gone stays
 * in it until it is made anew, and its place is for the caller to skip.
 *
 * @see Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009)
 */
export class WordIndex {
  // Of each word, by its number. Arrays beside each other are gone through far faster than objects.
  readonly #numbers = new Map<string, number>();
  readonly #known: string[] = [];
  readonly #letters: number[] = [];
  readonly #postings: number[][] = [];
  // Of each document, by its place.
  readonly #lengths: number[] = [];
  #words = 0;

  /** How many documents were ever added. */
  get size(): number {
    return this.#lengths.length;
  }

  /**
   * Adds a document.
   * @param words its words, folded
   * @returns its place: 0, 1, 2, …
   */
  add(words: readonly string[]): number {
    const place = this.#lengths.length;
    const first = (place << COUNT_BITS) | 1;
    for (const word of words) {
      const postings = this.#postingsOf(word);
      const last = postings[postings.length - 1] ?? -1;
      if (last >>> COUNT_BITS !== place) postings.push(first);
      else if ((last & MAX_COUNT) < MAX_COUNT) postings[postings.length - 1] = last + 1;
    }
    this.#lengths.push(words.length);
    this.#words += words.length;
    return place;
  }

  /**
   * How well each document answers a query, by its place; 0 for those that do not. Words that no document has do not count.
   * @param words of the query, folded
   */
  score(words: readonly string[]): Float64Array {
    const total = new Float64Array(this.size);
    const covered = new Float64Array(this.size);
    let wanted = 0;
    for (const word of new Set(words)) {
      const found = this.#scoreWord(word);
      if (!found) continue;
      const { scores, rarity } = found;
      wanted += rarity;
      for (let place = 0; place < scores.length; place += 1) {
        const score = scores[place] ?? 0;
        if (score === 0) continue;
        total[place] = (total[place] ?? 0) + rarity * score;
        covered[place] = (covered[place] ?? 0) + rarity;
      }
    }
    if (wanted === 0) return total;
    // Who asks for three words wants all three: rare ones above all.
    for (let place = 0; place < total.length; place += 1) {
      const share = (covered[place] ?? 0) / wanted;
      total[place] = share < MIN_COVERED ? 0 : (total[place] ?? 0) * (PARTIAL_SHARE + (1 - PARTIAL_SHARE) * share);
    }
    return total;
  }

  #postingsOf(word: string): number[] {
    const known = this.#numbers.get(word);
    if (known !== undefined) return this.#postings[known] ?? [];
    const postings: number[] = [];
    this.#numbers.set(word, this.#known.length);
    this.#known.push(word);
    this.#letters.push(lettersOf(word));
    this.#postings.push(postings);
    return postings;
  }

  /** For each document the best that any of the words which may be meant gives it. */
  #scoreWord(wanted: string): WordScores | undefined {
    const scores = new Float64Array(this.size);
    const mean = this.#words / Math.max(1, this.size);
    const match = matcherFor(wanted);
    let found = 0;
    for (let number = 0; number < this.#known.length; number += 1) {
      const weight = match(this.#known[number] ?? '', this.#letters[number] ?? 0);
      if (weight === 0) continue;
      for (const posting of this.#postings[number] ?? []) {
        const place = posting >>> COUNT_BITS;
        const count = posting & MAX_COUNT;
        const share = SATURATION * (1 - LENGTH_SHARE + (LENGTH_SHARE * (this.#lengths[place] ?? mean)) / mean);
        const score = (weight * count * (SATURATION + 1)) / (count + share);
        const before = scores[place] ?? 0;
        if (before === 0) found += 1;
        if (score > before) scores[place] = score;
      }
    }
    if (found === 0) return undefined;
    return { scores, rarity: Math.log(1 + (this.size - found + 0.5) / (found + 0.5)) };
  }
}
