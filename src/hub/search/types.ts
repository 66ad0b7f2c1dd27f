import type { RepoKind } from '../types.js';

/** Everything that can be searched. */
export const SEARCH_KINDS = ['model', 'dataset', 'space', 'paper', 'collection', 'docs'] as const;
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
  /** What a Space is for, in the Hub's words: Image Generation. */
  category?: string;
  stage?: string;
  hardware?: string;
  /** Offers its functions over MCP as well. */
  mcp?: boolean;
}

export interface PaperRow {
  kind: 'paper';
  /** As hub_read takes it: `papers/2407.21783`. */
  id: string;
  title: string;
  authors?: string[];
  summary?: string;
  /** Day. */
  published?: string;
  upvotes?: number;
  comments?: number;
  /** Who submitted it, where that is an organisation. */
  organization?: string;
  /** Address of its project. */
  project?: string;
  /** Address of its code. */
  code?: string;
  /** Of its code on GitHub. */
  stars?: number;
  /** Day on which its authors took it back. */
  withdrawn?: string;
}

export interface CollectionRow {
  kind: 'collection';
  /** As hub_read takes it: `collections/owner/slug`. */
  id: string;
  title: string;
  description?: string;
  owner?: string;
  /** Items by type, of the first that the list shows. */
  kinds?: Record<string, number>;
  /** Set when there may be items beyond those. */
  more?: true;
  upvotes?: number;
  /** Day. */
  updated?: string;
}

export interface DocsRow {
  kind: 'docs';
  /** As hub_read takes it: `docs/transformers/quicktour#anchor`. */
  id: string;
  /** Headings down to the passage. */
  title: string;
  /** The passage's begin. */
  description?: string;
}

/** What a search of each kind finds. */
export interface FoundRows {
  model: RepoRow;
  dataset: RepoRow;
  space: RepoRow;
  paper: PaperRow;
  collection: CollectionRow;
  docs: DocsRow;
}

export type SearchRow = FoundRows[SearchKind];

export interface SearchPage<Row = RepoRow> {
  rows: Row[];
  /** Whether there are results beyond these. */
  more: boolean;
  /** How the results are ordered, in words. */
  order: string;
  /** What was done other than asked, in words: a shorter query, a fall-back. */
  notes: string[];
}
