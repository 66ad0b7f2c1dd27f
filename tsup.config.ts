import { defineConfig } from 'tsup';
import { noticesPlugin } from './build/notices.js';

const notices = noticesPlugin('dist/THIRD-PARTY.txt');

export default defineConfig([
  {
    // What answers first and loads the program: one CommonJS file, which Node starts soonest.
    name: 'start',
    entry: { start: 'src/commands/main.ts' },
    outDir: 'dist',
    format: 'cjs',
    outExtension: () => ({ js: '.cjs' }),
    platform: 'node',
    target: 'node20',
    noExternal: [/.*/],
    // CommonJS has no name for the place of a module.
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'moduleUrl' },
    esbuildOptions(options) {
      options.charset = 'utf8';
      options.legalComments = 'none';
      // Built below; it is loaded when the first answers are out.
      options.external = ['./program.js'];
    },
    esbuildPlugins: [notices],
  },
  {
    name: 'program',
    entry: { program: 'src/commands/program.ts', http: 'src/http/index.ts' },
    outDir: 'dist',
    // The types of what other programs import.
    publicDir: 'build/types',
    clean: ['!dashboard/**', '!start.cjs'],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    splitting: true,
    // Everything is bundled: whoever installs hugwire installs one package.
    noExternal: [/.*/],
    // What bundled CommonJS packages expect: they load parts of Node with `require`.
    banner: {
      js: [
        "import { createRequire } from 'node:module';",
        'const require = createRequire(import.meta.url);',
        'const __filename = import.meta.filename;',
      ].join('\n'),
    },
    esbuildOptions(options) {
      options.charset = 'utf8';
      // Notices are in a file of their own.
      options.legalComments = 'none';
      // Only who names Redis needs it, and installs it beside hugwire.
      options.external = ['redis'];
      // ES modules where a package has both.
      options.mainFields = ['module', 'main'];
      options.alias = {
        ajv: './build/no-ajv.ts',
        'ajv/dist/2020.js': './build/no-ajv.ts',
        'ajv-formats': './build/no-ajv.ts',
        '@modelcontextprotocol/server/_shims': './build/no-ajv.ts',
        '@modelcontextprotocol/client/_shims': './build/no-ajv.ts',
      };
    },
    esbuildPlugins: [notices],
  },
  {
    name: 'dashboard',
    entry: { app: 'src/dashboard/web/main.tsx' },
    outDir: 'dist/dashboard',
    publicDir: 'src/dashboard/web/public',
    clean: true,
    format: 'iife',
    outExtension: () => ({ js: '.js' }),
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    noExternal: [/.*/],
    esbuildOptions(options) {
      options.charset = 'utf8';
      options.legalComments = 'none';
      options.jsx = 'automatic';
      options.jsxImportSource = 'preact';
    },
    esbuildPlugins: [notices],
  },
]);
