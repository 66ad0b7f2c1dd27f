import { resolve } from 'node:path';
import { type Plugin as EsbuildPlugin, transform } from 'esbuild';
import { defineConfig } from 'tsup';

/**
 * The SDK checks clients' answers to elicitation with ajv, and conf checks schemas that hugwire does not give it. Neither
 * is used here, and ajv would cost 25 ms of every start.
 */
const withoutAjv: EsbuildPlugin = {
  name: 'without-ajv',
  setup(build) {
    build.onResolve({ filter: /\/ajv-provider\.js$/ }, ({ path }) => ({ path, namespace: 'no-ajv' }));
    build.onLoad({ filter: /.*/, namespace: 'no-ajv' }, () => ({
      contents: `export class AjvJsonSchemaValidator {
        getValidator() { return (data) => ({ valid: true, data, errorMessage: undefined }); }
      }`,
    }));
    build.onResolve({ filter: /^ajv/ }, ({ path, importer }) =>
      /[\\/]node_modules[\\/]conf[\\/]/.test(importer) ? { path, namespace: 'empty' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** What is used of packages that come in one piece, as modules inside each of them. */
const PARTS: Record<string, string> = {
  '@huggingface/tasks': `
    export { MODEL_LIBRARIES_UI_ELEMENTS } from './dist/esm/model-libraries.js';
    export * from './dist/esm/gguf.js';`,
  // Its entry for Node loads its parts in a way that cannot be bundled.
  'jsonc-parser': `export { getNodeValue, parseTree, printParseErrorCode } from './lib/esm/main.js';`,
  'js-yaml': `export { loadAll } from './dist/js-yaml.mjs';`,
  hyparquet: `export { parquetMetadataAsync, parquetReadObjects, parquetSchema } from './src/index.js';`,
  // cacache asks for the CommonJS copy; one of the two will do.
  'lru-cache': `export { LRUCache } from './dist/esm/node/index.min.js';`,
};

/** Leaves out of the bundle what is not used of the packages above, which is most of them. */
const onlyParts: EsbuildPlugin = {
  name: 'only-parts',
  setup(build) {
    const names = new RegExp(`^(?:${Object.keys(PARTS).join('|')})$`);
    build.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'parts' }));
    build.onLoad({ filter: /.*/, namespace: 'parts' }, ({ path }) => ({
      contents: PARTS[path],
      resolveDir: `node_modules/${path}`,
    }));
    build.onResolve({ filter: /^glob$/ }, () => ({ path: resolve('src/hub/cache-glob.ts') }));
    // For versions of Node that have no streams of the web.
    build.onResolve({ filter: /^web-streams-polyfill/ }, ({ path }) => ({ path, namespace: 'empty' }));
  },
};

/** A CommonJS package behind `import()` has its members as named exports in Node; esbuild's chunks give only the default. */
const NAMED_EXPORTS = `
for (const name of Object.keys(Object(module.exports.default)))
  if (!(name in module.exports)) module.exports[name] = module.exports.default[name];
`;

export default defineConfig({
  entry: { hugwire: 'src/cli/main.ts' },
  outDir: 'dist',
  format: 'esm',
  outExtension: () => ({ js: '.cjs' }),
  platform: 'node',
  target: 'node20',
  splitting: true,
  minify: true,
  clean: true,
  // Everything is bundled: whoever installs hugwire installs one package.
  noExternal: [/.*/],
  esbuildPlugins: [withoutAjv, onlyParts],
  plugins: [
    {
      // esbuild splits ES modules only, and Node starts CommonJS sooner: split first, then turn each chunk into CommonJS.
      name: 'chunks-to-commonjs',
      async renderChunk(code, { exports, entryPoint }) {
        const supported = { 'dynamic-import': false };
        const chunk = await transform(code, {
          format: 'cjs',
          platform: 'node',
          target: 'node20',
          minify: true,
          supported,
        });
        const wrapsCommonJs = exports?.join() === 'default' && entryPoint?.includes('node_modules');
        return wrapsCommonJs ? { ...chunk, code: chunk.code + NAMED_EXPORTS } : chunk;
      },
    },
  ],
});
