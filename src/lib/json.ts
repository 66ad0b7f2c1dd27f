/** Levels of nesting; code that walks values, JSON.stringify too, runs out of stack at some thousands. */
export const MAX_LEVELS = 500;

/**
 * Reads JSON that may be broken.
 * @param text a byte order mark before it is no fault
 * @returns undefined when it is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/**
 * Reads JSON that should be an object.
 * @param text a byte order mark before it is no fault
 * @returns undefined when it is no JSON, nested too deeply, or anything but an object
 */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return isObject(value) && !isDeeper(value, MAX_LEVELS) ? value : undefined;
}

/**
 * Whether a value is nested beyond a number of levels: one that is exhausts the stack of whatever walks through it, such as
 * `JSON.stringify`.
 * @param value any JSON value
 * @param levels how many are allowed
 */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels <= 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/** Whether a value is an object in the sense of JSON: no array, not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same text for values that are equal, whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
