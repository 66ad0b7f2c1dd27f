import { expect, it } from 'vitest';
import { readMoment } from '../../src/text/moment.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const iso = (text: string, edge: 'begin' | 'end' = 'begin') => new Date(readMoment(text, edge, NOW)).toISOString();

it.each([
  ['2026-11-03', 'begin', '2026-11-03T00:00:00.000Z'],
  ['2026-11-03', 'end', '2026-11-03T23:59:59.999Z'],
  ['2026-11-03T09:30Z', 'end', '2026-11-03T09:30:00.000Z'],
  ['30m', 'begin', '2026-11-20T11:30:00.000Z'],
  ['2 h', 'end', '2026-11-20T10:00:00.000Z'],
  [' 7d ', 'begin', '2026-11-13T12:00:00.000Z'],
  ['1w', 'begin', '2026-11-13T12:00:00.000Z'],
] as const)('reads %s (%s)', (text, edge, time) => expect(iso(text, edge)).toBe(time));

it.each(['', 'soon', '7', '7y', '2026-13-45', '5'])('refuses %j', (text) => {
  expect(() => iso(text)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
});
