import { distance } from 'fastest-levenshtein';

const PREFIX_WEIGHT = 0.7;
const TYPO_WEIGHT = 0.4;
/** Beginnings shorter than this say nothing, save in scripts where a character is a word. */
const MIN_PREFIX = 2;
/** Up to this length one wrong letter is forgiven, beyond it two. Shorter than the least, none. */
const TYPO_LENGTHS = { least: 4, one: 6 };
const DIGIT = /\p{N}/u;
const LATIN = /^[\p{scx=Latn}\p{N}]/u;

/**
 * Which letters are in a word: one bit for each, several letters sharing one. Two words whose letters differ too much need
 * no closer look, and that is most of them.
 * @param word folded
 */
export function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at += 1) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

/**
 * Makes the test of how far somebody who asks for one word may have meant another: 1 for the very word, less for one that
 * begins with it or of which it may be a misspelling, 0 for any other. A number is never taken for another.
 * @param wanted the word that was asked for, folded
 * @returns takes a word that there is, and its letters
 */
export function matcherFor(wanted: string): (known: string, letters: number) => number {
  const size = wanted.length;
  const asked = lettersOf(wanted);
  const takesLonger = size >= MIN_PREFIX || !LATIN.test(wanted);
  const reach = size < TYPO_LENGTHS.least || DIGIT.test(wanted) ? 0 : size <= TYPO_LENGTHS.one ? 1 : 2;
  return (known, letters) => {
    if ((asked & ~letters) === 0) {
      if (known === wanted) return 1;
      if (known.startsWith(wanted)) return takesLonger ? PREFIX_WEIGHT * Math.sqrt(size / known.length) : 0;
    }
    // A wrong letter changes two bits at most.
    if (reach === 0 || hasMoreBits(asked ^ letters, 2 * reach) || Math.abs(known.length - size) > reach) return 0;
    const steps = distance(wanted, known);
    return steps > reach || DIGIT.test(known) ? 0 : TYPO_WEIGHT / steps;
  };
}

function hasMoreBits(bits: number, most: number): boolean {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}
