import type { AnyTool } from './tool.js';

/** Names that models and other tools use for the arguments of hub_search, folded. */
export const SEARCH_ALIASES: AnyTool['aliases'] = {
  names: {
    q: 'query',
    search: 'query',
    text: 'query',
    kind: 'kinds',
    type: 'kinds',
    types: 'kinds',
    repotype: 'kinds',
    repotypes: 'kinds',
    owner: 'author',
    organization: 'author',
    pipelinetag: 'task',
    libraryname: 'library',
    filter: 'tags',
    filters: 'tags',
    sortby: 'sort',
    max: 'limit',
    n: 'limit',
  },
  values: {
    // The Hub's API says lastModified, Python and the CLI say last_modified.
    sort: {
      lastmodified: 'updated',
      modified: 'updated',
      recent: 'updated',
      recentlyupdated: 'updated',
      createdat: 'created',
      newest: 'created',
      new: 'created',
      recentlycreated: 'created',
      trendingscore: 'trending',
      hot: 'trending',
      popular: 'downloads',
      mostdownloads: 'downloads',
      mostdownloaded: 'downloads',
      mostlikes: 'likes',
      mostliked: 'likes',
    },
    kinds: {
      models: 'model',
      datasets: 'dataset',
      spaces: 'space',
      papers: 'paper',
      collections: 'collection',
      doc: 'docs',
      documentation: 'docs',
    },
  },
};
