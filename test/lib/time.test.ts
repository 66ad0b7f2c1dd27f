import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type MomentOptions, readMoment } from '../../src/lib/time.js';

const now = Date.parse('2026-11-20T12:00:00Z');
const iso = (text: string, edge: MomentOptions['edge'], zone: MomentOptions['zone']) =>
  new Date(readMoment(text, { edge, zone, now })).toISOString();

// Summer time ends there on 25 October 2026.
beforeEach(() => void vi.stubEnv('TZ', 'Europe/Berlin'));
afterEach(() => void vi.unstubAllEnvs());

describe.each(['local', 'UTC'] as const)('on whichever clock (%s)', (zone) => {
  it.each([
    ['2026-11-03T09:30Z', 'end', '2026-11-03T09:30:00.000Z'],
    ['2026-11-03 09:30:00+02:00', 'end', '2026-11-03T07:30:00.000Z'],
    ['30m', 'begin', '2026-11-20T11:30:00.000Z'],
    ['2 h', 'end', '2026-11-20T10:00:00.000Z'],
    [' 7d ', 'begin', '2026-11-13T12:00:00.000Z'],
    ['7d ago', 'begin', '2026-11-13T12:00:00.000Z'],
    ['1w', 'begin', '2026-11-13T12:00:00.000Z'],
  ] as const)('reads %s (%s)', (text, edge, time) => expect(iso(text, edge, zone)).toBe(time));

  it.each(['', 'soon', '7', '7y', '2026-13-45', '5', '2026-11'])('refuses %j', (text) => {
    expect(() => iso(text, 'begin', zone)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });
});

it.each([
  ['2026-11-03', 'begin', '2026-11-03T00:00:00.000Z'],
  ['2026-11-03', 'end', '2026-11-03T23:59:59.999Z'],
  ['2026-11-03T09:30', 'begin', '2026-11-03T09:30:00.000Z'],
  ['2026-11-03 09:30', 'begin', '2026-11-03T09:30:00.000Z'],
] as const)('reads %s (%s) as UTC', (text, edge, time) => expect(iso(text, edge, 'UTC')).toBe(time));

it.each([
  ['2026-11-03', 'begin', '2026-11-02T23:00:00.000Z'],
  ['2026-11-03', 'end', '2026-11-03T22:59:59.999Z'],
  ['2026-10-25', 'begin', '2026-10-24T22:00:00.000Z'],
  ['2026-10-25', 'end', '2026-10-25T22:59:59.999Z'],
  ['2026-11-03T09:30', 'begin', '2026-11-03T08:30:00.000Z'],
  ['2026-11-03 09:30', 'begin', '2026-11-03T08:30:00.000Z'],
] as const)('reads %s (%s) by the clock on the wall', (text, edge, time) => {
  expect(iso(text, edge, 'local')).toBe(time);
});
