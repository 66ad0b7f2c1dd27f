import type { HubClient } from '../types.js';
import { searchCollections } from './collections.js';
import { searchDocs } from './docs.js';
import { searchPapers } from './papers.js';
import { searchDatasets, searchModels } from './repos.js';
import { searchSpaces } from './spaces.js';
import type { FoundRows, SearchKind, SearchPage, SearchQuery } from './types.js';

/** How each kind is searched. */
export const SEARCHES: {
  [Kind in SearchKind]: (hub: HubClient, query: SearchQuery) => Promise<SearchPage<FoundRows[Kind]>>;
} = {
  model: searchModels,
  dataset: searchDatasets,
  space: searchSpaces,
  paper: searchPapers,
  collection: searchCollections,
  docs: searchDocs,
};
