import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BIN, makeHome } from '../e2e/server-process.js';
import { directory, notPassed, WANTS_TOOLS_OF_THE_SUITE } from './conformance.js';
import { packageBin } from './packages.js';
import { freePort } from './ports.js';

/** The protocol's own conformance suite. It speaks HTTP only, so a bridge stands between it and the built server. */
describe.skipIf(!directory)('MCP conformance', () => {
  const home = makeHome();
  afterAll(() => home.remove());

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
        ['conformance-next', 'server-stateless', WANTS_TOOLS_OF_THE_SUITE],
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
      expect(await notPassed(suite, scenario, `http://127.0.0.1:${port}/mcp`, home.env), log).toEqual(misses);
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
