import { fold, nearest } from '../schema/nearest.js';
import { line, records } from './fields.js';
import { showReference } from './reference.js';
import { type HubClient, REPO_KINDS } from './types.js';

/** Ids to suggest at most. */
const MOST = 4;

/**
 * Ids that were likely meant, the likeliest first, written as `parseReference` reads them.
 * @param hub the Hub
 * @param id what was not found
 * @returns none when the Hub cannot be asked: a suggestion is never worth a second failure
 */
export async function findNearIds(hub: HubClient, id: string): Promise<string[]> {
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
  const found = answer.json<Record<string, unknown>>();
  return REPO_KINDS.flatMap((kind) =>
    records(found[`${kind}s`]).flatMap((row) => {
      const id = line(row.id);
      return id ? [showReference({ type: 'repo', kind, id })] : [];
    }),
  );
}
