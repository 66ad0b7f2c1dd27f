import { isDeepStrictEqual } from 'node:util';
import { HugwireError } from '../errors.js';

/** One step into a document: a key of a mapping, or the item of a list whose `name` is this. */
export type Step = string | { readonly name: string };

/** The steps that lead from the top of a document to a value in it. */
export type KeyPath = readonly Step[];

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

/** A path in words, for a message. */
export function namePath(path: KeyPath): string {
  return path.map((step) => (typeof step === 'string' ? step : step.name)).join('.');
}

/**
 * Where an item of that name is in a list.
 * @returns -1 when there is none
 */
export function indexOfName(list: unknown, { name }: { name: string }): number {
  return Array.isArray(list) ? list.findIndex((item) => isMapping(item) && item.name === name) : -1;
}

/**
 * The value at a path.
 * @param root the parsed document
 * @returns undefined where there is none
 */
export function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof step !== 'string') return Array.isArray(value) ? value[indexOfName(value, step)] : undefined;
    return isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, root);
}

/**
 * A copy of the document with a value set. What is missing on the way is made; null counts as missing.
 * @param above the steps that were gone already
 * @throws HugwireError `invalid_arguments` when something on the way is neither mapping nor list, as the step needs it
 */
export function withValue(root: unknown, path: KeyPath, value: unknown, above: KeyPath = []): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const missing = root === undefined || root === null;
  const inner = (old: unknown) => withValue(old, rest, value, [...above, step]);
  if (typeof step === 'string') {
    if (!missing && !isMapping(root)) throw misplaced(root, above, 'keys and values belong');
    return { ...(root ?? {}), [step]: inner(valueAt(root, [step])) };
  }
  if (!missing && !Array.isArray(root)) throw misplaced(root, above, 'a list belongs');
  const list = root ?? [];
  const at = indexOfName(list, step);
  return at < 0 ? [...list, inner(undefined)] : list.with(at, inner(list[at]));
}

function misplaced(found: unknown, path: KeyPath, wanted: string): HugwireError {
  const where = path.length === 0 ? 'The document' : `"${namePath(path)}"`;
  const what = Array.isArray(found) ? 'a list' : isMapping(found) ? 'a mapping' : `a ${typeof found}`;
  return new HugwireError('invalid_arguments', `${where} is ${what}, where ${wanted}.`);
}

/**
 * A copy of the document without the value at a path; the same when there is none.
 * @param prune take away as well what is empty on the way up
 */
export function withoutValue(root: unknown, path: KeyPath, prune = false): unknown {
  const [step, ...rest] = path;
  const old = step === undefined ? undefined : valueAt(root, [step]);
  if (step === undefined || old === undefined) return root;
  const inner = rest.length === 0 ? undefined : withoutValue(old, rest, prune);
  if (inner === old) return root;
  const gone = inner === undefined || (prune && isEmpty(inner));
  if (Array.isArray(root)) {
    const at = indexOfName(root, step as { name: string });
    return gone ? root.toSpliced(at, 1) : root.with(at, inner);
  }
  const { [step as string]: _, ...others } = root as Mapping;
  return gone ? others : { ...(root as Mapping), [step as string]: inner };
}

/** Whether a value holds nothing: null, or a mapping or list without anything in it. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMapping(value) && Object.keys(value).length === 0;
}

const own = (mapping: Mapping, key: string) => (Object.hasOwn(mapping, key) ? mapping[key] : undefined);

/**
 * Whether two parsed values mean the same, whichever parser or literal made them. The order of keys does not count, and
 * undefined is as good as no key.
 */
export function sameValue(one: unknown, other: unknown): boolean {
  if (isMapping(one) && isMapping(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].every((key) => sameValue(own(one, key), own(other, key)));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => sameValue(item, other[at]));
  }
  return isDeepStrictEqual(one, other);
}
