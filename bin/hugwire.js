#!/usr/bin/env node
// CommonJS, as package.json beside it says: loading an ES module first costs every start a tenth of a bare Node's own.

const { homedir } = require('node:os');
const { isAbsolute } = require('node:path');

// util.styleText, which the prompts use, came with 20.12.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  process.stderr.write(`hugwire needs Node 20.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// A container's user may be in no /etc/passwd, and HOME be empty; then the home is where Docker puts it.
const variable = process.platform === 'win32' ? 'USERPROFILE' : 'HOME';
if (!isAbsolute(findHome())) {
  delete process.env[variable];
  process.env[variable] = findHome() || '/';
}
// From 22.1 on, Node keeps the compiled form of the program for the next start.
require('node:module').enableCompileCache?.();
require('../dist/start.cjs');

function findHome() {
  try {
    return homedir();
  } catch {
    return '';
  }
}
