import { type HugwireError, toHugwireError } from '../../lib/errors.js';
import { fold } from '../../lib/nearest.js';
import { count, line, lines, nextPage, records, tagValues } from '../fields.js';
import { readSpaceRecord } from '../space.js';
import { staleNotes } from '../staleness.js';
import type { HubClient } from '../types.js';
import { searchCorrected } from './filters.js';
import { cutQuery } from './query.js';
import { HUB_SORTS } from './repos.js';
import type { RepoRow, SearchPage, SearchQuery, Sort } from './types.js';

const SDKS = ['gradio', 'docker', 'static', 'streamlit'];
const FIELDS = [
  'likes',
  'private',
  'disabled',
  'createdAt',
  'lastModified',
  'trendingScore',
  'tags',
  'sdk',
  'runtime',
  'cardData',
];

const NO_DOWNLOADS = 'Spaces have no downloads; sorted by likes.';

/**
 * Searches Spaces: by meaning when there is a query, by keyword when that fails or an author is given.
 * @param hub the Hub
 * @param query what is looked for
 */
export async function searchSpaces(hub: HubClient, asked: SearchQuery): Promise<SearchPage> {
  const library = SDKS.find((sdk) => fold(sdk) === fold(asked.library ?? '')) ?? asked.library;
  const { page } = await searchCorrected(hub, 'space', { ...asked, library }, (query) => findSpaces(hub, query));
  return page;
}

async function findSpaces(hub: HubClient, query: SearchQuery): Promise<SearchPage> {
  const words = [query.query, query.task?.replaceAll('-', ' ')].filter(Boolean).join(' ').trim();
  if (words === '' || query.author) return listSpaces(hub, query);
  try {
    return await searchByMeaning(hub, words, query);
  } catch (caught) {
    const error = toHugwireError(caught);
    if (!isWorthFallback(error)) throw error;
    const page = await listSpaces(hub, query);
    return { ...page, notes: [`Search by meaning failed (${error.code}); these match by name only.`, ...page.notes] };
  }
}

/** A failure of the semantic endpoint alone; the list would fail in the same way for the others. */
function isWorthFallback({ code }: HugwireError): boolean {
  return (
    code === 'unavailable' ||
    code === 'timeout' ||
    code === 'not_found' ||
    code === 'invalid_arguments' ||
    code === 'internal'
  );
}

async function searchByMeaning(hub: HubClient, words: string, query: SearchQuery): Promise<SearchPage> {
  const asked = cutQuery(words);
  let found = await fetchBatch(hub, asked.words, query, false);
  if (found.rows.length === 0) {
    found = await fetchBatch(hub, asked.words, query, true);
    if (found.rows.length > 0)
      found.notes.push('No running Space matches; these are asleep or stopped (space_call wakes those that sleep).');
  }
  const { rows: batch, notes } = found;
  const sorted = query.sort ? sortRows(batch, query.sort) : batch;
  return {
    rows: sorted.slice(query.offset, query.offset + query.limit),
    more: sorted.length > query.offset + query.limit,
    order: query.sort ? `by ${query.sort === 'downloads' ? 'likes' : query.sort}` : 'by meaning',
    notes: [...asked.notes, ...notes, ...(query.sort === 'downloads' ? [NO_DOWNLOADS] : [])],
  };
}

/** The endpoint gives one batch of about 100 and no pages; it is kept, and paged here. */
async function fetchBatch(
  hub: HubClient,
  words: string,
  query: SearchQuery,
  includeNonRunning: boolean,
): Promise<{ rows: RepoRow[]; notes: string[] }> {
  const sdk = SDKS.find((one) => one === query.library);
  const answer = await hub.request('/api/spaces/semantic-search', {
    query: {
      q: words,
      sdk,
      filter: [...(query.tags ?? []), ...(query.library && !sdk ? [query.library] : [])],
      includeNonRunning: includeNonRunning || undefined,
    },
    cache: 'batch',
  });
  return { rows: records(answer.json()).map(readRow), notes: staleNotes(answer) };
}

async function listSpaces(hub: HubClient, query: SearchQuery): Promise<SearchPage> {
  const sort: Sort = query.sort === 'downloads' ? 'likes' : (query.sort ?? (query.query ? 'likes' : 'trending'));
  const wanted = query.offset + query.limit;
  const answer = await hub.request('/api/spaces', {
    query: {
      search: query.query,
      author: query.author,
      filter: [...(query.tags ?? []), ...(query.library ? [query.library] : [])],
      sort: HUB_SORTS[sort],
      direction: -1,
      limit: wanted,
      'expand[]': FIELDS,
    },
    cache: 'list',
  });
  const rows = records(answer.json()).map(readRow);
  return {
    rows: rows.slice(query.offset, wanted),
    more: nextPage(answer.headers) !== undefined && rows.length >= wanted,
    order: `by ${sort}`,
    notes: [
      ...staleNotes(answer),
      ...(query.sort === 'downloads' ? [NO_DOWNLOADS] : []),
      ...(query.task ? ['Spaces are not listed by task, so it was left out; put it into the query.'] : []),
    ],
  };
}

function readRow(row: Record<string, unknown>): RepoRow {
  const { title, description, likes, private: isPrivate, sdk, category, stage, hardware, mcp } = readSpaceRecord(row);
  return {
    kind: 'space',
    id: line(row.id) ?? '',
    title,
    description,
    licence: tagValues(lines(row.tags), 'license')[0],
    likes,
    trending: count(row.trendingScore),
    updated: line(row.lastModified),
    created: line(row.createdAt),
    private: isPrivate,
    disabled: row.disabled === true,
    sdk,
    category,
    stage,
    hardware,
    mcp,
  };
}

const SORT_KEYS: Record<Sort, (row: RepoRow) => number> = {
  trending: (row) => row.trending ?? 0,
  downloads: (row) => row.likes ?? 0,
  likes: (row) => row.likes ?? 0,
  created: (row) => Date.parse(row.created ?? '') || 0,
  updated: (row) => Date.parse(row.updated ?? '') || 0,
};

function sortRows(rows: readonly RepoRow[], sort: Sort): RepoRow[] {
  return [...rows].sort((a, b) => SORT_KEYS[sort](b) - SORT_KEYS[sort](a));
}
