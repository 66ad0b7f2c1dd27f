import { splitAt } from '../../lib/text.js';

/** The searches by meaning refuse a longer query. */
const MAX_QUERY = 250;

/**
 * A query as long as the Hub takes it, cut between words.
 * @param query as it was written
 * @returns the words to send, and a note where some were left out
 */
export function cutQuery(query: string): { words: string; notes: string[] } {
  if (query.length <= MAX_QUERY) return { words: query, notes: [] };
  const head = query.slice(0, splitAt(query, MAX_QUERY));
  const end = /\s/.test(query.charAt(head.length)) ? head.length : head.search(/\s\S*$/);
  const words = end > MAX_QUERY / 2 ? head.slice(0, end).trimEnd() : head;
  return { words, notes: [`The Hub takes ${MAX_QUERY} characters: searched for the first ${words.length} only.`] };
}
