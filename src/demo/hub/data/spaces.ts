import type { SpaceSeed } from '../build/seeds.js';
import { demoSpaces } from './spaces/demo.js';
import { otherSpaces } from './spaces/others.js';
import { pictureSpaces } from './spaces/pictures.js';

/** All Spaces of the small Hub. */
export const spaceSeeds: SpaceSeed[] = [...demoSpaces, ...pictureSpaces, ...otherSpaces];
