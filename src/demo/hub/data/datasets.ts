import type { DatasetSeed } from '../build/seeds.js';
import { corpora } from './datasets/corpora.js';
import { mediaDatasets } from './datasets/media.js';
import { textDatasets } from './datasets/text.js';

/** All datasets of the small Hub. */
export const datasetSeeds: DatasetSeed[] = [...textDatasets, ...corpora, ...mediaDatasets];
