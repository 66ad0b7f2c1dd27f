#!/usr/bin/env node
import module, { createRequire } from 'node:module';

const [major] = process.versions.node.split('.');
if (Number(major) < 20) {
  process.stderr.write(`hugwire needs Node 20 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
module.enableCompileCache?.();
createRequire(import.meta.url)('../dist/hugwire.cjs');
