import type { DemoRoute } from '../../types.js';

export const viewerRoutes: DemoRoute[] = [];
