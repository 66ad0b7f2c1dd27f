type Change = [operation: 'append' | 'replace', path: never[], value: unknown];

/**
 * What changed from one value of a generator to the next, in the form of protocol `sse_v3`: text that only grew is
 * sent as its new end, anything else whole.
 * @param before the last value handed out
 * @param after the value now
 */
export function diffOutputs(before: unknown[], after: unknown[]): Change[][] {
  return after.map((value, index) => diffValue(before[index], value));
}

function diffValue(before: unknown, after: unknown): Change[] {
  if (before === after) return [];
  if (typeof before === 'string' && typeof after === 'string' && after.startsWith(before)) {
    return [['append', [], after.slice(before.length)]];
  }
  return [['replace', [], after]];
}
