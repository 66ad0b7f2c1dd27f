import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { startDemoSpace } from '../../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../../src/world/types.js';
import { BIN, makeHome } from '../../e2e/server-process.js';
import { npmPackages, packageBin } from '../packages.js';

const directory = await npmPackages('mcp-remote', { 'mcp-remote': '0.15.1' });

/** A client that knows no HTTP, behind a program that logs in for it with the browser. */
describe.skipIf(!directory)('mcp-remote', () => {
  let space: DemoSpace;
  let hub: DemoHub;
  let home: ReturnType<typeof makeHome>;
  let server: ReturnType<typeof spawn>;
  let url = '';
  /** Where mcp-remote keeps what it has been given. */
  const kept = mkdtempSync(join(tmpdir(), 'hugwire-remote-'));

  beforeAll(async () => {
    space = await startDemoSpace();
    hub = await startDemoHub({ spaceHost: new URL(space.url).host });
    home = makeHome({ HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_demo_read_theo' });
    server = spawn(process.execPath, [BIN, 'serve', '--http', '--port', '0', '--auth', 'hub-token'], { env: home.env });
    let said = '';
    server.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    url = await vi.waitFor(() => {
      const address = /Address +(\S+)/.exec(said)?.[1];
      if (!address) throw new Error(said);
      return address;
    }, 20_000);
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => server.once('close', resolve));
    server.kill('SIGTERM');
    await Promise.all([gone, hub.close(), space.close()]);
    home.remove();
    rmSync(kept, { recursive: true, force: true });
  });

  /** Connects through it; opens the page that it prints, as a person would, and agrees. */
  async function connect(address: string) {
    const args = [packageBin(directory as string, 'mcp-remote'), address, '--allow-http'];
    // What it would open in a browser it prints as well.
    const env = { PATH: process.env.PATH ?? '', HOME: kept, MCP_REMOTE_CONFIG_DIR: kept, BROWSER: 'true' };
    const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: 'pipe' });
    let said = '';
    const opened: string[] = [];
    transport.stderr?.on('data', (chunk) => {
      said += chunk;
      const page = /^(http:\S+\/oauth\/authorize\?\S+)$/m.exec(said)?.[1];
      // It prints the page before it listens for the answer.
      if (!page || opened.length > 0 || !said.includes('callback server running')) return;
      opened.push(page);
      void fetch(page).catch(() => {});
    });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport, { timeout: 60_000 });
    return { client, opened };
  }

  it('logs in with the browser once, and its user is who calls from then on', async () => {
    const { client, opened } = await connect(url);
    expect(opened).toHaveLength(1);
    const { content } = await client.callTool({ name: 'hub_whoami', arguments: {} });
    expect((content as { text: string }[])[0]?.text).toContain('Account: maya');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('space_call');
    await client.close();
    const again = await connect(url);
    expect(again.opened).toEqual([]);
    await again.client.close();
    const tokens = new Set(hub.seen.flatMap(({ headers }) => headers.authorization ?? []));
    expect([...tokens].every((one) => /^Bearer hf_oauth_/.test(one))).toBe(true);
  });

  it('logs in for an address with a query too', async () => {
    const { client } = await connect(`${url}?tools=hub_search&readonly`);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['hub_search']);
    await client.close();
  });
});
