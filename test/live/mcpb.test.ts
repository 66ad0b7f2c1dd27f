import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npmPackages, packageBin } from './packages.js';

const directory = await npmPackages('mcpb', { '@anthropic-ai/mcpb': '2.1.2' });
const work = mkdtempSync(join(tmpdir(), 'hugwire-mcpb-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(!directory)('the bundle for Claude Desktop', () => {
  it('passes the official tool, and is packed by it', () => {
    const tool = packageBin(directory as string, '@anthropic-ai/mcpb', 'mcpb');
    const file = join(work, 'hugwire.mcpb');
    const env = { ...process.env, MCPB_TOOL: tool };
    const output = execFileSync(process.execPath, ['.mcpb/bundle.mjs', file], { env, encoding: 'utf8' });
    expect(output).toContain('Manifest schema validation passes!');
    expect(existsSync(file)).toBe(true);
  });
});
