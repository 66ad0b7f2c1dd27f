import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { type HttpServer, startHttpServer } from './http-server.js';
import { BIN, makeHome, ServerProcess } from './server-process.js';
import { Shell } from './shell.js';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const SPACE = 'hugwire/demo-space';
const CALL = { name: 'space_pin', arguments: { space: SPACE, endpoint: '/draw', tool: 'sketch' } };
const CONFIG = JSON.stringify({ tools: { enable: ['default', 'pin'] }, spaces: { pinned: [] } });

let space: DemoSpace;
let hub: DemoHub;
beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host });
});
afterAll(() => Promise.all([hub.close(), space.close()]));

const pinsIn = (home: string) => JSON.parse(readFileSync(join(home, 'config.json'), 'utf8')).spaces.pinned;
const writeConfig = (home: string) => {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'config.json'), CONFIG);
};

/** How a client speaks, and the arguments of the server that it reaches over HTTP. */
const WAYS: [string, ClientOptions['versionNegotiation'], http?: string[]][] = [
  ['legacy over stdio', undefined],
  ['modern over stdio', { mode: { pin: MODERN } }],
  ['legacy over HTTP with a session', { mode: 'legacy' }, ['--sessions']],
  ['modern over HTTP', { mode: { pin: MODERN } }, []],
];

/** Starts a server and connects a client to it; over HTTP the server has to be stopped. */
async function reach(client: Client, place: Shell, http?: string[]): Promise<HttpServer | undefined> {
  if (http) {
    const server = await startHttpServer(http, place);
    const requestInit = { headers: server.headers };
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }));
    return server;
  }
  const env = Object.fromEntries(Object.entries(place.env).filter(([, value]) => value)) as Record<string, string>;
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [BIN], env, stderr: 'ignore' }));
  return undefined;
}

describe.each(WAYS)('@modelcontextprotocol/client, %s', (_way, versionNegotiation, http) => {
  let place: Shell;
  let client: Client;
  let server: HttpServer | undefined;
  beforeEach(() => {
    place = new Shell({ HF_ENDPOINT: hub.url });
    writeConfig(place.home);
  });
  afterEach(async () => {
    await client.close();
    await server?.stop('SIGINT');
    server = undefined;
    place.remove();
  });

  async function open(reply?: (message: string) => object): Promise<void> {
    const capabilities = reply ? { elicitation: { form: {} } } : {};
    client = new Client({ name: 'test', version: '1' }, { versionNegotiation, capabilities });
    if (reply) client.setRequestHandler('elicitation/create', async ({ params }) => reply(params.message) as never);
    server = await reach(client, place, http);
  }
  const textOf = async () => JSON.stringify((await client.callTool(CALL)).content);
  const names = async () =>
    (await client.listTools(undefined, { cacheMode: 'refresh' } as never)).tools.map(({ name }) => name);

  it('asks the user; a yes pins the Space, and its tool is there without a restart', { timeout: 30_000 }, async () => {
    await open(() => ({ action: 'accept', content: { agree: true } }));
    expect(await names()).not.toContain('sketch');
    expect(await textOf()).toContain('Pinned: /draw of hugwire/demo-space');
    expect(pinsIn(place.home)).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'sketch' }]);
    await expect.poll(names, { timeout: 20_000, interval: 200 }).toContain('sketch');
  });

  it.each(['decline', 'cancel'])('a %s pins nothing', async (action) => {
    await open(() => ({ action }));
    expect(await textOf()).toContain('was not pinned');
    expect(pinsIn(place.home)).toEqual([]);
  });

  it('asks once whether a local app may be used, and asks the app nothing before a yes', async () => {
    const app = await startDemoSpace();
    const questions: string[] = [];
    const answers = [{ action: 'cancel' }, { action: 'accept', content: {} }];
    await open((message) => {
      questions.push(message);
      return answers.shift() ?? { action: 'decline' };
    });
    const greet = { space: app.url, endpoint: '/greet', arguments: { name: 'Ada' } };
    const say = async (name: string, args: object) =>
      JSON.stringify((await client.callTool({ name, arguments: args as Record<string, unknown> })).content);
    expect(await say('space_info', { space: app.url })).toContain('blocked: ');
    expect(app.seen).toEqual([]);
    expect(await say('space_call', greet)).toContain('Hello, Ada');
    expect(await say('space_call', greet)).toContain('Hello, Ada');
    expect(await say('space_info', { space: app.url })).toContain('/greet(');
    expect(questions).toEqual(Array(2).fill(expect.stringContaining(app.url)));
    await app.close();
  });

  it('a client that cannot ask is refused every local app alike', async () => {
    const app = await startDemoSpace();
    await open();
    const calls = [
      { name: 'space_info', arguments: { space: app.url } },
      { name: 'space_info', arguments: { space: `${app.url}/any/path`, endpoint: '/x' } },
      { name: 'space_call', arguments: { space: app.url, endpoint: '/greet', arguments: { name: 'Ada' } } },
      { name: 'space_pin', arguments: { space: app.url } },
    ];
    const told = new Set<string>();
    for (const call of calls) {
      const { content, isError } = await client.callTool(call);
      expect(isError).toBe(true);
      told.add(JSON.stringify(content));
    }
    expect([...told]).toEqual([expect.stringContaining(`hugwire config set spaces.local ${app.url}`)]);
    expect(app.seen).toEqual([]);
    await app.close();
  });

  it('a client that cannot ask gets a proposal, which is off', async () => {
    await open();
    expect(await textOf()).toContain('hugwire spaces enable sketch');
    expect(pinsIn(place.home)).toMatchObject([{ tool: 'sketch', enabled: false, proposed: true }]);
    expect(await names()).not.toContain('sketch');
  });
});

