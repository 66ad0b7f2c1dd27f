import { searchCollections } from './search-collections.js';
import { searchDocs } from './search-docs.js';
import { searchPapers } from './search-papers.js';
import { searchDatasets, searchModels } from './search-repos.js';
import { searchSpaces } from './search-spaces.js';
import type { FoundRows, SearchKind, SearchPage, SearchQuery } from './search-types.js';
import type { HubClient } from './types.js';

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
