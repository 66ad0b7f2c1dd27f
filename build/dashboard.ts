import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Plugin as EsbuildPlugin, type Metafile } from 'esbuild';

const SOURCE = 'src/dashboard/web';
const STATIC = ['index.html', 'icon.svg'];
/** What the program imports the page by; see src/dashboard/page.d.ts. */
const MODULE = /^hugwire:page$/;

/**
 * Builds the dashboard's page (one script, one style sheet and what is beside them) and lets the program import it as texts
 * by their file names.
 * @returns the plugin, and what is in the page once the plugin has built it
 */
export function bundlePage(): { plugin: EsbuildPlugin; metafile(): Metafile | undefined } {
  let built: Metafile | undefined;
  const plugin: EsbuildPlugin = {
    name: 'dashboard-page',
    setup(program) {
      program.onResolve({ filter: MODULE }, ({ path }) => ({ path, namespace: 'dashboard-page' }));
      program.onLoad({ filter: MODULE, namespace: 'dashboard-page' }, async () => {
        const { outputFiles, metafile } = await buildPage();
        built = metafile;
        const files = outputFiles.map(({ path, text }) => [basename(path), text]);
        for (const name of STATIC) files.push([name, await readFile(join(SOURCE, name), 'utf8')]);
        return { contents: `export default ${JSON.stringify(Object.fromEntries(files))};` };
      });
    },
  };
  return { plugin, metafile: () => built };
}

function buildPage() {
  return build({
    metafile: true,
    entryPoints: { app: join(SOURCE, 'main.tsx') },
    outdir: 'dist',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  });
}
