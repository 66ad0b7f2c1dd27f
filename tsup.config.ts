import { transform } from 'esbuild';
import { defineConfig } from 'tsup';
import { onlySnippets, withoutEffects, withReplacements } from './build/plugins.js';

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
  esbuildPlugins: [withReplacements, withoutEffects, onlySnippets],
  esbuildOptions(options) {
    options.legalComments = 'none';
    options.charset = 'utf8';
  },
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
          charset: 'utf8',
          legalComments: 'none',
          supported,
        });
        const wrapsCommonJs = exports?.join() === 'default' && entryPoint?.includes('node_modules');
        return wrapsCommonJs ? { ...chunk, code: chunk.code + NAMED_EXPORTS } : chunk;
      },
    },
  ],
});
