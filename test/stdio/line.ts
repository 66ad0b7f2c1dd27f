import { PassThrough } from 'node:stream';
import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { configSchema } from '../../src/config/schema.js';
import { capabilitiesOf } from '../../src/engine/mcp.js';
import type { Service } from '../../src/engine/service.js';
import { createMcpServer } from '../../src/stdio/server.js';
import { StdioTransport } from '../../src/stdio/transport.js';
import type { AnyTool, ToolContext } from '../../src/tools/tool.js';

const CONFIG = configSchema.parse({});

/** The client's end of a pair of pipes. */
class ClientEnd {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  // biome-ignore lint/suspicious/noExplicitAny: whatever type of message the client has
  onmessage?: (message: any) => void;
  #rest = '';

  constructor(
    readonly input: PassThrough,
    readonly output: PassThrough,
  ) {}

  async start(): Promise<void> {
    this.input.on('data', (chunk) => {
      const lines = (this.#rest + chunk).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.onmessage?.(JSON.parse(line));
    });
  }

  async send(message: object): Promise<void> {
    this.output.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    this.output.end();
    this.onclose?.();
  }
}

/** How a client speaks: revisions up to 2025-11-25, or 2026-07-28. */
export const ERAS: [era: string, versionNegotiation: ClientOptions['versionNegotiation']][] = [
  ['legacy', undefined],
  ['modern', { mode: { pin: '2026-07-28' } }],
];

/**
 * Connects someone else's client to our server within this process, through the real transports.
 * @param tools that are on
 * @param options of the client
 * @param service what else is served
 */
export async function connectClient(tools: AnyTool[], options: ClientOptions, service: Partial<Service> = {}) {
  const [up, down] = [new PassThrough(), new PassThrough()];
  const server = createMcpServer({
    serverInfo: { name: 'hugwire', version: '1' },
    instructions: 'how',
    tools: () => tools,
    knownTools: () => tools,
    context: (signal, progress) => ({ signal, progress, config: CONFIG }) as ToolContext,
    ...service,
  });
  const transport = new StdioTransport({ stdin: up, stdout: down, log: () => {} });
  transport.describe({
    serverInfo: { name: 'hugwire', version: '1' },
    instructions: 'how',
    capabilities: capabilitiesOf(service),
  });
  await server.connect(transport);
  transport.open();
  const client = new Client({ name: 'test', version: '1' }, options);
  const end = new ClientEnd(down, up);
  return { client, server, connect: () => client.connect(end as never) };
}
