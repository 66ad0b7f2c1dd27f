import { datasets } from './datasets.js';
import { diffusers } from './diffusers.js';
import { hub } from './hub.js';
import { transformers } from './transformers.js';
import type { DemoDocsProduct } from './types.js';

export type { DemoDocsPage, DemoDocsProduct } from './types.js';

/** The documentation of the small Hub: short pages of its own, at the paths of the real ones. */
export const docs: readonly DemoDocsProduct[] = [hub, transformers, datasets, diffusers];
