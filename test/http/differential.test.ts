import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { capabilitiesOf } from '../../src/engine/mcp.js';
import { createService, type Service } from '../../src/engine/service.js';
import { canonicalJson, isObject } from '../../src/lib/json.js';
import type { Resources } from '../../src/sessions/resources.js';
import { createMcpServer } from '../../src/stdio/server.js';
import { StdioTransport } from '../../src/stdio/transport.js';
import { SCRIPTS } from '../e2e/scripts.js';
import { REQUESTS, spoil } from '../stdio/odd.js';
import { makeRequest, openHandler, readAll } from './handler.js';

// The same messages over stdio and over HTTP, to the same tools: the answers must be the same, but for what HTTP has of its own.

type Message = { id?: unknown; method?: string; [more: string]: unknown };

const META = 'io.modelcontextprotocol/';
const home = mkdtempSync(join(tmpdir(), 'hugwire-differential-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function makeService(assistants?: string) {
  const config = configSchema.parse({});
  const own = mkdtempSync(join(home, 'own-'));
  if (assistants !== undefined) writeFileSync(join(own, 'assistants.lock.json'), assistants);
  return createService({
    loaded: { config, path: join(own, 'config.json') } as never,
    env: { HOME: home, HUGWIRE_HOME: home, HF_ENDPOINT: 'http://127.0.0.1:2' },
    paths: { config: home, cache: join(home, 'cache'), state: join(home, 'state') },
    log: () => {},
  });
}

/** What comes of a text over stdio. */
async function overStdio(service: Service, text: string, count: (messages: Message[]) => boolean): Promise<Message[]> {
  const messages: Message[] = [];
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  stdout.on('data', (chunk) => {
    for (const line of String(chunk).trim().split('\n')) messages.push(JSON.parse(line));
  });
  const transport = new StdioTransport({ stdin, stdout, log: () => {} });
  transport.describe({ ...service, capabilities: capabilitiesOf(service) });
  await createMcpServer(service).connect(transport);
  transport.open();
  stdin.write(text.endsWith('\n') ? text : `${text}\n`);
  await vi.waitUntil(() => count(messages), { interval: 1 });
  await transport.close();
  return messages;
}

/** The same over HTTP, as a client sends it: one after the other, with the headers that go with each. */
async function overHttp(service: Service, text: string): Promise<Message[]> {
  const { handler } = openHandler({ service });
  let session: string | undefined;
  const messages: Message[] = [];
  const streams: Promise<Message[]>[] = [];
  for (const body of text.split('\n').filter((line) => line.trim() !== '')) {
    const { method, params } = readHead(body);
    const envelope = isObject(params?._meta) ? params._meta : {};
    const version = envelope[`${META}protocolVersion`];
    const name = params?.name ?? params?.uri;
    const modern = {
      'mcp-protocol-version': String(version),
      'mcp-method': method,
      'mcp-name': typeof name === 'string' ? name : undefined,
    };
    const headers = version === undefined ? { 'mcp-session-id': session } : modern;
    const response = await handler.fetch(makeRequest({ body, headers }));
    session ??= response.headers.get('mcp-session-id') ?? undefined;
    if (method === 'subscriptions/listen') streams.push(readAll(response) as Promise<Message[]>);
    else if (response.status !== 202) messages.push(...((await readAll(response)).flat() as Message[]));
  }
  await handler.close();
  return [...messages, ...(await Promise.all(streams)).flat()].map(({ event: _, ...message }) => message);
}

function readHead(body: string): { method?: string; params?: Record<string, unknown> } {
  try {
    const { method, params } = JSON.parse(body.replace('\uFEFF', ''));
    return { method, params: isObject(params) ? params : undefined };
  } catch {
    return {};
  }
}

const isNobody = ({ id, method }: Message) => method === undefined && (id === undefined || id === null);

/** What HTTP says in other words, or adds. */
function alike(messages: Message[]): Message[] {
  const words = messages.map((message) => {
    const { error, result } = message as { error?: { code: number; message: string }; result?: Message };
    const isSdks = /protocol version|_meta|requestState|^Method not found/.test(error?.message ?? '');
    // The second SDK has one code for what is not there, in every revision.
    const code = error?.code === -32002 ? -32602 : error?.code;
    if (error) return { ...message, error: isSdks ? { code } : { ...error, code } };
    const tells = isObject(result?._meta) && `${META}subscriptionId` in result._meta;
    return tells
      ? { ...message, result: { ...result, _meta: { ...(result?._meta as object), [`${META}serverInfo`]: undefined } } }
      : message;
  });
  return words
    .map((one) => canonicalJson(JSON.parse(JSON.stringify(one))))
    .sort()
    .map((one) => JSON.parse(one));
}

/** Over pipes clients may begin and ping whatever the revision; over HTTP 2026-07-28 has neither. */
const isOnlyOverStdio = (line: string) => /"method":"(?:ping|initialize)".*"2026-07-28"/.test(line);

describe('scripts of the start', () => {
  const plain = Object.entries(SCRIPTS).filter(([, { args, env, config }]) => !args && !env && !config);
  it.each(plain)('%s', async (_, { sends, gets, assistants }) => {
    const service = makeService(assistants);
    const lines = Buffer.concat(sends.map((piece) => Buffer.from(piece)))
      .toString()
      .split('\n');
    const pings = lines.filter(isOnlyOverStdio).length;
    const text = `${lines.filter((line) => !isOnlyOverStdio(line)).join('\n')}\n`;
    const awaited = gets - pings - Number(text.includes('subscriptions/listen'));
    const expected = await overStdio(service, text, (messages) => messages.length >= awaited);
    const answered = await overHttp(service, text);
    // HTTP answers what has no id, where stdio can only log it.
    expect(alike(answered.filter((message) => !isNobody(message)))).toEqual(alike(expected));
    // Claude Code and Copilot CLI show a model these alone, and drop the text.
    expect(JSON.stringify([expected, answered])).not.toMatch(/"(?:structuredContent|outputSchema)"/);
    await service.close();
  });
});

function hasVersion(params: unknown, { [`${META}protocolVersion`]: expected }: Record<string, unknown>): boolean {
  const { _meta } = isObject(params) ? params : {};
  return !isObject(_meta) || [expected, undefined].includes(_meta[`${META}protocolVersion`]);
}

/** Where the version itself is odd, HTTP finds that the header cannot agree with it before it looks further. */
function refused(message: Message): Message {
  const { code } = (message.error ?? {}) as { code?: number };
  return code === undefined ? message : { ...message, error: [-32020, -32022].includes(code) ? -32602 : code };
}

describe.each([
  ['earlier revisions', { progressToken: 'p' }],
  [
    '2026-07-28',
    {
      progressToken: 'p',
      [`${META}protocolVersion`]: '2026-07-28',
      [`${META}clientCapabilities`]: { elicitation: { form: {} } },
      [`${META}clientInfo`]: { name: 'c', version: '1' },
    },
  ],
])('odd values in requests of %s', (_era, _meta) => {
  it.each(REQUESTS)('%s', async (method, params) => {
    const empty = { list: async () => ({ resources: [] }), templates: () => [], read: async () => [] };
    const service = { ...makeService(), resources: async () => empty as unknown as Resources };
    for (const odd of spoil({ ...params, _meta })) {
      const message = { jsonrpc: '2.0', id: 'asked', method, params: odd };
      const text = `${JSON.stringify(message)}\n`;
      // A version that is no text cannot be in a header.
      if (isOnlyOverStdio(text) || !hasVersion(odd, _meta)) continue;
      const expected = await overStdio(service, text, (messages) => messages.some(({ id }) => id === 'asked'));
      expect(alike(await overHttp(service, text)).map(refused), text).toEqual(alike(expected).map(refused));
    }
    await service.close();
  });
});
