import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { REPLACEMENTS, WITHOUT_EFFECTS } from './replacements.js';
import { TASKS, writeSnippetTable } from './snippets.js';

/** Puts the modules of the table in the place of others. */
export const withReplacements: Plugin = {
  name: 'replacements',
  setup(build) {
    for (const [row, { module, importer, contents, within }] of REPLACEMENTS.entries()) {
      const namespace = `replacement-${row}`;
      build.onResolve({ filter: module }, (asked) => {
        const isMeant =
          !asked.namespace.startsWith('replacement') && (!importer || packageOf(asked.importer) === importer);
        return isMeant ? { path: asked.path, namespace } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, () => ({
        contents,
        loader: 'js',
        resolveDir: within ? `node_modules/${within}` : resolve('.'),
      }));
    }
  },
};

/** Tells esbuild which packages may be left out as far as nothing is used of them. */
export const withoutEffects: Plugin = {
  name: 'without-effects',
  setup(build) {
    const names = new RegExp(`^(?:${WITHOUT_EFFECTS.join('|')})$`);
    build.onResolve({ filter: names }, async ({ path, pluginData, ...from }) => {
      if (pluginData === names) return undefined;
      return { ...(await build.resolve(path, { ...from, pluginData: names })), sideEffects: false };
    });
  },
};

/** Of `@huggingface/tasks`, takes how models are used; see `writeSnippetTable`. */
export const onlySnippets: Plugin = {
  name: 'only-snippets',
  setup(build) {
    build.onResolve({ filter: /^@huggingface\/tasks$/ }, ({ path }) => ({ path, namespace: 'snippets' }));
    build.onLoad({ filter: /.*/, namespace: 'snippets' }, async () => ({
      contents: await writeSnippetTable(),
      resolveDir: TASKS,
    }));
  },
};

/** The folder of the package that a file lies in; undefined for the files of hugwire. */
export function packageFolderOf(file: string): string | undefined {
  return /^(?:.*[\\/])?node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
}

function packageOf(file: string): string {
  const folder = packageFolderOf(file)?.replaceAll('\\', '/');
  return folder?.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length) ?? 'hugwire';
}
