import type { ModelSeed } from '../build/seeds.js';
import { audioModels } from './models/audio.js';
import { compactModels } from './models/compact.js';
import { embeddingModels } from './models/embeddings.js';
import { encoderModels } from './models/encoders.js';
import { imageModels } from './models/images.js';
import { languageModels } from './models/language.js';
import { ownModels } from './models/own.js';
import { reasoningModels } from './models/reasoning.js';
import { visionModels } from './models/vision.js';

/** All models of the small Hub. */
export const modelSeeds: ModelSeed[] = [
  ...languageModels,
  ...reasoningModels,
  ...compactModels,
  ...encoderModels,
  ...embeddingModels,
  ...visionModels,
  ...imageModels,
  ...audioModels,
  ...ownModels,
];
