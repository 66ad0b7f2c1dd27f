import { categoryLabel } from '../data/categories.js';
import type { DemoSpaceRepo } from '../repos.js';
import { meaningful, nearness, stem, words } from './words.js';

/** Hits below this are noise. */
const THRESHOLD = 0.34;

/** How much a word counts by where it stands. */
function weightedWords(space: DemoSpaceRepo): [weight: number, words: string[]][] {
  return [
    [1, meaningful(`${space.title} ${space.id.split('/')[1]}`)],
    [0.95, meaningful(`${space.shortDescription ?? ''} ${space.aiShortDescription}`)],
    [0.9, meaningful(space.tags.filter((tag) => !tag.includes(':')).join(' '))],
    [0.85, meaningful(categoryLabel(space.aiCategory))],
    [0.7, meaningful(space.models.join(' '))],
  ];
}

const indexed = new WeakMap<DemoSpaceRepo, [number, string[]][]>();

function indexOf(space: DemoSpaceRepo): [number, string[]][] {
  const known = indexed.get(space) ?? weightedWords(space);
  indexed.set(space, known);
  return known;
}

/**
 * How well a Space fits a question, from 0 to 1. The Hub compares embeddings; here words, their stems and their
 * synonyms do the same service. As at the Hub, a single word is looked up as it is.
 */
export function relevance(space: DemoSpaceRepo, query: string): number {
  if (words(query).length === 1) return literal(space, words(query)[0] ?? '');
  const wanted = meaningful(query);
  if (wanted.length === 0) return 0;
  const scores = wanted.map((word) => best(indexOf(space), word));
  const score = scores.reduce((sum, one) => sum + one, 0) / wanted.length;
  return score >= THRESHOLD ? Math.min(1, score) : 0;
}

function best(index: [number, string[]][], word: string): number {
  return Math.max(...index.flatMap(([weight, own]) => own.map((one) => weight * nearness(word, one))), 0);
}

/** Full text: the word itself, or one with the same stem. */
function literal(space: DemoSpaceRepo, word: string): number {
  const found = indexOf(space).find(([, own]) => own.some((one) => one === stem(word) || one.startsWith(stem(word))));
  return found?.[0] ?? 0;
}
