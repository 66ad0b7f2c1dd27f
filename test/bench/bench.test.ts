import { expect, it } from 'vitest';
import { compare } from './figures.mjs';
import { findBroken } from './table.mjs';

it('pairs what ran in the same round, and leaves out the rounds that warm up', async () => {
  const figures = await compare(
    {
      node: async (round) => ({ ms: [1000, 10, 20, 40][round] ?? 0 }),
      hugwire: async (round) => ({ ms: [1, 20, 60, 80][round] ?? 0 }),
    },
    3,
  );
  expect(figures.ms?.node).toEqual({ p50: 20, p95: 40, runs: 3 });
  expect(figures.ms?.hugwire).toEqual({
    p50: 60,
    p95: 80,
    runs: 3,
    times: { p50: 2, p95: 3 },
    over: { p50: 40, p95: 40 },
  });
});

it('tells why there is no figure, and asks no more', async () => {
  let asked = 0;
  const hang = async () => {
    asked += 1;
    throw new Error('no answer');
  };
  const { ms } = await compare({ node: async () => ({ ms: 1 }), peer: hang }, 10);
  expect(ms?.peer).toEqual({ failed: 'no answer' });
  expect(asked).toBe(3);
});

it('finds the budgets that are broken, and no others', () => {
  const bare = { p50: 40 };
  const start = (times: number) => ({ p50: 40 * times, times: { p50: times } });
  const peer = start(9);
  const results = {
    node: '20.20.2',
    others: ['22.1.0'],
    figures: {
      start: {
        20: { node: bare, hugwire: start(1.29), 'hugwire serve': start(1.3), 'npx hugwire': peer },
        22: { node: bare, hugwire: start(1.1), 'hugwire serve': start(1.2) },
      },
      firstSearch: { 20: { hugwire: { p50: 51 }, peer }, 22: { hugwire: { p50: 90 } } },
      search: { 20: { hugwire: { p50: 9, over: { p50: 2 } } } },
      searchMany: { 20: { hugwire: { p50: 900 } } },
      space: { 20: { hugwire: { failed: 'no answer in 15 s' } } },
    },
  };
  expect(findBroken(results)).toEqual([
    'start to tools/list: 1.20 × a bare Node on Node 22 (at most 1.15)',
    'first search, CPU: 51 ms on Node 20 (at most 50)',
    'call of a Space: no answer on Node 20 (at most 4)',
  ]);
});
