import { visitInTurns } from './turns.js';
import type { Note } from './types.js';
import { WordIndex } from './word-index.js';
import { splitWords } from './words.js';

/** What is new counts more: by this share at first, by half of it after so many milliseconds. */
const FRESHNESS = { share: 0.25, halved: 30 * 86_400_000 };
/** How often a tag counts, as if the text had that word so many times. */
const TAG_COUNT = 3;

/** Finds notes by their words. */
export class NoteIndex {
  #words = new WordIndex();
  readonly #notes: (Note | undefined)[] = [];
  readonly #times: number[] = [];
  readonly #places = new Map<string, number>();

  /**
   * Indexes notes without holding up the process.
   * @param notes all there are
   */
  static async of(notes: Iterable<Note>): Promise<NoteIndex> {
    const index = new NoteIndex();
    await visitInTurns(notes, (note) => index.put(note));
    return index;
  }

  /** Half of it is gone: it is time to make it anew. */
  get isWorn(): boolean {
    return this.#words.size > 1000 && this.#words.size > 2 * this.#places.size;
  }

  /** Adds a note, in place of the one with the same id. */
  put(note: Note): void {
    this.drop(note.id);
    const place = this.#words.add(wordsOf(note));
    this.#notes[place] = note;
    this.#times[place] = Date.parse(note.time) || 0;
    this.#places.set(note.id, place);
  }

  drop(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#notes[place] = undefined;
    this.#places.delete(id);
  }

  /**
   * The notes that answer a query.
   * @param query words
   * @param accept which notes may be among them
   * @param count how many of the best are wanted
   * @param now milliseconds since 1970
   * @returns the best, in order, and how many there are in all
   */
  search(query: string, accept: (note: Note) => boolean, count: number, now: number): { best: Note[]; found: number } {
    const scores = this.#words.score(splitWords(query));
    let found = 0;
    for (let place = 0; place < scores.length; place += 1) {
      const note = this.#notes[place];
      const score = scores[place] ?? 0;
      if (score === 0) continue;
      const isFound = note !== undefined && accept(note);
      scores[place] = isFound ? score * freshness(now - (this.#times[place] ?? 0)) : 0;
      if (isFound) found += 1;
    }
    return { best: bestPlaces(scores, Math.min(count, found)).flatMap((place) => this.#notes[place] ?? []), found };
  }
}

/** The places with the highest scores, the highest first. Sorting numbers is far cheaper than sorting places by them. */
function bestPlaces(scores: Float64Array, count: number): number[] {
  if (count === 0) return [];
  const least = scores.slice().sort().at(-count) ?? 0;
  const places: number[] = [];
  for (let place = 0; place < scores.length; place += 1) if ((scores[place] ?? 0) >= least) places.push(place);
  return places.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || b - a).slice(0, count);
}

function wordsOf({ text, tags, role }: Note): string[] {
  const tagged = splitWords(tags.join(' '), true);
  return [...splitWords(text, true), ...Array(TAG_COUNT).fill(tagged).flat(), ...(role ? [role] : [])];
}

function freshness(age: number): number {
  return 1 + FRESHNESS.share * 0.5 ** (Math.max(0, age) / FRESHNESS.halved);
}
