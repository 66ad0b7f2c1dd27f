import type { SpaceSeed } from '../build/seeds.js';
import { demoSpaces } from './spaces/demo.js';

/** All Spaces of the small Hub. */
export const spaceSeeds: SpaceSeed[] = [...demoSpaces];
