import type { DemoRequest } from '../types.js';
import { badParameter, RequestRefused } from './refusals.js';

/**
 * A whole number of the query.
 * @param bounds the value without the parameter, and the largest and smallest that the Hub takes
 * @throws RequestRefused with 400 in the words of the Hub's schema checker
 */
export function readNumber(
  query: URLSearchParams,
  name: string,
  { fallback, max, min = 1 }: { fallback: number; max: number; min?: number },
): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (Number.isNaN(value)) throw new RequestRefused(badParameter('Invalid input: expected number, received NaN', name));
  if (!Number.isInteger(value))
    throw new RequestRefused(badParameter('Invalid input: expected int, received number', name));
  if (value > max) throw new RequestRefused(badParameter(`Too big: expected number to be <=${max}`, name));
  if (value < min) throw new RequestRefused(badParameter(`Too small: expected number to be >=${min}`, name));
  return value;
}

/**
 * A text of the query, "" without it.
 * @param bounds how long the Hub lets it be, and whether it must be there
 * @throws RequestRefused with 400 in the words of the Hub's schema checker
 */
export function readText(
  query: URLSearchParams,
  name: string,
  { max, required = false }: { max: number; required?: boolean },
): string {
  const text = query.get(name);
  if (text === null && required) {
    throw new RequestRefused(badParameter('Invalid input: expected string, received undefined', name));
  }
  // Characters are what JavaScript counts: UTF-16 units.
  if (text !== null && text.length > max) {
    throw new RequestRefused(badParameter(`Too big: expected string to have <=${max} characters`, name));
  }
  return text ?? '';
}

/**
 * One page of a list, and the `Link` header that leads to the next: the same query with a cursor, as an absolute URL.
 * @param rows all of the list
 * @param limit rows of a page
 * @throws RequestRefused with 400 when the cursor is not one of ours
 */
export function paginate<Row>(
  request: Pick<DemoRequest, 'url' | 'query' | 'origin'>,
  rows: readonly Row[],
  limit: number,
): { rows: Row[]; headers: Record<string, string> } {
  const start = readCursor(request.query.get('cursor'));
  const end = start + limit;
  if (end >= rows.length) return { rows: rows.slice(start), headers: { Link: CATALOG } };
  const next = new URL(request.url, request.origin);
  next.searchParams.set('cursor', writeCursor(end));
  return { rows: rows.slice(start, end), headers: { Link: linkTo(next) } };
}

/** A link that has nothing to do with pages. */
const CATALOG = '<https://huggingface.co/.well-known/ai-catalog.json>; rel="ai-catalog"';

/** The `Link` header of a page that another one follows. */
export const linkTo = (next: URL) => `${CATALOG}, <${next.href}>; rel="next"`;

const writeCursor = (offset: number) => Buffer.from(JSON.stringify({ offset })).toString('base64url');

function readCursor(cursor: string | null): number {
  if (!cursor) return 0;
  try {
    const { offset } = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Number.isInteger(offset) && offset >= 0) return offset;
  } catch {
    // Not JSON: refused below like any other cursor that we did not write.
  }
  throw new RequestRefused(badParameter('Invalid cursor', 'cursor'));
}

/** Whether a flag of the query is on: `true`, `True` and `1` are, as clients write them. */
export const flag = (query: URLSearchParams, name: string) => /^(?:true|1)$/i.test(query.get(name) ?? '');

/** The pattern of an API path below a repository, which has an owner, or none if it is one of the oldest. */
export const below = (rest: string) => new RegExp(`^/api/(model|dataset|space)s/((?:[^/]+/)?[^/]+)${rest}$`);
