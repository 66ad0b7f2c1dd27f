import { expect, it, vi } from 'vitest';
import { visitInTurns } from '../../src/lib/turns.js';

it('visits everything in order, and lets others have a turn every ten milliseconds', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const seen: (number | string)[] = [];
  let over = false;
  const other = () => {
    seen.push('other');
    if (!over) setImmediate(other);
  };
  setImmediate(other);
  await visitInTurns([1, 2, 3, 4, 5, 6, 7], (item) => {
    seen.push(item);
    vi.advanceTimersByTime(4);
  });
  over = true;
  vi.useRealTimers();
  expect(seen).toEqual([1, 2, 3, 'other', 4, 5, 6, 'other', 7]);
});
