import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, startHttpServer } from '../../e2e/http-server.js';
import { makeHome } from '../../e2e/server-process.js';
import { Shell } from '../../e2e/shell.js';
import { directory, notPassed, WANTS_TOOLS_OF_THE_SUITE } from '../conformance.js';

// The suite has no way to send a key.
async function withKey({ url, headers }: HttpServer): Promise<{ server: Server; url: string }> {
  const server = createServer((asked, answer) => {
    const relayed = request(
      new URL(asked.url ?? '/', url),
      { method: asked.method, headers: { ...asked.headers, ...headers } },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(answer);
      },
    );
    relayed.on('error', () => answer.destroy());
    answer.on('close', () => relayed.destroy());
    asked.pipe(relayed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` };
}

const EARLIER = '2025-11-25';
const MODERN = '2026-07-28';

/** The protocol's own conformance suite against the built server, with its real tools. */
describe.skipIf(!directory).each<[string, string[], [scenario: string, version: string, misses: object][]]>([
  [
    'as it is',
    [],
    [
      ['server-initialize', EARLIER, {}],
      ['ping', EARLIER, {}],
      ['tools-list', EARLIER, {}],
      ['resources-list', EARLIER, {}],
      [
        'server-session-lifecycle',
        EARLIER,
        // There is nothing to delete.
        { 'server-session-delete-accepted': 'SKIPPED', 'server-session-terminated-returns-404': 'SKIPPED' },
      ],
      ['dns-rebinding-protection', EARLIER, {}],
      ['http-header-validation', MODERN, {}],
      ['tools-list', MODERN, {}],
      ['dns-rebinding-protection', MODERN, {}],
      ['server-stateless', MODERN, WANTS_TOOLS_OF_THE_SUITE],
      // hugwire has no prompts, and declares none.
      ['caching', MODERN, { 'sep-2549-prompts-list-caching-hints': 'FAILURE' }],
    ],
  ],
  [
    'with sessions',
    ['--sessions'],
    [
      ['server-initialize', EARLIER, {}],
      ['tools-list', EARLIER, {}],
      ['server-session-lifecycle', EARLIER, {}],
      // hugwire closes no stream of its own accord.
      ['server-sse-polling', EARLIER, { 'server-sse-disconnect-resume': 'WARNING' }],
      ['server-sse-multiple-streams', EARLIER, {}],
      ['dns-rebinding-protection', EARLIER, {}],
      ['http-header-validation', MODERN, {}],
    ],
  ],
])('MCP conformance over HTTP, %s', (_, args, scenarios) => {
  const home = makeHome();
  const shell = new Shell();
  let server: HttpServer;
  let relay: Awaited<ReturnType<typeof withKey>>;
  beforeAll(async () => {
    server = await startHttpServer(['--demo', ...args], shell);
    relay = await withKey(server);
  });
  afterAll(async () => {
    relay.server.closeAllConnections();
    await new Promise((resolve) => relay.server.close(resolve));
    await server.stop('SIGINT');
    shell.remove();
    home.remove();
  });

  it.each(scenarios)('%s of %s', async (scenario, version, misses) => {
    const found = await notPassed('conformance-next', scenario, relay.url, home.env, '--spec-version', version);
    expect(found).toEqual(misses);
  });
});
