import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** What bundled CommonJS packages expect: they load parts of Node with `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Imports a module of the sources or tests, which is bundled for that.
 * @param path from the top of the repository, such as `src/spaces/lock.ts`
 * @param directory where the bundle is written
 */
export async function importSource(path, directory) {
  const outfile = join(directory, `${path.replaceAll(/\W/g, '-')}.mjs`);
  const absWorkingDir = join(import.meta.dirname, '..', '..');
  const banner = { js: REQUIRE };
  await build({ absWorkingDir, entryPoints: [path], outfile, bundle: true, format: 'esm', platform: 'node', banner });
  return import(pathToFileURL(outfile).href);
}
