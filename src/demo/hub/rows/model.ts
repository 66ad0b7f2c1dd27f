import type { DemoRequest } from '../../types.js';
import type { DemoModel } from '../repos.js';
import { models, spaces } from '../world.js';
import { commonFields } from './common.js';
import type { Shape } from './shape.js';

/** What the API says of models. */
export const modelShape: Shape<DemoModel> = {
  fields: {
    ...commonFields,
    baseModels: ({ baseModels }) =>
      baseModels && {
        relation: baseModels.relation,
        models: baseModels.ids.map((id) => ({ _id: models.find((model) => model.id === id)?._id, id })),
      },
    childrenModelCount: countChildren,
    config: (model) => model.config,
    downloads: (model) => model.downloads,
    downloadsAllTime: (model) => model.downloadsAllTime,
    evalResults: () => undefined,
    gguf: (model) => model.gguf,
    inference: ({ providers }) => (providers.length > 0 ? 'warm' : undefined),
    inferenceProviderMapping: providerMapping,
    library_name: (model) => model.library,
    mask_token: (model) => model.maskToken,
    'model-index': (model) => model.modelIndex ?? null,
    modelId: (model) => model.id,
    pipeline_tag: (model) => model.pipelineTag,
    safetensors: (model) => model.safetensors,
    spaces: ({ id }) => spaces.filter((space) => !space.private && space.models.includes(id)).map((space) => space.id),
    transformersInfo: (model) => model.transformersInfo,
    widgetData: (model) => model.widgetData,
    xetEnabled: () => true,
  },
  expandable: [
    'author',
    'baseModels',
    'cardData',
    'childrenModelCount',
    'config',
    'createdAt',
    'disabled',
    'downloads',
    'downloadsAllTime',
    'evalResults',
    'gated',
    'gguf',
    'inference',
    'inferenceProviderMapping',
    'lastModified',
    'library_name',
    'likes',
    'mask_token',
    'model-index',
    'pipeline_tag',
    'private',
    'resourceGroup',
    'safetensors',
    'sha',
    'siblings',
    'spaces',
    'tags',
    'transformersInfo',
    'trendingScore',
    'usedStorage',
    'widgetData',
    'xetEnabled',
  ],
  row: [
    'likes',
    'trendingScore',
    'private',
    'downloads',
    'tags',
    'pipeline_tag',
    'library_name',
    'createdAt',
    'modelId',
  ],
  full: ['author', 'gated', 'lastModified', 'sha', 'siblings'],
  detail: [
    'private',
    'pipeline_tag',
    'library_name',
    'tags',
    'downloads',
    'likes',
    'modelId',
    'author',
    'sha',
    'lastModified',
    'gated',
    'disabled',
    'widgetData',
    'mask_token',
    'model-index',
    'config',
    'cardData',
    'transformersInfo',
    'gguf',
    'safetensors',
    'spaces',
    'siblings',
    'securityRepoStatus',
    'createdAt',
    'inference',
    'usedStorage',
  ],
};

/** How many models of the demo were made from this one, by the way they were made. */
function countChildren({ id }: DemoModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { baseModels } of models) {
    if (baseModels?.ids.includes(id)) counts[baseModels.relation] = (counts[baseModels.relation] ?? 0) + 1;
  }
  return counts;
}

/** A list in lists, a map from the provider's name in the answer about one model. */
function providerMapping({ providers }: DemoModel, request: DemoRequest): unknown {
  if (request.path === '/api/models') return providers;
  return Object.fromEntries(providers.map(({ provider, ...rest }) => [provider, rest]));
}
