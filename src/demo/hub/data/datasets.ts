import type { DatasetSeed } from '../build/seeds.js';
import { textDatasets } from './datasets/text.js';

/** All datasets of the small Hub. */
export const datasetSeeds: DatasetSeed[] = [...textDatasets];