describe.each(WAYS)('a file that is not sent without asking, %s', (_way, versionNegotiation, http) => {
  let place: Shell;
  beforeEach(() => {
    place = new Shell({ HF_ENDPOINT: hub.url });
  });
  afterEach(() => place.remove());

  it.each([
    ['accept', { agree: true }, 'Sent to hugwire/demo-space: '],
    ['decline', undefined, 'The user did not agree to send'],
  ])('goes as the user answers: %s', { timeout: 30_000 }, async (action, content, outcome) => {
    mkdirSync(place.home, { recursive: true });
    const path = join(place.home, 'letter.txt');
    writeFileSync(path, 'Dear all');
    const questions: string[] = [];
    const capabilities = { elicitation: { form: {} } };
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation, capabilities });
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      questions.push(String(params.message));
      return { action, content } as never;
    });
    const server = await reach(client, place, http);
    const args = { space: SPACE, endpoint: '/describe_file', arguments: { file: path } };
    const { content: answer } = await client.callTool({ name: 'space_call', arguments: args });
    await client.close();
    await server?.stop('SIGINT');
    expect(JSON.stringify(answer)).toContain(outcome);
    expect(questions).toEqual([expect.stringContaining(`File: ${path} (8 B)\nSpace: ${SPACE}`)]);
  });
});

it('a directory is allowed from now on where the user says so, and is in the config', { timeout: 30_000 }, async () => {
  const place = makeHome({ HF_ENDPOINT: hub.url });
  const folder = join(place.home, 'letters');
  mkdirSync(folder);
  const paths = ['one.txt', 'two.txt', 'three.txt'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, 'Dear all');
  let questions = 0;
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler('elicitation/create', async () => {
    questions += 1;
    return { action: 'accept', content: { agree: true, folder: true } };
  });
  const env = Object.fromEntries(Object.entries(place.env).filter(([, value]) => value)) as Record<string, string>;
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [BIN], env, stderr: 'ignore' }));
  for (const file of paths) {
    const args = { space: SPACE, endpoint: '/describe_file', arguments: { file } };
    const { content } = await client.callTool({ name: 'space_call', arguments: args });
    expect(JSON.stringify(content)).toContain(`Sent to ${SPACE}: `);
  }
  expect(questions).toBe(1);
  expect(JSON.parse(readFileSync(join(place.home, 'config.json'), 'utf8')).files.readFrom).toEqual([folder]);
  await client.close();
  place.remove();
});

