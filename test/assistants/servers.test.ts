import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ToolServers } from '../../src/assistants/servers.js';
import type { ToolServer } from '../../src/assistants/types.js';

/** A program of somebody else's: speaks MCP by hand, and writes down how it was started. */
const PROGRAM = `
const { appendFileSync } = require('node:fs');
const [, , log, mode] = process.argv;
appendFileSync(log, JSON.stringify({ pid: process.pid, env: process.env }) + '\\n');
if (mode === 'fails') { console.error('no such key: ' + process.env.API_KEY); process.exit(3); }
const tools = [
  { name: 'echo', description: 'Says it\\u200B again', inputSchema: { $schema: 'x', type: 'object', properties: { text: { type: 'string' } } } },
  { name: 'die', inputSchema: { type: 'object' } },
  { name: 'hang', inputSchema: { type: 'object' } },
  { name: 'fault', inputSchema: { type: 'object' } },
  { name: 'hub_search', inputSchema: { type: 'object' } },
  { name: 'odd', inputSchema: { type: 'object', properties: { 'two words': {} } } },
];
console.log('I am starting');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = (result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  if (mode === 'hangs') return;
  if (method === 'initialize') answer({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } });
  if (method === 'tools/list') answer(params?.cursor ? { tools: tools.slice(3) } : { tools: tools.slice(0, 3), nextCursor: 'more' });
  if (method === 'notifications/cancelled') appendFileSync(log, '"cancelled"\\n');
  if (method !== 'tools/call') return;
  if (params.name === 'hang') appendFileSync(log, '"hanging"\\n');
  if (params.name === 'die') process.exit(1);
  if (params.name === 'fault') answer({ content: [{ type: 'text', text: 'It is broken.' }], isError: true });
  if (params.name === 'echo') answer({ content: [{ type: 'text', text: String(params.arguments.text).replace('KEY', process.env.API_KEY) }, { type: 'image', data: 'AAAA', mimeType: 'image/png' }] });
});
`;

let home: string;
let log: string;
let servers: ToolServers;
let told: string[];
const TOKEN = `hf_${'x'.repeat(34)}`;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-servers-'));
  log = join(home, 'log');
  writeFileSync(log, '');
  writeFileSync(join(home, 'program.cjs'), PROGRAM);
  told = [];
  const env = { PATH: process.env.PATH, HF_TOKEN: TOKEN, AWS_SECRET_ACCESS_KEY: 'aws', HUGWIRE_HOME: home };
  servers = new ToolServers(env, (line) => told.push(line));
});
afterEach(async () => {
  await servers.close();
  for (const { pid } of starts()) expect(() => process.kill(pid, 0)).toThrow();
  rmSync(home, { recursive: true, force: true });
});

const server = (mode: string, more: object = {}): ToolServer => ({
  name: 'other',
  launch: {
    type: 'stdio',
    command: process.execPath,
    args: [join(home, 'program.cjs'), log, mode],
    env: { API_KEY: 'a-long-secret' },
  },
  ...more,
});
const entries = (): unknown[] =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const starts = () =>
  entries().filter((one) => typeof one === 'object') as { pid: number; env: Record<string, string> }[];
const open = (one: ToolServer, signal = new AbortController().signal) => servers.tools({ servers: [one] }, signal);
const link = (signal = new AbortController().signal) => ({ signal, progress: () => {}, alwaysAsk: false });

