import { isDeepStrictEqual } from 'node:util';
import { HugwireError } from '../errors.js';

/** The keys that lead from the top of a document to a value in it. */
export type KeyPath = readonly string[];

type Mapping = Record<string, unknown>;

/**
 * Whether a value is a mapping of keys to values: an object, a table.
 * @param value as a parser gives it; dates and the like are none
 */
export function isMapping(value: unknown): value is Mapping {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * The value at a path.
 * @param root the parsed document
 * @returns undefined where there is none
 */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const key of path) {
    if (!isMapping(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * A copy of the document with a value set. Missing mappings on the way are made; null counts as missing.
 * @throws HugwireError `invalid_arguments` when something on the way is no mapping
 */
export function withValue(root: unknown, path: KeyPath, value: unknown, above: KeyPath = []): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (root !== undefined && root !== null && !isMapping(root)) {
    const where = above.length === 0 ? 'The document' : `"${above.join('.')}"`;
    const found = Array.isArray(root) ? 'a list' : `a ${typeof root}`;
    throw new HugwireError('invalid_arguments', `${where} is ${found}, where keys and values belong.`);
  }
  const inner = isMapping(root) && Object.hasOwn(root, key) ? root[key] : undefined;
  return { ...root, [key]: withValue(inner, rest, value, [...above, key]) };
}

/** A copy of the document without the value at a path; the same when there is none. */
export function withoutValue(root: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isMapping(root) || !Object.hasOwn(root, key)) return root;
  if (rest.length > 0) return { ...root, [key]: withoutValue(root[key], rest) };
  const { [key]: _, ...others } = root;
  return others;
}

/** Whether two parsed values mean the same, whichever parser or literal made them; the order of keys does not count. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (isMapping(one) && isMapping(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key], other[key]))
    );
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => sameValue(item, other[at]));
  }
  return isDeepStrictEqual(one, other);
}
