import type { DemoRepo } from '../repos.js';
import type { Fields } from './shape.js';
import { securityRepoStatus, siblings } from './siblings.js';

/** Fields that all kinds of repository have. */
export const commonFields: Fields<DemoRepo> = {
  author: (repo) => repo.author,
  cardData: (repo) => repo.cardData,
  createdAt: (repo) => repo.createdAt,
  disabled: (repo) => repo.disabled,
  gated: (repo) => repo.gated,
  lastModified: (repo) => repo.lastModified,
  likes: (repo) => repo.likes,
  private: (repo) => repo.private,
  resourceGroup: () => undefined,
  securityRepoStatus,
  sha: (repo) => repo.sha,
  siblings: (repo, request) => siblings(repo.refs[0]?.files ?? [], request),
  tags: (repo) => repo.tags,
  trendingScore: (repo) => repo.trendingScore,
  usedStorage: (repo) => repo.usedStorage,
};
