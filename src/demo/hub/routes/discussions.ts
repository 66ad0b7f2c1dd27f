import type { DemoRoute } from '../../types.js';

export const discussionsRoutes: DemoRoute[] = [];
