import { type ErrorCode, HugwireError } from '../errors.js';
import { cleanLine } from '../text/sanitize.js';
import { type Attempt, attempt } from './attempt.js';
import { line, record } from './fields.js';
import { apiPath } from './ids.js';
import { findNearIds } from './near.js';
import type { NamedRepo } from './reference.js';
import { type HubClient, REPO_KINDS, type RepoKind } from './types.js';

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
  const present = line(info.id) ?? id;
  return {
    kind,
    id: present,
    ...(revision === undefined ? {} : { revision }),
    ...(present === id ? {} : { renamedFrom: id }),
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
  const near = await findNearIds(hub, id);
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
