import { HugwireError } from '../errors.js';

/** Nobody pages further; and each page is asked for from the start, so that a cursor never goes stale. */
const MAX_OFFSET = 450;

/**
 * Makes the cursor of a search: where each kind goes on, as short as can be, since it is read as tokens.
 * @param offsets results seen, by kind
 * @returns such as `mo10da20`; undefined when there is nothing more
 */
export function encodeCursor(offsets: Record<string, number>): string | undefined {
  const parts = Object.entries(offsets)
    .filter(([, offset]) => offset <= MAX_OFFSET)
    .map(([kind, offset]) => `${kind.slice(0, 2)}${offset}`);
  return parts.length > 0 ? parts.join('') : undefined;
}

/**
 * Reads a cursor back.
 * @param cursor as `encodeCursor` made it
 * @param kinds all that can be searched; no two begin with the same two letters
 * @throws HugwireError `invalid_arguments` for anything else
 */
export function decodeCursor<Kind extends string>(
  cursor: string,
  kinds: readonly Kind[],
): Partial<Record<Kind, number>> {
  const offsets: Partial<Record<Kind, number>> = {};
  const parts = cursor.match(/[a-z]{2}\d{1,3}/g) ?? [];
  for (const part of parts) {
    const kind = kinds.find((one) => one.startsWith(part.slice(0, 2)));
    const offset = Number(part.slice(2));
    if (!kind || kind in offsets || offset > MAX_OFFSET) throw foreignCursor();
    offsets[kind] = offset;
  }
  if (parts.length === 0 || parts.join('') !== cursor) throw foreignCursor();
  return offsets;
}

function foreignCursor(): HugwireError {
  return new HugwireError('invalid_arguments', 'That cursor is none of hub_search.', {
    hint: 'Repeat the search without a cursor, or with the cursor exactly as the last answer gave it.',
  });
}
