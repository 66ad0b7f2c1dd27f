import { stem, words } from '../search/words.js';
import type { DemoTable, Row } from './table.js';

/**
 * Finds the rows whose text holds words of a query, the best match first.
 * @param table where to look
 * @param query plain words
 * @returns indices
 */
export function findRows(table: DemoTable, query: string): number[] {
  const wanted = words(query).map(stem);
  const scores = new Map<string, number>();
  const found: { index: number; score: number }[] = [];
  for (let index = 0; index < table.count; index += 1) {
    const text = textOf(table.row(index, ''));
    const score = scores.get(text) ?? countMatches(text, wanted);
    scores.set(text, score);
    if (score > 0) found.push({ index, score });
  }
  return found.sort((a, b) => b.score - a.score || a.index - b.index).map(({ index }) => index);
}

function countMatches(text: string, wanted: readonly string[]): number {
  const present = words(text).map(stem);
  return present.filter((word) => wanted.includes(word)).length / Math.sqrt(present.length + 1);
}

/** The sentences of a row. Single words are left out: ids differ from row to row, and each text is scored but once. */
function textOf(row: Row): string {
  return Object.values(row)
    .filter((value): value is string => typeof value === 'string' && /\s/.test(value))
    .join('\n');
}