describe('a raw pipe', () => {
  let server: ServerProcess;
  beforeEach(() => {
    server = new ServerProcess({ env: { HF_ENDPOINT: hub.url }, config: CONFIG });
  });
  afterEach(() => server.dispose());

  const envelope = (capabilities: object = { elicitation: { form: {} } }) => ({
    [`${META}protocolVersion`]: MODERN,
    [`${META}clientCapabilities`]: capabilities,
  });
  const modern = (id: string, more: object = {}) => {
    server.send({ id, method: 'tools/call', params: { ...CALL, ...more, _meta: envelope() } });
    return server.answer(id);
  };
  const YES = { answer: { action: 'accept', content: { agree: true } } };

  it('of 2026-07-28 gets the question as an answer, and goes on with the state it was given', async () => {
    const { result } = await modern('1');
    expect(Object.keys(result).sort()).toEqual(['_meta', 'inputRequests', 'requestState', 'resultType']);
    expect(result.resultType).toBe('input_required');
    expect(result.inputRequests.answer).toMatchObject({
      method: 'elicitation/create',
      params: { mode: 'form', message: expect.stringContaining('sketch'), requestedSchema: { type: 'object' } },
    });
    const { requestState } = result;
    expect((await modern('2', { requestState })).result).toMatchObject({ resultType: 'input_required', requestState });
    const wrong = { requestState, inputResponses: YES, arguments: { space: 'evil/space' } };
    expect((await modern('3', wrong)).error?.code).toBe(-32602);
    expect((await modern('4', { requestState: 'made up', inputResponses: YES })).error?.code).toBe(-32602);
    expect(pinsIn(server.home)).toEqual([]);
    const done = await modern('5', { requestState, inputResponses: YES });
    expect(done.result).toMatchObject({ resultType: 'complete', content: [{ type: 'text' }] });
    expect(pinsIn(server.home)).toMatchObject([{ tool: 'sketch' }]);
    expect((await modern('6', { requestState, inputResponses: YES })).error?.code).toBe(-32602);
  });

  it('of 2026-07-28 is never sent a request, even where it did both handshakes', async () => {
    await server.initialize('2025-11-25', { elicitation: {} });
    expect((await modern('1')).result.resultType).toBe('input_required');
    server.send({ id: '2', method: 'tools/call', params: { ...CALL, _meta: envelope({}) } });
    expect((await server.answer('2')).result.content[0].text).toMatch(/^Proposed: /);
    expect(server.all(({ method }) => method === 'elicitation/create')).toEqual([]);
  });

  it('of an earlier revision is asked by a request, which is taken back with the call', async () => {
    await server.initialize('2025-11-25', { elicitation: {} });
    server.send({ id: 'call', method: 'tools/call', params: CALL });
    const question = await server.find(({ method }) => method === 'elicitation/create');
    server.send({ method: 'notifications/cancelled', params: { requestId: 'call' } });
    const taken = await server.find(({ method }) => method === 'notifications/cancelled');
    expect(taken.params?.requestId).toBe(question.id);
    server.send({ id: question.id, result: { action: 'accept', content: { agree: true } } });
    server.send({ id: 'ping', method: 'ping' });
    await server.answer('ping');
    expect(pinsIn(server.home)).toEqual([]);
    expect(server.all(({ id }) => id === 'call')).toEqual([]);
  });

  it.each(['2025-06-18', MODERN])('of %s that goes while the user is asked leaves nothing behind', async (revision) => {
    if (revision === MODERN) await modern('1');
    else {
      await server.initialize(revision, { elicitation: {} });
      server.send({ id: 'call', method: 'tools/call', params: CALL });
      await server.find(({ method }) => method === 'elicitation/create');
    }
    server.child.stdin.end();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(pinsIn(server.home)).toEqual([]);
  });
});

it('a person who names a local app in the terminal has allowed it', async () => {
  const shell = new Shell({ HF_ENDPOINT: hub.url });
  const words = ['call', 'space_call', `space=${space.url}`, 'endpoint=/greet', 'name=Ada'];
  expect(await shell.run(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining('Hello, Ada') });
  expect((await shell.run('spaces', 'info', new URL(space.url).host)).stdout).toContain('/greet');
  shell.remove();
});

describe('hugwire call space_pin', () => {
  it('without a terminal proposes, and the command line approves', async () => {
    const shell = new Shell({ HF_ENDPOINT: hub.url });
    writeConfig(shell.home);
    const words = [`space=${SPACE}`, 'endpoint=/draw', 'tool=sketch'];
    const told = await shell.run('call', 'space_pin', ...words, '--json');
    expect(JSON.parse(told.stdout)).toEqual({ state: 'proposed', tool: 'sketch', space: SPACE, endpoint: '/draw' });
    expect((await shell.run('spaces', 'list')).stdout).toContain('sketch');
    expect((await shell.run('call', 'sketch', 'prompt=x')).code).toBe(2);
    expect((await shell.run('spaces', 'enable', 'sketch', '--yes')).code).toBe(0);
    expect(pinsIn(shell.home)).toEqual([{ space: SPACE, endpoint: '/draw', tool: 'sketch' }]);
    shell.remove();
  });
});
