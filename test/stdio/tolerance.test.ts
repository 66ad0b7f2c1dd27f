import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/schema.js';
import { capabilitiesOf } from '../../src/engine/mcp.js';
import type { Resources } from '../../src/sessions/resources.js';
import { createMcpServer } from '../../src/stdio/server.js';
import { StdioTransport } from '../../src/stdio/transport.js';
import { defineTool, type ToolContext } from '../../src/tools/tool.js';
import { REQUESTS, spoil } from './odd.js';

// Clients and models leave things out in odd ways. Whatever stands in a field: every request is answered, with a result or
// with an error of the right kind in one sentence.

const META = 'io.modelcontextprotocol/';
const ENVELOPE = {
  [`${META}protocolVersion`]: '2026-07-28',
  [`${META}clientCapabilities`]: { elicitation: { form: {} } },
  [`${META}clientInfo`]: { name: 'c', version: '1' },
};
const CODES = [-32700, -32600, -32601, -32602, -32002, -32022];

const tool = defineTool({
  name: 'echo',
  title: 'Echo',
  toolset: 'read',
  effect: 'read',
  description: 'Says it again.',
  input: z.object({ word: z.string().optional() }),
  run: async ({ word }) => ({ text: word ?? 'nothing', data: {} }),
});

interface Answer {
  id: unknown;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

let transport: StdioTransport;
let answers: Answer[];
beforeEach(async () => {
  answers = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      answers.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const resources = async () =>
    ({ list: async () => ({ resources: [] }), templates: () => [], read: async () => [] }) as unknown as Resources;
  const service = {
    serverInfo: { name: 'hugwire', version: '1' },
    instructions: 'how',
    tools: () => [tool],
    knownTools: () => [tool],
    context: (signal: AbortSignal, progress: ToolContext['progress']) =>
      ({ signal, progress, config: configSchema.parse({}) }) as ToolContext,
    resources,
  };
  transport = new StdioTransport({ stdin: new PassThrough(), stdout, log: () => {} });
  transport.describe({ ...service, capabilities: capabilitiesOf(service) });
  await createMcpServer(service).connect(transport);
});

/** Sends a request and gives the one answer to it; `beside` are members that a request does not have. */
async function ask(method: string, params: unknown, beside: object = {}): Promise<Answer> {
  answers.length = 0;
  transport.read(JSON.stringify({ jsonrpc: '2.0', id: 'asked', method, params, ...beside }));
  for (let turn = 0; turn < 1000 && !answers.some(({ id }) => id === 'asked'); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const found = answers.filter(({ id }) => id === 'asked');
  expect(found, `${method} ${JSON.stringify(params)}`).toHaveLength(1);
  return found[0] as Answer;
}

describe.each([
  ['earlier revisions', { progressToken: 'p' }],
  ['2026-07-28', { progressToken: 'p', ...ENVELOPE }],
])('odd values in requests of %s', (_era, _meta) => {
  it.each(REQUESTS)('%s is answered', async (method, params) => {
    for (const odd of spoil({ ...params, _meta })) {
      const { result, error } = await ask(method, odd);
      if (result) continue;
      const said = `${method} ${JSON.stringify(odd)}: ${JSON.stringify(error)}`;
      expect(CODES, said).toContain(error?.code);
      expect(error?.message, said).toMatch(/^[^\n{[]{3,300}$/);
    }
  });
});

it.each(REQUESTS)('%s is answered as ever with members beside those of a request', async (method, params) => {
  const plain = await ask(method, params);
  for (const beside of [{ sessionId: 's' }, { result: null, error: null }, { result: {} }, { '': { x: [] } }]) {
    expect(await ask(method, params, beside), JSON.stringify(beside)).toEqual(plain);
  }
});

describe('what means "nothing" is read as nothing', () => {
  it.each([
    ['tools/list', null],
    ['tools/list', []],
    ['tools/list', { _meta: null }],
    ['tools/list', { _meta: { progressToken: null } }],
    ['tools/list', { cursor: null }],
    ['ping', ''],
    ['initialize', null],
    ['initialize', { protocolVersion: '2025-06-18' }],
    ['initialize', { protocolVersion: '2025-06-18', clientInfo: {}, capabilities: null }],
    ['tools/call', { name: 'echo', arguments: null }],
    ['tools/call', { name: 'echo', arguments: [] }],
    ['tools/call', { name: 'echo', arguments: '' }],
    ['tools/call', { name: 'echo', arguments: '{}' }],
    ['tools/call', { name: 'echo', task: null, _meta: null }],
    ['resources/list', { cursor: '' }],
  ])('%s %j', async (method, params) => {
    expect(await ask(method, params)).toHaveProperty('result');
  });

  it('also before the first line, where Windows puts a byte order mark', () => {
    transport.read('\uFEFF{"jsonrpc":"2.0","id":1,"method":"ping","params":5}');
    expect(answers).toEqual([{ jsonrpc: '2.0', id: 1, error: { code: -32602, message: expect.any(String) } }]);
  });
});
