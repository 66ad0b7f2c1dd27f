import { count, line, lines, nextPage, record, records, tagValues } from '../fields.js';
import { staleNotes } from '../staleness.js';
import type { HubClient, QueryValue } from '../types.js';
import { searchCorrected } from './filters.js';
import { describeTerms, readTerms, type Terms } from './terms.js';
import type { RepoRow, SearchPage, SearchQuery, Sort } from './types.js';

/** The Hub's own names. */
export const HUB_SORTS: Record<Sort, string> = {
  trending: 'trendingScore',
  downloads: 'downloads',
  likes: 'likes',
  created: 'createdAt',
  updated: 'lastModified',
};

const SHARED_FIELDS = [
  'downloads',
  'likes',
  'gated',
  'private',
  'disabled',
  'createdAt',
  'lastModified',
  'trendingScore',
  'tags',
];

interface Listing {
  kind: 'model' | 'dataset';
  path: string;
  fields: string[];
  /** The query parameters that a task and a library become. */
  filters(query: Pick<SearchQuery, 'task' | 'library'>): { query: Record<string, QueryValue>; tags: string[] };
}

const LISTINGS: Record<Listing['kind'], Listing> = {
  model: {
    kind: 'model',
    path: '/api/models',
    fields: [...SHARED_FIELDS, 'pipeline_tag', 'library_name', 'safetensors', 'gguf'],
    filters: ({ task, library }) => ({ query: { pipeline_tag: task }, tags: library ? [library] : [] }),
  },
  dataset: {
    kind: 'dataset',
    path: '/api/datasets',
    fields: [...SHARED_FIELDS, 'description'],
    filters: ({ task, library }) => ({
      query: {},
      tags: [...(task ? [`task_categories:${task}`] : []), ...(library ? [`library:${library}`] : [])],
    }),
  },
};

/**
 * Searches models. The Hub matches the query with ids only; when a longer one finds nothing, its telling parts are tried.
 * @param hub the Hub
 * @param query what is looked for
 */
export function searchModels(hub: HubClient, query: SearchQuery): Promise<SearchPage> {
  return searchListing(hub, LISTINGS.model, query);
}

/**
 * Searches datasets, by the same rules.
 * @param hub the Hub
 * @param query what is looked for
 */
export function searchDatasets(hub: HubClient, query: SearchQuery): Promise<SearchPage> {
  return searchListing(hub, LISTINGS.dataset, query);
}

async function searchListing(hub: HubClient, listing: Listing, asked: SearchQuery): Promise<SearchPage> {
  // Ids hold no relevance to sort by, so what most people use comes first.
  const sort = asked.sort ?? (asked.query ? 'downloads' : 'trending');
  const { page: first, query } = await searchCorrected(hub, listing.kind, asked, (one) =>
    listPage(hub, listing, { ...one, sort }),
  );
  if (first.rows.length > 0 || !query.query) return first;
  const attempts = readTerms(query.query, listing.kind);
  const language = attempts[0]?.language;
  for (const terms of attempts) {
    const page = await listPage(hub, listing, { ...mergeTerms(query, terms), sort });
    if (page.rows.length > 0) {
      const dropped = language && !terms.language ? `; nothing was found with language:${language}` : '';
      return {
        ...page,
        notes: [
          ...new Set([...first.notes, ...page.notes]),
          `No ${listing.kind} id contains "${query.query}" (the Hub matches ids only). Searched instead for ${describeTerms(terms)}${dropped}.`,
        ],
      };
    }
  }
  return first;
}

function mergeTerms(query: SearchQuery, terms: Terms): SearchQuery {
  return {
    ...query,
    query: terms.words.join(' '),
    task: query.task ?? terms.task,
    tags: [...(query.tags ?? []), ...(terms.language ? [`language:${terms.language}`] : [])],
  };
}

async function listPage(hub: HubClient, listing: Listing, query: SearchQuery & { sort: Sort }): Promise<SearchPage> {
  const { query: filters, tags } = listing.filters(query);
  const wanted = query.offset + query.limit;
  const answer = await hub.request(listing.path, {
    query: {
      search: query.query,
      author: query.author,
      filter: [...tags, ...(query.tags ?? [])],
      ...filters,
      sort: HUB_SORTS[query.sort],
      direction: -1,
      limit: wanted,
      'expand[]': listing.fields,
    },
    cache: 'list',
  });
  const found = records(answer.json());
  return {
    rows: found.slice(query.offset, wanted).map((row) => readRow(listing.kind, row)),
    more: nextPage(answer.headers) !== undefined && found.length >= wanted,
    order: `by ${query.sort}`,
    notes: staleNotes(answer),
  };
}

function readRow(kind: RepoRow['kind'], row: Record<string, unknown>): RepoRow {
  const tags = lines(row.tags);
  return {
    kind,
    id: line(row.id ?? row.modelId) ?? '',
    description: line(row.description, 300),
    task: line(row.pipeline_tag) ?? tagValues(tags, 'task_categories')[0],
    library: line(row.library_name),
    parameters: readParameters(row),
    size: tagValues(tags, 'size_categories')[0],
    licence: tagValues(tags, 'license')[0],
    downloads: count(row.downloads),
    likes: count(row.likes),
    trending: count(row.trendingScore),
    updated: line(row.lastModified),
    created: line(row.createdAt),
    gated: row.gated === 'auto' || row.gated === 'manual' || row.gated === true,
    private: row.private === true,
    disabled: row.disabled === true,
  };
}

function readParameters({ safetensors, gguf }: Record<string, unknown>): number | undefined {
  return count(record(safetensors).total) ?? count(record(gguf).total);
}
