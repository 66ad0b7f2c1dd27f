#!/usr/bin/env node
// CommonJS, as bin/package.json says: an ES module would cost every start a tenth of a bare Node's own.

// util.styleText, which the prompts use, came with 20.12.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  process.stderr.write(`hugwire needs Node 20.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
require('./compiled.js').run(require.resolve('../dist/hugwire.cjs'));
