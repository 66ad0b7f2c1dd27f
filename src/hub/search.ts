import { searchDatasets, searchModels } from './search-repos.js';
import { searchSpaces } from './search-spaces.js';
import type { HubClient, RepoKind } from './types.js';

/** Everything that can be searched. */
export const SEARCH_KINDS = ['model', 'dataset', 'space'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

export const SORTS = ['trending', 'downloads', 'likes', 'created', 'updated'] as const;
export type Sort = (typeof SORTS)[number];

/** What is looked for, in the words of the tool. */
export interface SearchQuery {
  query?: string;
  author?: string;
  task?: string;
  library?: string;
  tags?: readonly string[];
  sort?: Sort;
  limit: number;
  /** Results to skip. */
  offset: number;
}

/** One repository found. Fields that the Hub did not give are left out. */
export interface RepoRow {
  kind: RepoKind;
  id: string;
  title?: string;
  description?: string;
  task?: string;
  library?: string;
  /** Number of weights. */
  parameters?: number;
  /** Size category of a dataset, such as 10K<n<100K. */
  size?: string;
  licence?: string;
  downloads?: number;
  likes?: number;
  trending?: number;
  /** ISO 8601. */
  updated?: string;
  created?: string;
  gated?: boolean;
  private?: boolean;
  disabled?: boolean;
  sdk?: string;
  stage?: string;
  hardware?: string;
  /** Offers its functions over MCP as well. */
  mcp?: boolean;
}

export interface SearchPage<Row = RepoRow> {
  rows: Row[];
  /** Whether there are results beyond these. */
  more: boolean;
  /** How the results are ordered, in words. */
  order: string;
  /** What was done other than asked, in words: a shorter query, a fall-back. */
  notes: string[];
}

/** How each kind is searched. */
export const SEARCHES: Record<SearchKind, (hub: HubClient, query: SearchQuery) => Promise<SearchPage>> = {
  model: searchModels,
  dataset: searchDatasets,
  space: searchSpaces,
};
