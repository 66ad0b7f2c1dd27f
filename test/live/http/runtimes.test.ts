import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { startDemoSpace } from '../../../src/world/space/server.js';
import { makeHome } from '../../e2e/server-process.js';
import { npmPackages } from '../packages.js';

// Their binaries are packages of this platform only.
const supported = process.platform === 'linux' && process.arch === 'x64';
if (!supported) console.warn('Skipped: the suite with Deno and Bun runs on Linux (x64) only.');
const directory = supported
  ? await npmPackages('runtimes', { '@deno/linux-x64-glibc': '2.9.6', '@oven/bun-linux-x64': '1.4.5' })
  : undefined;

const LIBRARY = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'dist', 'http.js')).href;
const PROGRAM = `import { createFetchHandler } from ${JSON.stringify(LIBRARY)};
const server = await createFetchHandler({ http: { auth: 'anonymous' } });
const fetch = (request) => server.fetch(request);
const options = { port: 0, hostname: '127.0.0.1' };
const port = globalThis.Deno
  ? Deno.serve({ ...options, onListen() {} }, fetch).addr.port
  : Bun.serve({ ...options, fetch, idleTimeout: 0 }).port;
console.log('http://127.0.0.1:' + port + '/mcp');`;

describe.skipIf(!directory).each([
  ['Deno', ['@deno/linux-x64-glibc/deno', 'run', '-A']],
  ['Bun', ['@oven/bun-linux-x64/bin/bun']],
])('%s', (_, [binary = '', ...args]) => {
  it.each([
    ['earlier revisions', 'legacy' as const],
    ['2026-07-28', { pin: '2026-07-28' }],
  ])('serves clients of %s: a search, and a picture of a Space with progress', async (_era, mode) => {
    const space = await startDemoSpace();
    const hub = await startDemoHub({ spaceHost: new URL(space.url).host });
    const place = makeHome({ HF_ENDPOINT: hub.url });
    const script = join(place.home, 'server.mjs');
    writeFileSync(script, PROGRAM);
    const child = spawn(join(directory as string, 'node_modules', binary), [...args, script], { env: place.env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    try {
      const url = await vi.waitUntil(() => /^http\S+/m.exec(said)?.[0], { timeout: 30_000 });
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(new URL(url)));
      const search = { name: 'hub_search', arguments: { query: 'whisper', kinds: ['model'] } };
      expect(JSON.stringify((await client.callTool(search)).content)).toContain('openai/whisper-large-v3 |');
      const steps: number[] = [];
      const args = { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'dusk' } };
      const { content } = await client.callTool(
        { name: 'space_call', arguments: args },
        { onprogress: ({ progress }) => steps.push(progress) },
      );
      expect(content, said).toMatchObject([{ type: 'text' }, { type: 'image', mimeType: 'image/png' }]);
      expect(steps.length).toBeGreaterThan(0);
      await client.close();
    } finally {
      const gone = once(child, 'close');
      child.kill();
      await gone;
      await Promise.all([hub.close(), space.close()]);
      place.remove();
    }
  });
});
