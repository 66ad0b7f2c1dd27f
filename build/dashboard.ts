import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

const SOURCE = 'src/dashboard/web';
const STATIC = ['index.html', 'icon.svg'];

/**
 * Builds the dashboard's page: one script, one style sheet and what is beside them, compressed, as they are sent to the browser.
 * @param directory takes them, each with `.gz` at its end
 * @returns what is in them
 */
export async function buildDashboard(directory: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    metafile: true,
    entryPoints: { app: join(SOURCE, 'main.tsx') },
    outdir: directory,
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  });
  await mkdir(directory, { recursive: true });
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  for (const name of STATIC) files.push({ name, contents: await readFile(join(SOURCE, name)) });
  for (const { name, contents } of files) {
    await writeFile(join(directory, `${name}.gz`), gzipSync(contents, { level: 9 }));
  }
  return metafile;
}
