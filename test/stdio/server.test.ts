import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/schema.js';
import type { Service } from '../../src/engine/service.js';
import { HugwireError } from '../../src/lib/errors.js';
import { createMcpServer } from '../../src/stdio/server.js';
import { type AnyTool, defineTool, type Progress, type ToolContext } from '../../src/tools/tool.js';

const CONFIG = configSchema.parse({});

function makeTool(name: string, run: (ctx: ToolContext) => unknown = () => 'done'): AnyTool {
  return defineTool({
    name,
    title: `Tool ${name}`,
    toolset: 'read',
    effect: 'read',
    description: 'Does it.',
    input: z.object({ word: z.string().optional() }),
    async run(_input, ctx) {
      const text = String(await run(ctx));
      return { text, data: {} };
    },
  });
}

let client: Client;
afterEach(() => client.close());

async function connect(tools: AnyTool[], more: Partial<Service> = {}): Promise<Client> {
  const server = createMcpServer({
    serverInfo: { name: 'hugwire', version: '1' },
    instructions: 'how',
    tools: () => tools,
    knownTools: () => tools,
    context: (signal, progress) => ({ signal, progress, config: CONFIG }) as ToolContext,
    ...more,
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  client = new Client({ name: 'test', version: '1' });
  await Promise.all([server.connect(ours), client.connect(theirs)]);
  return client;
}

describe('the server', () => {
  it('lists its tools in their order, the same each time', async () => {
    const tools = ['alpha', 'beta'].map((name) => makeTool(name));
    await connect(tools);
    const list = await client.listTools();
    expect(list.tools.map(({ name }) => name)).toEqual(['alpha', 'beta']);
    expect(JSON.stringify(await client.listTools())).toBe(JSON.stringify(list));
    expect(list.tools[0]).toEqual({
      name: 'alpha',
      title: 'Tool alpha',
      description: 'Does it.',
      inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    });
  });

  it('gives text, and images beside it', async () => {
    const tool = {
      ...makeTool('draw'),
      run: async () => ({ text: 'a cat', images: [{ data: 'AAAA', mimeType: 'image/png' }], data: 1 }),
    };
    await connect([tool]);
    expect(await client.callTool({ name: 'draw', arguments: {} })).toEqual({
      content: [
        { type: 'text', text: 'a cat' },
        { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      ],
    });
  });

  it('gives failures as results that can be read, never as a stack', async () => {
    const fail = (error: unknown) => () => Promise.reject(error);
    await connect([
      makeTool('known', fail(new HugwireError('gated', 'Closed hf_abcdefghijkl.', { hint: 'Ask.', requestId: 'r' }))),
      makeTool('unknown', fail(new TypeError('x is not a function'))),
    ]);
    expect(await client.callTool({ name: 'known' })).toEqual({
      isError: true,
      content: [{ type: 'text', text: 'gated: Closed [token].\nNext: Ask.\nRequest id: r' }],
    });
    const { content, isError } = await client.callTool({ name: 'unknown' });
    expect(isError).toBe(true);
    expect(JSON.stringify(content)).toContain('This is a fault in hugwire');
    expect(JSON.stringify(content)).not.toContain('.ts');
  });

  it('takes a call without arguments', async () => {
    await connect([makeTool('plain')]);
    expect(await client.callTool({ name: 'plain' })).toEqual({ content: [{ type: 'text', text: 'done' }] });
  });

  it('refuses unknown tools with -32602, and names the nearest', async () => {
    const tools = [makeTool('hub_search'), makeTool('hub_read')];
    await connect(tools, { tools: () => tools.slice(0, 1) });
    await expect(client.callTool({ name: 'hub_serach' })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('Did you mean hub_search? Tools: hub_search'),
    });
    await expect(client.callTool({ name: 'hub_read' })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('turned off'),
    });
    await expect(client.callTool({ name: 'x'.repeat(10_000) })).rejects.toSatisfy(
      (error: Error) => error.message.length < 300,
    );
  });

  it('relays progress that rises, and only to those who asked', async () => {
    const steps = [1, 2, 2, 1, Number.NaN, 3];
    const tool = makeTool('slow', async ({ progress }) => {
      for (const step of steps) progress({ progress: step, total: 3, message: `step ${step}` });
      await new Promise((resolve) => setImmediate(resolve));
    });
    await connect([tool]);
    const seen: Progress[] = [];
    await client.callTool({ name: 'slow' }, undefined, { onprogress: (step) => seen.push(step) });
    expect(seen.map(({ progress }) => progress)).toEqual([1, 2, 3]);
    await client.callTool({ name: 'slow' });
    expect(seen).toHaveLength(3);
  });

  it('tells of every call that ended, and how', async () => {
    const calls: object[] = [];
    const tools = [makeTool('good'), makeTool('bad', () => Promise.reject(new Error('no')))];
    await connect(tools, { onCall: (call) => calls.push(call) });
    await client.callTool({ name: 'good' });
    await client.callTool({ name: 'bad' });
    const rest = { milliseconds: expect.any(Number), signal: expect.any(AbortSignal) };
    expect(calls).toEqual([
      { tool: 'good', failed: false, ...rest },
      { tool: 'bad', failed: true, ...rest },
    ]);
  });

  it('aborts the signal of a call that its client cancels', async () => {
    let signal: AbortSignal | undefined;
    const started = new Promise<void>((resolve) => {
      const tool = makeTool('hang', (ctx) => {
        signal = ctx.signal;
        resolve();
        return new Promise((end) => ctx.signal.addEventListener('abort', end));
      });
      void connect([tool]).then(() => {
        const controller = new AbortController();
        client.callTool({ name: 'hang' }, undefined, { signal: controller.signal }).catch(() => {});
        void started.then(() => controller.abort());
      });
    });
    await started;
    await expect.poll(() => signal?.aborted).toBe(true);
  });
});
