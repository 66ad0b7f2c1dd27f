import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { listFacts, screenOf, styleFor } from '../../src/commands/terminal.js';

const FACTS = [
  ['One', 'a few words that are too long for one line'],
  ['Second', 'short'],
] as const;

it('lines facts up, and goes on below them', () => {
  const screen = { style: styleFor({}, { FORCE_COLOR: '1' }), width: 30 };
  const lines = listFacts(FACTS, screen, 2);
  expect(lines[0]).toContain('\u001b[');
  expect(lines.map(stripVTControlCharacters)).toEqual([
    '  One     a few words that are',
    '          too long for one',
    '          line',
    '  Second  short',
  ]);
});

it('wraps nothing where nobody looks, and at no width that is too large to read', () => {
  const widths = [
    {},
    { isTTY: true, columns: 80 },
    { isTTY: true, columns: 300 },
    { isTTY: true, columns: 5 },
    { isTTY: true },
  ];
  expect(widths.map((stream) => screenOf(stream, {}).width)).toEqual([Number.POSITIVE_INFINITY, 80, 120, 40, 120]);
});
