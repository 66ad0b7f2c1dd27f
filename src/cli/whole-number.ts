import { InvalidArgumentError } from 'commander';

/**
 * Makes what reads the value of an option that is a whole number.
 * @param min least value
 * @param max greatest value
 * @returns a reader for commander, which says what is wrong when the reader throws
 */
export function wholeNumber(min: number, max = Number.POSITIVE_INFINITY): (text: string) => number {
  const allowed = max === Number.POSITIVE_INFINITY ? `from ${min} on` : `from ${min} to ${max}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number ${allowed}.`);
  };
}
