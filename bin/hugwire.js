#!/usr/bin/env node
import module, { createRequire } from 'node:module';

// AbortSignal.any came with 20.3.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 3)) {
  process.stderr.write(`hugwire needs Node 20.3 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
module.enableCompileCache?.();
createRequire(import.meta.url)('../dist/hugwire.cjs');
