import { type ErrorCode, HugwireError, toHugwireError } from '../../lib/errors.js';
import { fold, nearest } from '../../lib/nearest.js';
import { cleanLine, isIdentifier } from '../../lib/text.js';
import { line, record, records } from '../fields.js';
import { apiPath, type NamedRepo, showReference } from '../reference.js';
import { type HubClient, REPO_KINDS, type RepoKind } from '../types.js';

/** A repository that exists, and what the Hub said of it. */
export interface FoundRepo {
  kind: RepoKind;
  /** Its present id. */
  id: string;
  revision?: string;
  /** The id that was asked for, where the repository has another one now. */
  renamedFrom?: string;
  /** The fields that were asked for, as the Hub sent them. */
  info: Record<string, unknown>;
}

/** What the Hub says of a repository that it will not show. */
const MISSING: ReadonlySet<ErrorCode> = new Set(['not_found', 'not_visible']);

/**
 * Looks a repository up. Without a kind all three are asked at once, and every kind that has the id is returned.
 * @param hub the Hub
 * @param named what was asked for
 * @param fields the fields to expand, by kind
 * @throws HugwireError that names similar ids when there is no such repository
 */
export async function findRepo(
  hub: HubClient,
  named: NamedRepo,
  fields: Record<RepoKind, readonly string[]>,
): Promise<FoundRepo[]> {
  const kinds = named.kind ? [named.kind] : REPO_KINDS;
  const outcomes = await Promise.all(kinds.map((kind) => attempt(askFor(hub, kind, named, fields[kind]))));
  const found = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
  if (found.length > 0) return found;
  throw await explainMiss(hub, named, outcomes);
}

async function askFor(
  hub: HubClient,
  kind: RepoKind,
  { id, revision }: NamedRepo,
  fields: readonly string[],
): Promise<FoundRepo> {
  const path = revision === undefined ? apiPath(kind, id) : apiPath(kind, id, 'revision', revision);
  const answer = await hub.request(path, {
    query: { 'expand[]': fields },
    repo: { kind, id, revision },
    cache: 'repo',
  });
  const info = record(answer.json());
  const told = line(info.id);
  const present = told && isIdentifier(told) ? told : id;
  return {
    kind,
    id: present,
    revision,
    renamedFrom: present === id ? undefined : id,
    info,
  };
}

async function explainMiss(
  hub: HubClient,
  { kind, id }: NamedRepo,
  outcomes: Attempt<FoundRepo>[],
): Promise<HugwireError> {
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  // "Gated", "disabled" or "rate limited" of one kind tells more than "not there" of the others.
  const telling = errors.find(({ code, missing }) => !MISSING.has(code) || missing !== undefined);
  if (telling) return telling;
  const [first] = errors;
  if (!first) return new HugwireError('internal', 'The lookup had no outcome.');
  const near = await findSimilarIds(hub, id);
  const message = kind ? first.message : missingMessage(id, first.code);
  const hint = near.length > 0 ? `Did you mean ${near.join(', ')}? ${first.hint ?? ''}`.trim() : first.hint;
  return new HugwireError(first.code, message, { hint, requestId: first.requestId, cause: first });
}

function missingMessage(id: string, code: ErrorCode): string {
  const shown = cleanLine(id, 120);
  return code === 'not_visible'
    ? `There is no model, dataset or Space ${shown}, or it is private.`
    : `There is no model, dataset or Space ${shown} that the token can see.`;
}

/** Ids to suggest at most. */
const MOST = 4;

/**
 * Ids that were likely meant, the likeliest first, written as `parseReference` reads them.
 * @param hub the Hub
 * @param id what was not found
 * @returns none when the Hub cannot be asked: a suggestion is never worth a second failure
 */
async function findSimilarIds(hub: HubClient, id: string): Promise<string[]> {
  for (const query of queriesFor(id)) {
    const ids = (await quicksearch(hub, query).catch(() => [])).filter((found) => isNear(id, found));
    if (ids.length === 0) continue;
    const exact = ids.filter((found) => fold(found.replace(/^(?:datasets|spaces)\//, '')) === fold(id));
    const closest = nearest(id, ids);
    return [...new Set([...exact, ...(closest ? [closest] : []), ...ids])].slice(0, MOST);
  }
  return [];
}

/** Whether the whole ids or only their names are alike: the search finds all that holds the words anywhere. */
function isNear(id: string, found: string): boolean {
  const name = nameOf(id);
  return nearest(id, [found]) !== undefined || (name.length >= 3 && nearest(name, [nameOf(found)]) !== undefined);
}

const nameOf = (id: string) => id.split('/').at(-1) ?? id;

/** The name, and then its longest word, which a slip in another part of the name leaves intact. */
function queriesFor(id: string): string[] {
  const name = nameOf(id);
  const [longest = name] = name.split(/[-_.]/).sort((a, b) => b.length - a.length);
  return longest.length >= 3 && longest !== name ? [name, longest] : [name];
}

async function quicksearch(hub: HubClient, query: string): Promise<string[]> {
  const answer = await hub.request('/api/quicksearch', {
    query: { q: query, type: REPO_KINDS, limit: MOST * 2 },
    cache: 'list',
  });
  const found = record(answer.json());
  return REPO_KINDS.flatMap((kind) =>
    records(found[`${kind}s`]).flatMap((row) => {
      const id = line(row.id);
      return id && isIdentifier(id) ? [showReference({ type: 'repo', kind, id })] : [];
    }),
  );
}

/** What became of one part of a larger answer: one failing part never sinks the rest. */
export type Attempt<T> = { value: T } | { error: HugwireError };

/**
 * Waits for a part and holds on to its failure.
 * @param part may reject
 */
export async function attempt<T>(part: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await part };
  } catch (error) {
    return { error: toHugwireError(error) };
  }
}

/**
 * The value, or undefined where the part failed.
 * @param outcome of `attempt`
 */
export function succeeded<T>(outcome: Attempt<T>): T | undefined {
  return 'value' in outcome ? outcome.value : undefined;
}
