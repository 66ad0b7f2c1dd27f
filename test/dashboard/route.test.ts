import { expect, it } from 'vitest';
import { readRange, readRoute, toHash } from '../../src/dashboard/web/route.js';

it.each([
  ['', { view: '', id: undefined, filters: {} }],
  ['#/', { view: '', id: undefined, filters: {} }],
  ['#/sessions?q=a+fox&page=2', { view: 'sessions', id: undefined, filters: { q: 'a fox', page: '2' } }],
  ['#/sessions/s_1?range=7d', { view: 'sessions', id: 's_1', filters: { range: '7d' } }],
  ['#/nonsense/x', { view: '', id: 'x', filters: {} }],
  ['#/constructor', { view: '', id: undefined, filters: {} }],
  ['#/sessions/%E0', { view: 'sessions', id: '%E0', filters: {} }],
])('reads the address %j', (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
});

it('makes addresses that it reads', () => {
  const hash = toHash('sessions', { q: 'a & b?', range: '', state: 'failed' }, 's/1');
  expect(hash).toBe('#/sessions/s%2F1?q=a+%26+b%3F&state=failed');
  expect(readRoute(hash)).toEqual({ view: 'sessions', id: 's/1', filters: { q: 'a & b?', state: 'failed' } });
});

it.each([
  [undefined, 30, '24h'],
  ['7d', 30, '7d'],
  ['all', 30, 'all'],
  ['all', 7, '24h'],
  ['7d', 7, '7d'],
  ['7d', 3, '24h'],
  ['nonsense', 1, '24h'],
  [undefined, undefined, '24h'],
])('looks at the stretch of time %j where there are %s days: %s', (name, days, range) => {
  expect(readRange(name, days).name).toBe(range);
});
