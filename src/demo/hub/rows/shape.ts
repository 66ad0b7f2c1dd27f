import type { DemoRequest } from '../../types.js';
import { invalid, Refused } from '../refusals.js';

/** How each field of an answer is had from a repository. An undefined value leaves the field out. */
export type Fields<Repo> = Record<string, (repo: Repo, request: DemoRequest) => unknown>;

/** What the API can say of one kind of repository, and which fields go into which answer. */
export interface Shape<Repo> {
  fields: Fields<Repo>;
  /** Fields that `expand` takes. */
  expandable: string[];
  /** Fields of a list's row. */
  row: string[];
  /** Fields that `full` adds to a row. */
  full: string[];
  /** Fields of the answer about one repository. */
  detail: string[];
}

/**
 * Fills in the named fields.
 * @param names fields of the shape; `_id` and `id` always come first
 */
export function fill<Repo extends { _id: string; id: string }>(
  shape: Shape<Repo>,
  repo: Repo,
  names: string[],
  request: DemoRequest,
): Record<string, unknown> {
  const entries = names.map((name) => [name, shape.fields[name]?.(repo, request)] as const);
  return { _id: repo._id, id: repo.id, ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)) };
}

/**
 * The fields that a request asks for by `expand` or `expand[]`, repeated or joined by commas.
 * @returns undefined when it asks for none
 * @throws Refused 400 for a name that the Hub does not know, with all those that it does
 */
export function readExpand(query: URLSearchParams, expandable: string[]): string[] | undefined {
  const names = [...query.getAll('expand[]'), ...query.getAll('expand')].flatMap((value) => value.split(','));
  const wrong = names.findIndex((name) => !expandable.includes(name));
  if (wrong >= 0) {
    const options = expandable.map((name) => JSON.stringify(name)).join('|');
    throw new Refused(invalid(`Invalid option: expected one of ${options}`, `expand[${wrong}]`));
  }
  return names.length > 0 ? names : undefined;
}

/** Whether a flag of the query is on: `true`, `True` and `1` are, as clients write it. */
export const flag = (query: URLSearchParams, name: string) => /^(?:true|1)$/i.test(query.get(name) ?? '');
