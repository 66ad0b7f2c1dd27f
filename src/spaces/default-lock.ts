import { hashEntry, type LockEntry } from './lock.js';

const FLUX: Omit<LockEntry, 'hash'> = {
  space: 'black-forest-labs/FLUX.1-schnell',
  endpoint: '/infer',
  tool: 'generate_image',
  title: 'Generate an image',
  description:
    'Make a picture from a description, in seconds, with FLUX.1 [schnell]. Saves the file and shows it; returns the seed too.',
  schema: {
    type: 'object',
    properties: {
      prompt: { type: 'string', description: 'What to draw, in English' },
      seed: { type: 'integer', minimum: 0, maximum: 2147483647, default: 0 },
      randomize_seed: { type: 'boolean', default: true, description: 'false to use seed' },
      width: { type: 'integer', minimum: 256, maximum: 2048, default: 1024, description: 'step 32' },
      height: { type: 'integer', minimum: 256, maximum: 2048, default: 1024, description: 'step 32' },
      num_inference_steps: { type: 'integer', minimum: 1, maximum: 50, default: 4 },
    },
    required: ['prompt'],
  },
  files: [],
  pinnedAt: '2026-11-20T00:00:00.000Z',
};

/** The Spaces that a fresh install has pinned, so that it can make pictures at once. */
export const DEFAULT_LOCK: readonly LockEntry[] = [{ ...FLUX, hash: hashEntry(FLUX) }];