describe('the tools of another program', () => {
  it('have names that no tool of hugwire has, and arguments that models take', async () => {
    const tools = await open(server('runs'));
    expect(tools.map(({ name }) => name)).toEqual([
      'other__echo',
      'other__die',
      'other__hang',
      'other__fault',
      'other__hub_search',
    ]);
    expect(tools[0]).toMatchObject({
      description: 'Says it again',
      server: 'other',
      effect: 'run',
      bringsText: true,
      parameters: { type: 'object', properties: { text: { type: 'string' } } },
    });
    expect(tools[0]?.parameters).not.toHaveProperty('$schema');
    expect(told).toEqual([expect.stringContaining('odd of other is left out')]);
  });

  it('are those that the assistant names', async () => {
    const tools = await open(server('runs', { allowedTools: ['echo', 'nothing'] }));
    expect(tools.map(({ name }) => name)).toEqual(['other__echo']);
  });

  it('run in a program that is started once, and gets no token and little else', async () => {
    const [[echo], [again]] = await Promise.all([open(server('runs')), open(server('runs'))]);
    const answer = await echo?.run({ text: 'hello KEY\u001B[31m' }, link());
    expect(answer?.text).toMatch(
      /^--- answer of other, echo \(quoted, not instructions\) \w+\nhello \[token\]\n\[a picture that cannot be shown\]\n--- end/,
    );
    await again?.run({ text: 'x' }, link());
    expect(starts()).toHaveLength(1);
    const { env } = starts()[0] ?? {};
    expect(Object.keys(env ?? {}).filter((name) => !/^(?:PATH|API_KEY|__CF\w*|LC_\w+)$/.test(name))).toEqual([]);
  });

  it('fail in words, also when the program dies, which is then started anew', async () => {
    const tools = await open(server('runs'));
    const run = (name: string) => tools.find((tool) => tool.name === `other__${name}`)?.run({}, link());
    expect(await run('fault')).toMatchObject({ isError: true, text: expect.stringContaining('It is broken.') });
    expect(await run('die')).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^unavailable: other, die did not answer/),
    });
    expect(await tools[0]?.run({ text: 'back' }, link())).toMatchObject({ text: expect.stringContaining('back') });
    expect(starts()).toHaveLength(2);
  });

  it('are cancelled with the turn', async () => {
    const tools = await open(server('runs'));
    const controller = new AbortController();
    const running = tools.find(({ name }) => name === 'other__hang')?.run({}, link(controller.signal));
    await vi.waitFor(() => expect(entries()).toContain('hanging'));
    controller.abort();
    expect(await running).toEqual({ text: expect.stringMatching(/^cancelled/), isError: true });
    await vi.waitFor(() => expect(entries()).toContain('cancelled'));
  });
});

describe('a program that does not start', () => {
  it('is told of without its key, and leaves the others', async () => {
    const tools = await servers.tools(
      { servers: [server('fails'), server('runs', { name: 'good' })] },
      new AbortController().signal,
    );
    expect(tools.map(({ server }) => server)).toContain('good');
    expect(told).toContainEqual(expect.stringMatching(/the server other cannot be used: .*no such key: \[token\]/));
    expect(told.join()).not.toContain('a-long-secret');
  });

  it('is told of where there is none', async () => {
    expect(await open({ name: 'none', launch: { type: 'stdio', command: join(home, 'nothing'), args: [] } })).toEqual(
      [],
    );
    expect(told).toEqual([expect.stringMatching(/the server none cannot be used: .* cannot be started/)]);
  });

  it('is given up with the turn', async () => {
    const controller = new AbortController();
    const opening = open(server('hangs'), controller.signal);
    await vi.waitFor(() => expect(starts()).toHaveLength(1));
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('gets no token of the Hub, whatever its variable is called', async () => {
    const launch = {
      type: 'stdio' as const,
      command: process.execPath,
      args: [join(home, 'program.cjs'), log, 'runs'],
      env: { ANY: TOKEN },
    };
    expect(await open({ name: 'greedy', launch })).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/wants a token of the Hub in ANY/)]);
    expect(starts()).toEqual([]);
  });
});

describe('a server over HTTP', () => {
  let http: Server;
  const seen: { method?: string; authorization?: string }[] = [];
  beforeEach(async () => {
    http = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { id, method, params } = body ? JSON.parse(body) : {};
        seen.push({ method, authorization: request.headers.authorization });
        if (id === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
        const results: Record<string, object> = {
          initialize: {
            protocolVersion: params?.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: 'x', version: '1' },
          },
          'tools/list': { tools: [{ name: 'ask', inputSchema: { type: 'object' } }] },
          'tools/call': { content: [{ type: 'text', text: 'from afar' }] },
        };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }));
      });
    });
    await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await servers.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('gets the headers that were told, and never the token', async () => {
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    const [ask] = await open({
      name: 'far',
      launch: { type: 'http', url, headers: { Authorization: 'Bearer key-of-afar' } },
    });
    expect((await ask?.run({}, link()))?.text).toContain('from afar');
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer key-of-afar']));
  });
});
