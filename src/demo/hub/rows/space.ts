import type { DemoRequest } from '../../types.js';
import { authorData } from '../authors.js';
import { categoryLabel } from '../data/categories.js';
import { DEMO_SPACE } from '../data/spaces/demo.js';
import type { DemoRuntime, DemoSpaceRepo } from '../repos.js';
import { commonFields } from './common.js';
import type { Shape } from './shape.js';

/** What the API says of Spaces. */
export const spaceShape: Shape<DemoSpaceRepo> = {
  fields: {
    ...commonFields,
    ai_category: (space) => categoryLabel(space.aiCategory),
    ai_short_description: (space) => space.aiShortDescription,
    authorData: (space) => authorData(space.author),
    colorFrom: (space) => space.colorFrom,
    colorTo: (space) => space.colorTo,
    datasets: (space) => space.datasets,
    emoji: (space) => space.emoji,
    featured: () => false,
    host: (space, request) => spaceHost(space, request),
    models: (space) => space.models,
    originSpace: ({ originSpace }) => originSpace && { name: originSpace },
    pinned: (space) => space.pinned,
    region: () => 'us',
    repoType: () => 'space',
    runtime: (space, request) => spaceRuntime(space, request),
    sdk: (space) => space.sdk,
    shortDescription: (space) => space.shortDescription,
    subdomain: (space) => space.subdomain,
    title: (space) => space.title,
    visibility: (space) => (space.private ? 'private' : 'public'),
  },
  expandable: [
    'author',
    'cardData',
    'createdAt',
    'datasets',
    'disabled',
    'lastModified',
    'likes',
    'models',
    'private',
    'region',
    'resourceGroup',
    'runtime',
    'sdk',
    'sha',
    'siblings',
    'subdomain',
    'tags',
    'trendingScore',
    'usedStorage',
  ],
  row: ['likes', 'trendingScore', 'private', 'sdk', 'tags', 'createdAt', 'ai_category', 'ai_short_description'],
  full: [
    'author',
    'sha',
    'lastModified',
    'subdomain',
    'cardData',
    'siblings',
    'models',
    'datasets',
    'runtime',
    'featured',
    'visibility',
  ],
  detail: [
    'author',
    'sha',
    'lastModified',
    'private',
    'gated',
    'disabled',
    'host',
    'subdomain',
    'tags',
    'likes',
    'sdk',
    'cardData',
    'models',
    'datasets',
    'runtime',
    'siblings',
    'securityRepoStatus',
    'createdAt',
    'usedStorage',
  ],
};

/** Fields of a hit of the semantic search, beside its score. */
export const SEMANTIC_HIT = [
  'author',
  'authorData',
  'title',
  'emoji',
  'colorFrom',
  'colorTo',
  'sdk',
  'likes',
  'private',
  'tags',
  'runtime',
  'shortDescription',
  'ai_short_description',
  'ai_category',
  'trendingScore',
  'lastModified',
  'createdAt',
  'pinned',
  'originSpace',
  'repoType',
];

/** The address of a Space's app; the demo Space's is wherever the demo started it. */
export function spaceHost(space: DemoSpaceRepo, { spaceHost: demo, closed }: DemoRequest): string {
  if (demo && space.id === DEMO_SPACE) return `http://${demo}`;
  return closed ? '' : `https://${space.subdomain}.hf.space`;
}

/** What the Hub says of the machine that a Space runs on. */
export function spaceRuntime(space: DemoSpaceRepo, { spaceHost: demo, closed }: DemoRequest): DemoRuntime {
  if (!demo || space.id !== DEMO_SPACE) return closed ? { ...space.runtime, domains: [] } : space.runtime;
  return { ...space.runtime, domains: [{ domain: demo, stage: 'READY' }] };
}
