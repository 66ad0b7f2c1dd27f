import { isMapping } from './value.js';

/**
 * Writes a value as TOML on one line.
 * @param value text, number, truth value, or a list or mapping of these
 */
export function writeTomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeTomlValue).join(', ')}]`;
  if (!isMapping(value)) return typeof value === 'string' ? writeString(value) : String(value);
  const members = writePairs(value);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** Writes the members of a mapping as `key = value`, each on one line. */
export function writePairs(value: Record<string, unknown>): string[] {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${writeTomlKey(key)} = ${writeTomlValue(inner)}`);
}

/** Writes a key, in quotes where it needs them. */
export function writeTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : writeString(key);
}

// JSON lets DEL through, TOML does not.
const writeString = (text: string) => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
