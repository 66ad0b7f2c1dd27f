import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { wholeNumber } from '../../src/commands/terminal.js';

it.each(['1', '7', '100'])('a whole number is read: %s', (text) => {
  expect(wholeNumber(1, 100)(text)).toBe(Number(text));
});

it.each(['', ' ', '0', '-1', '1.5', '101', 'ten', '1e999'])(
  'anything else is refused, with what is allowed: "%s"',
  (text) => {
    expect(() => wholeNumber(1, 100)(text)).toThrow(InvalidArgumentError);
    expect(() => wholeNumber(1, 100)(text)).toThrow('from 1 to 100.');
  },
);

it('may have no greatest value', () => {
  expect(wholeNumber(0)('123456')).toBe(123_456);
  expect(() => wholeNumber(0)('')).toThrow('from 0 on.');
});
