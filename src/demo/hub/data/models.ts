import type { ModelSeed } from '../build/seeds.js';
import { languageModels } from './models/language.js';

/** All models of the small Hub. */
export const modelSeeds: ModelSeed[] = [...languageModels];
