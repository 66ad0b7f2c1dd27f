import { formatDay } from '../../lib/format.js';
import { compact, count, line, record, records } from '../fields.js';
import { staleNotes } from '../staleness.js';
import type { HubClient } from '../types.js';
import type { CollectionRow, SearchPage, SearchQuery, Sort } from './types.js';

const MOST_HITS = 100;
/** Lists show no more items of a collection than these. */
const SHOWN_ITEMS = 4;

/** The Hub's own names; it sorts collections by no others. */
const SORTS: Record<Sort, 'trending' | 'upvotes' | 'lastModified'> = {
  trending: 'trending',
  likes: 'upvotes',
  downloads: 'upvotes',
  updated: 'lastModified',
  created: 'lastModified',
};
const ORDERS = { trending: 'trending first', upvotes: 'by upvotes', lastModified: 'last changed first' };

/**
 * Searches collections by the words of their titles.
 * @param hub the Hub
 * @param query what is looked for; `author` is the owner
 */
export async function searchCollections(hub: HubClient, query: SearchQuery): Promise<SearchPage<CollectionRow>> {
  const sort = SORTS[query.sort ?? 'trending'];
  const wanted = query.offset + query.limit;
  const answer = await hub.request('/api/collections', {
    query: { q: query.query, owner: query.author, sort, limit: Math.min(wanted + 1, MOST_HITS) },
    cache: 'list',
  });
  const rows = records(answer.json()).flatMap(readCollection);
  return {
    rows: rows.slice(query.offset, wanted),
    more: rows.length > wanted,
    order: ORDERS[sort],
    notes: [...staleNotes(answer), ...explainIgnored(query)],
  };
}

function readCollection(row: Record<string, unknown>): CollectionRow[] {
  // A compact row calls it its name.
  const slug = line(row.slug ?? row.name, 200);
  if (!slug) return [];
  const kinds: Record<string, number> = {};
  for (const { type } of records(row.items)) {
    const kind = line(type, 20) ?? 'item';
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return [
    compact({
      kind: 'collection' as const,
      id: `collections/${slug}`,
      title: line(row.title, 200) ?? slug,
      description: line(row.description, 400),
      owner: line(record(row.owner).name, 60),
      more: records(row.items).length >= SHOWN_ITEMS || undefined,
      kinds,
      upvotes: count(row.upvotes),
      updated: formatDay(line(row.lastUpdated, 40)) || undefined,
    }),
  ];
}

function explainIgnored({ task, library, tags, sort }: SearchQuery): string[] {
  const ignored = [task && 'task', library && 'library', tags && tags.length > 0 && 'tags'].filter(Boolean);
  return [
    ...(ignored.length > 0 ? [`Collections have no ${ignored.join(' or ')}: left out.`] : []),
    ...(sort === 'downloads' ? ['Collections have no downloads; sorted by upvotes.'] : []),
  ];
}
