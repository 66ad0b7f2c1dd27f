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
  esbuildPlugins: [withoutAjv],
  plugins: [
    {
      // esbuild splits ES modules only, and Node starts CommonJS sooner: split first, then turn each chunk into CommonJS.
      name: 'chunks-to-commonjs',
      async renderChunk(code) {
        const supported = { 'dynamic-import': false };
        return transform(code, { format: 'cjs', platform: 'node', target: 'node20', minify: true, supported });
      },
    },
  ],
});
