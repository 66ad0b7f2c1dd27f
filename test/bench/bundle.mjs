import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);

/**
 * Loads a module of the sources or tests, which is bundled for that.
 * @param path from the top of the repository, such as `./src/spaces/lock.ts`
 * @param directory where the bundle is written
 */
export async function loadSource(path, directory) {
  const outfile = join(directory, `${path.replaceAll(/\W/g, '-')}.cjs`);
  const absWorkingDir = join(import.meta.dirname, '..', '..');
  await build({ absWorkingDir, entryPoints: [path], outfile, bundle: true, format: 'cjs', platform: 'node' });
  return require(outfile);
}
