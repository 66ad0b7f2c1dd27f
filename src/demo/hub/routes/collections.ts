import type { DemoRoute } from '../../types.js';

export const collectionsRoutes: DemoRoute[] = [];
