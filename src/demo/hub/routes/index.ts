import type { DemoRoute } from '../../types.js';
import { accountRoutes } from './account.js';
import { collectionsRoutes } from './collections.js';
import { discoveryRoutes } from './discovery.js';
import { discussionsRoutes } from './discussions.js';
import { docsRoutes } from './docs.js';
import { historyRoutes } from './history.js';
import { listRoutes } from './lists.js';
import { papersRoutes } from './papers.js';
import { repoRoutes } from './repo.js';
import { resolveRoutes } from './resolve.js';
import { semanticRoutes } from './semantic.js';
import { spaceRoutes } from './spaces.js';
import { treeRoutes } from './tree.js';
import { viewerRoutes } from './viewer.js';
import { vocabularyRoutes } from './vocabulary.js';

/** Every endpoint of the small Hub; where two patterns fit, the earlier one is asked first. */
export const routes: DemoRoute[] = [
  ...accountRoutes,
  ...papersRoutes,
  ...collectionsRoutes,
  ...docsRoutes,
  ...viewerRoutes,
  ...discussionsRoutes,
  ...listRoutes,
  ...semanticRoutes,
  ...spaceRoutes,
  ...vocabularyRoutes,
  ...discoveryRoutes,
  ...treeRoutes,
  ...historyRoutes,
  ...resolveRoutes,
  ...repoRoutes,
];
