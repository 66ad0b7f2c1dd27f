#!/usr/bin/env node
import module from 'node:module';

// util.styleText, which the prompts use, came with 20.12.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 12)) {
  process.stderr.write(`hugwire needs Node 20.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// From 22.1 on, Node keeps the compiled form of the program for the next start.
module.enableCompileCache?.();
await import('../dist/hugwire.js');
