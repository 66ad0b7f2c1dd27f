const UNITS: Record<string, number> = { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/**
 * Reads `num_parameters`: `min:6B,max:128B`, either part alone, or a number alone for the minimum.
 * @returns undefined when it does not parse
 */
export function parameterRange(text: string): { min: number; max: number } | undefined {
  const range = { min: 0, max: Number.POSITIVE_INFINITY };
  for (const part of text.split(',')) {
    const match = /^(?:(min|max):)?(\d+(?:\.\d+)?)([KMBT]?)$/i.exec(part.trim());
    if (!match) return undefined;
    const [, bound = 'min', number, unit = ''] = match;
    range[bound.toLowerCase() as 'min' | 'max'] = Number(number) * (UNITS[unit.toUpperCase()] ?? 1);
  }
  return range;
}
