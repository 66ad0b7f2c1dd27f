import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npmPackages } from './packages.js';

/** Node's own builds lie on npm, each as a package without scripts. */
const BUILD = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const VERSIONS = { 'node-20': '20.12.2', 'node-22': '22.23.3', 'node-24': '24.21.0' };

/** One of the lines of Node that hugwire runs on. */
export interface NodeBuild {
  version: string;
  /** Absolute path of the program. */
  path: string;
}

/**
 * Gives a build of each line of Node that hugwire runs on: the oldest of 20, and recent ones of the others.
 * @returns none, said on stderr, when the npm registry cannot be reached
 */
export async function nodeBuilds(): Promise<NodeBuild[]> {
  const packages = Object.entries(VERSIONS).map(([name, version]) => [name, `npm:${BUILD}@${version}`]);
  const directory = await npmPackages('nodes', Object.fromEntries(packages));
  if (directory === undefined) return [];
  return Object.entries(VERSIONS).map(([name, version]) => {
    const folder = join(directory, 'node_modules', name, 'bin');
    return { version, path: join(folder, existsSync(join(folder, 'node.exe')) ? 'node.exe' : 'node') };
  });
}
