import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { BIN, makeHome } from './server-process.js';

const MODES: Record<string, ClientOptions['versionNegotiation']> = {
  legacy: undefined,
  auto: { mode: 'auto' },
  pinned: { mode: { pin: '2026-07-28' } },
};

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());

describe.each(Object.entries(MODES))('@modelcontextprotocol/client, %s', (_mode, versionNegotiation) => {
  const home = makeHome();
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation });

  beforeAll(async () => {
    const env = Object.fromEntries(
      Object.entries({ ...home.env, HF_ENDPOINT: hub.url }).filter(([, value]) => value),
    ) as Record<string, string>;
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [BIN, 'serve'], env, stderr: 'ignore' }),
    );
  });
  afterAll(async () => {
    await client.close();
    home.remove();
  });

  it('lists the tools', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('hub_search');
  });

  it('searches the Hub', async () => {
    const result = await client.callTool({ name: 'hub_search', arguments: { query: 'whisper', limit: 3 } });
    expect(result.isError).toBeFalsy();
    expect(JSON.stringify(result.content)).toContain('openai/whisper');
  });

  it('gets an error it can read for wrong arguments', async () => {
    const result = await client.callTool({ name: 'hub_search', arguments: { limit: 'many' } });
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain('limit');
  });

  it('cancels a call', async () => {
    const turnOff = hub.addFault({ path: /^\/api\/models/, hang: true });
    const controller = new AbortController();
    const seen = hub.seen.length;
    const call = client.callTool(
      { name: 'hub_search', arguments: { query: `cancel-${_mode}` } },
      { signal: controller.signal },
    );
    const failed = expect(call).rejects.toThrow();
    while (hub.seen.length === seen) await new Promise((resolve) => setImmediate(resolve));
    controller.abort('enough');
    await failed;
    turnOff();
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
  });
});
