import { version } from '../package.json';

/** What stands in for a module that the program does not need, or needs only in part. */
export interface Replacement {
  /** The specifier that is imported. */
  module: RegExp;
  /** The package that imports it, where others are to get the real one. */
  importer?: string;
  /** The source that takes its place; its imports are resolved from the root of the repository, or of `within`. */
  contents: string;
  /** A package whose files `contents` imports by relative paths. */
  within?: string;
}

const EMPTY = 'module.exports = {};';

/** Why each may be replaced stands beside it. Tests of what uses the package hold the rest. */
export const REPLACEMENTS: Replacement[] = [
  // The version is all that the program knows of its manifest.
  { module: /^\.\.\/package\.json$/, importer: 'hugwire', contents: `export default { version: '${version}' };` },
  {
    // The SDK checks clients' answers to elicitation with ajv, which are not used; it would cost 25 ms of every start.
    module: /\/ajv-provider\.js$/,
    contents: `export class AjvJsonSchemaValidator {
      getValidator() { return (data) => ({ valid: true, data, errorMessage: undefined }); }
    }`,
  },
  // conf checks schemas and compares versions for migrations: it is given neither.
  { module: /^(?:ajv|semver$)/, importer: 'conf', contents: EMPTY },
  {
    // hugwire only reads with conf; what it writes with ends the process at every signal, whoever handles it.
    module: /^atomically$/,
    importer: 'conf',
    contents: `export const writeFileSync = () => { throw new Error('conf is here to read'); };`,
  },
  {
    // Its entry for Node loads its parts in a way that cannot be bundled.
    module: /^jsonc-parser$/,
    contents: `export { getNodeValue, parseTree, printParseErrorCode } from './lib/esm/main.js';`,
    within: 'jsonc-parser',
  },
  { module: /^js-yaml$/, contents: `export { loadAll, YAMLException } from './dist/js-yaml.mjs';`, within: 'js-yaml' },
  {
    module: /^hyparquet$/,
    contents: `export { parquetMetadataAsync, parquetReadObjects, parquetSchema } from './src/index.js';`,
    within: 'hyparquet',
  },
  { module: /^file-type$/, contents: `export { fileTypeFromBuffer } from './core.js';`, within: 'file-type' },
  {
    module: /^@clack\/prompts$/,
    contents: `export { confirm, isCancel, multiselect, password, select, text } from './dist/index.mjs';`,
    within: '@clack/prompts',
  },
  // For programs that open thousands of files at once.
  { module: /^graceful-fs$/, contents: `module.exports = require('node:fs');` },
  // It asks for line 3, whose one function was the module itself.
  { module: /^signal-exit$/, importer: 'proper-lockfile', contents: `module.exports = require('signal-exit').onExit;` },
  // cacache asks for the CommonJS copy; one of the two will do.
  { module: /^lru-cache$/, contents: `export { LRUCache } from './dist/esm/node/index.min.js';`, within: 'lru-cache' },
  { module: /^glob$/, importer: 'cacache', contents: `export { glob } from './src/hub/client/cache-glob.js';` },
  {
    // Of this, cacache uses two functions; the rest brings semver with it.
    module: /^@npmcli\/fs$/,
    contents: `exports.moveFile = require('./lib/move-file.js'); exports.withTempDir = require('./lib/with-temp-dir.js');`,
    within: '@npmcli/fs',
  },
  // Both bring a copy of line 3 of minipass, whose class was the module itself.
  ...['minipass-flush', 'minipass-pipeline'].map((importer) => ({
    module: /^minipass$/,
    importer,
    contents: `module.exports = require('minipass').Minipass;`,
  })),
  // For commands that are programs of their own, of which there are none.
  { module: /^node:child_process$/, importer: 'commander', contents: EMPTY },
  // Logs for the developers of other packages.
  { module: /^debug$/, contents: 'module.exports = () => Object.assign(() => {}, { enabled: false });' },
  // For versions of Node that have no streams and blobs of the web.
  { module: /^web-streams-polyfill/, contents: EMPTY },
  {
    module: /^fetch-blob/,
    contents: `const { Blob, File } = globalThis; export { Blob as default, Blob, File };
      const unused = undefined; export { unused as blobFrom, unused as blobFromSync, unused as fileFrom, unused as fileFromSync };`,
  },
  // Reads forms that a server sends, which none does.
  { module: /\/multipart-parser\.js$/, importer: 'node-fetch', contents: EMPTY },
];

/** Packages that do nothing when they are loaded, but do not say so: what is not used of them is left out. */
export const WITHOUT_EFFECTS = ['@huggingface/blake3-jit', '@huggingface/hub', '@huggingface/xetchunk-wasm'];
