// Loads the chunks of the bundle. `chunks` holds, as functions, those of every start, and stands before this in the entry;
// the others lie compressed beside it, as one file: most starts need none of them, and together they compress best.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const PARAMETERS = ['module', 'exports', 'require', '__dirname', '__filename'];
const loaded = new Map();
let parts;

function load(path) {
  if (!path.startsWith('./')) return require(path);
  const known = loaded.get(path);
  if (known) return known.exports;
  const module = { exports: {} };
  loaded.set(path, module);
  (chunks[path] ?? compile(path))(module, module.exports, load, __dirname, __filename);
  return module.exports;
}

function compile(path) {
  parts ??= JSON.parse(require('node:zlib').brotliDecompressSync(readFileSync(join(__dirname, PARTS))));
  const filename = join(__dirname, path);
  return require('node:vm').compileFunction(parts[path], PARAMETERS, { filename });
}

load(ENTRY);
