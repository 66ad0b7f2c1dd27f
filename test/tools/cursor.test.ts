import { describe, expect, it } from 'vitest';
import { SEARCH_KINDS } from '../../src/hub/search/types.js';
import { decodeCursor, encodeCursor } from '../../src/tools/hub_search.js';

describe('a cursor', () => {
  it('can tell all kinds apart', () => {
    expect(new Set(SEARCH_KINDS.map((kind) => kind.slice(0, 2))).size).toBe(SEARCH_KINDS.length);
  });

  it.each([
    [{ model: 10 }, 'mo10'],
    [{ model: 10, dataset: 20, space: 0 }, 'mo10da20sp0'],
    [{ docs: 450, paper: 451 }, 'do450'],
  ])('of %j is %s, and leads back', (offsets, cursor) => {
    expect(encodeCursor(offsets)).toBe(cursor);
    const near = Object.fromEntries(Object.entries(offsets).filter(([, offset]) => offset <= 450));
    expect(decodeCursor(cursor, SEARCH_KINDS)).toEqual(near);
  });

  it('is none where there is nothing more, or nobody goes on', () => {
    expect(encodeCursor({})).toBeUndefined();
    expect(encodeCursor({ model: 451 })).toBeUndefined();
  });

  it.each([
    '',
    'x',
    'mo',
    'mo-1',
    'mo1.5',
    'mo9999',
    'mo451',
    'zz10',
    'mo10zz20',
    'mo10 ',
    ' mo10',
    'MO10',
    'eyJvIjoxfQ==',
    'mo10'.repeat(50_000),
  ])('is refused in words when it is none: %#', (cursor) => {
    expect(() => decodeCursor(cursor, SEARCH_KINDS)).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', hint: expect.stringContaining('without a cursor') }),
    );
  });
});
