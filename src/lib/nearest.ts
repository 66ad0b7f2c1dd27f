import { distance } from 'fastest-levenshtein';

/** Nobody mistypes a longer name: it is cut, since a distance takes time by the product of both lengths. */
const MAX_NAME = 100;

/**
 * The candidate that was most likely meant, if any is close enough to say so.
 * @param name what was written
 * @param candidates what exists
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = fold(name.slice(0, MAX_NAME));
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = fold(candidate.slice(0, MAX_NAME));
    const contained = Math.min(wanted.length, known.length) >= 3 && (known.includes(wanted) || wanted.includes(known));
    // Of several that hold the name, or lie within it, the one that adds least was meant.
    const added = Math.abs(wanted.length - known.length) / 1000;
    const steps = known === wanted ? 0 : contained ? 1 + added : distance(wanted, known);
    // Where every letter differs, two names have nothing in common, however short they are.
    const alike = steps < Math.max(wanted.length, known.length, 1);
    if (alike && steps < bestDistance) [best, bestDistance] = [candidate, steps];
  }
  return bestDistance <= Math.max(2, Math.floor(wanted.length / 3)) ? best : undefined;
}

/**
 * A name without case and separators, so that `lastModified`, `last_modified` and `Last-Modified` are one.
 * @param name any name
 */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
