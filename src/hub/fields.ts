import { isObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';

/** More than any page of the Hub has, and any list within one. */
const MOST_ITEMS = 10_000;

/**
 * A text that a third party wrote, cleaned to one line; undefined when there is none.
 * @param value a field of an answer
 * @param maxLength characters at most
 */
export function line(value: unknown, maxLength = 200): string | undefined {
  return cleanLine(value, maxLength) || undefined;
}

/**
 * A finite number, or undefined.
 * @param value a field of an answer
 */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/**
 * A list of cleaned lines, where cards also write a single text; anything else in it is left out.
 * @param value a field of an answer
 * @param maxLength characters of each at most
 */
export function lines(value: unknown, maxLength = 120): string[] {
  const items = Array.isArray(value) ? value.slice(0, MOST_ITEMS) : [value];
  return items.flatMap((item) => line(item, maxLength) ?? []);
}

/**
 * An object, or an empty one.
 * @param value a field of an answer
 */
export function record(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/**
 * The objects of a list.
 * @param value a field of an answer
 */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.slice(0, MOST_ITEMS).filter(isObject) : [];
}

/**
 * The address of the next page. A `Link` header may tell of other things as well, such as `rel="ai-catalog"`.
 * @param headers of an answer
 */
export function nextPage(headers: Headers): string | undefined {
  for (const [, address, parameters = ''] of (headers.get('link') ?? '').matchAll(/<([^<>]*)>([^<>]*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? [];
    if ((quoted ?? bare)?.toLowerCase().split(/\s+/).includes('next')) return address;
  }
  return undefined;
}

/**
 * What tags with a prefix say: `["en", "fr"]` for `language`.
 * @param tags of a repository
 * @param prefix without its colon
 */
export function tagValues(tags: readonly string[], prefix: string): string[] {
  return tags.filter((tag) => tag.startsWith(`${prefix}:`)).map((tag) => tag.slice(prefix.length + 1));
}

/** What may not be there any more, since an empty list was left out. */
type Compacted<T> = { [K in keyof T as T[K] extends readonly unknown[] ? never : K]: T[K] } & {
  [K in keyof T as T[K] extends readonly unknown[] ? K : never]?: T[K];
};

/**
 * An object without its undefined values and empty lists, so that what is not known is not told.
 * @param value any object
 */
export function compact<T extends object>(value: T): Compacted<T> {
  const kept = Object.entries(value).filter(([, item]) => item !== undefined && !(Array.isArray(item) && !item.length));
  return Object.fromEntries(kept) as Compacted<T>;
}
