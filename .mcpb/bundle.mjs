// Makes hugwire.mcpb, which Claude Desktop installs at a click: the published package with a manifest.
// Usage: node .mcpb/bundle.mjs [file]; the official tool is taken from the registry, or from MCPB_TOOL (its script).
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TOOL = '@anthropic-ai/mcpb@2.1.2';
const output = resolve(process.argv[2] ?? 'hugwire.mcpb');
const root = resolve(import.meta.dirname, '..');
const shell = process.platform === 'win32';

function mcpb(...args) {
  const { MCPB_TOOL: script } = process.env;
  if (script) execFileSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  else execFileSync('npx', ['-y', TOOL, ...args], { stdio: 'inherit', shell });
}

const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'hugwire-mcpb-'));
try {
  for (const name of [...files, 'package.json', 'LICENSE'])
    cpSync(join(root, name), join(work, name), { recursive: true });
  copyFileSync(join(root, '.mcpb', 'manifest.json'), join(work, 'manifest.json'));
  mcpb('validate', join(work, 'manifest.json'));
  mcpb('pack', work, output);
} finally {
  rmSync(work, { recursive: true, force: true });
}
