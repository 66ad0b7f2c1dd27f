import { defineConfig } from 'tsup';
import { chunksToCommonJs } from './build/commonjs.js';
import { bundlePage } from './build/dashboard.js';
import { finishBundle } from './build/finish.js';
import { onlySnippets, withoutEffects, withReplacements } from './build/plugins.js';

const page = bundlePage();
const finish = finishBundle('hugwire.cjs', page.metafile);

export default defineConfig({
  entry: { hugwire: 'src/commands/main.ts' },
  outDir: 'dist',
  format: 'esm',
  outExtension: () => ({ js: '.cjs' }),
  platform: 'node',
  target: 'node20',
  // Its plugin for this would come before ours.
  removeNodeProtocol: false,
  splitting: true,
  minify: true,
  clean: true,
  // Everything is bundled: whoever installs hugwire installs one package.
  noExternal: [/.*/],
  esbuildOptions(options) {
    options.charset = 'utf8';
    options.legalComments = 'none';
  },
  esbuildPlugins: [withReplacements, withoutEffects, onlySnippets, page.plugin, finish.esbuild],
  plugins: [chunksToCommonJs, finish.tsup],
});
