// Keeps the compiled form of the program for the next start, which Node 20 does not do by itself, and Node 22 and 24 do
// less well: a start takes 20 ms longer with theirs. Whatever is wrong with what is kept, the program runs: V8 refuses what
// it did not write for exactly this code and version.
const fs = require('node:fs');
const { Module, createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { Script } = require('node:vm');

/** After so many milliseconds the first answers are out, and most of what a start compiles lazily is compiled. */
const IDLE_MS = 3000;
/** What was written longer ago than this is most likely of a version that is no longer installed. */
const STALE_MS = 30 * 24 * 3600 * 1000;
/** Marks code that was built: the digest of the rest stands in a comment before it. */
const DIGEST = /^\/\*([0-9a-f]{64})\*\//;

/**
 * Runs a CommonJS file as `require` does, from its compiled form if that is there.
 * @param {string} file absolute path
 */
function run(file) {
  const code = fs.readFileSync(file, 'utf8');
  const kept = keptPath(code);
  const cachedData = kept && readSafely(kept);
  const script = new Script(Module.wrap(code), { filename: file, cachedData });
  const module = new Module(file, null);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  // Other chunks of the program ask for this one by its path.
  require.cache[file] = module;
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  module.loaded = true;
  if (kept && (!cachedData || script.cachedDataRejected)) setTimeout(() => keep(script, kept), IDLE_MS).unref();
}

/** Where the compiled form of this code belongs, under its digest, Node's version and the machine's kind. */
function keptPath(code) {
  // The variable by which later versions of Node are told the same.
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  const digest = DIGEST.exec(code)?.[1];
  const { version, arch } = process;
  return digest && path.join(cacheDirectory(), 'compiled', `${digest.slice(0, 32)}-${version}-${arch}.bin`);
}

/** hugwire's cache directory, as src/config/paths.ts finds it, which is not loaded yet. */
function cacheDirectory() {
  const { HUGWIRE_HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  const home = os.homedir();
  const own = HUGWIRE_HOME?.trim();
  if (own) return path.join(path.resolve(/^~(?=$|[\\/])/.test(own) ? path.join(home, own.slice(1)) : own), 'cache');
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'hugwire');
  if (process.platform === 'win32')
    return path.join(LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'hugwire', 'Cache');
  return path.join(XDG_CACHE_HOME || path.join(home, '.cache'), 'hugwire');
}

/** The bytes of a file, if nobody but this user can have written them: they are as good as code. */
function readSafely(file) {
  try {
    if (!isOurs(path.dirname(file)) || !isOurs(file)) return undefined;
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

function isOurs(file) {
  const found = fs.lstatSync(file);
  if (found.isSymbolicLink()) return false;
  // On Windows the access rules of the user's own folder hold, which a mode does not show.
  return process.platform === 'win32' || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
}

/** Writes the compiled form, whole or not at all, and removes those that have long been of no use. */
function keep(script, file) {
  const directory = path.dirname(file);
  const partial = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!isOurs(directory)) return;
    for (const one of fs.readdirSync(directory).map((name) => path.join(directory, name))) {
      if (fs.lstatSync(one).mtimeMs < Date.now() - STALE_MS) fs.rmSync(one, { force: true });
    }
    fs.writeFileSync(partial, script.createCachedData(), { mode: 0o600, flag: 'wx' });
    fs.renameSync(partial, file);
  } catch {
    fs.rmSync(partial, { force: true });
  }
}

module.exports = { run };
