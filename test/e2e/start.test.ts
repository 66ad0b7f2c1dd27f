import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasModes, hasSignals } from '../platform.js';
import { BIN, type Message, ServerProcess } from './server-process.js';

// The first answers of a server come from prepared ones. Whatever a client sends, and however it is cut, the messages must
// be those of a server that has none.

/** A copy of the program that has no answers prepared, and one whose program can be taken away. */
let folder: string;
let bare: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-start-'));
  bare = copyProgram('bare');
  rmSync(join(folder, 'bare', 'dist', 'answers.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copyProgram(name: string): string {
  for (const part of ['bin', 'dist', 'package.json']) cpSync(part, join(folder, name, part), { recursive: true });
  return join(folder, name, 'bin', 'hugwire.js');
}

const CLIENT = { name: 'test', version: '1' };
const META = 'io.modelcontextprotocol/';
const MODERN = {
  [`${META}protocolVersion`]: '2026-07-28',
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: CLIENT,
};
const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const initialize = (protocolVersion: unknown, more: object = { capabilities: {}, clientInfo: CLIENT }) =>
  line({ id: 'init', method: 'initialize', params: { protocolVersion, ...more } });
const ready = line({ method: 'notifications/initialized' });
const request = (id: unknown, method: string, params?: unknown) => line({ id, method, params });
const list = request('list', 'tools/list');
/** A client that calls a tool is there to stay: what it was told is kept for the next start. */
const CALL = request('call', 'tools/call', { name: 'hub_search', arguments: { nope: 1 } });
const legacy = initialize('2025-06-18') + ready;

interface Script {
  /** What the client sends, in pieces. */
  sends: (string | Buffer)[];
  args?: string[];
  env?: NodeJS.ProcessEnv;
  config?: string;
  /** How many messages it gets. */
  gets: number;
  /** It ends its side without waiting for them. */
  hurries?: boolean;
}

const broken = Buffer.from(line({ id: 'x', method: 'ping', params: { note: 'grüße 🤗' } }));

const SCRIPTS: Record<string, Script> = {
  'revision 2024-11-05': { sends: [initialize('2024-11-05'), ready, list], gets: 2 },
  'revision 2025-03-26': { sends: [initialize('2025-03-26'), ready, list], gets: 2 },
  'revision 2025-06-18': { sends: [initialize('2025-06-18'), ready, list], gets: 2 },
  'revision 2025-11-25': { sends: [initialize('2025-11-25'), ready, list], gets: 2 },
  'a revision nobody knows': { sends: [initialize('2099-01-01'), ready, list], gets: 2 },
  'no revision': { sends: [initialize(undefined), ready, list], gets: 2 },
  'initialize with nothing': { sends: [request('init', 'initialize'), list], gets: 2 },
  'initialize with null everywhere': {
    sends: [initialize(null, { capabilities: null, clientInfo: null, _meta: null }), list],
    gets: 2,
  },
  'all in one piece': { sends: [legacy + list + request('p', 'ping')], gets: 3 },
  'a byte at a time': { sends: [...(legacy + list)].map(String), gets: 2 },
  'a letter cut in two': { sends: [legacy, broken.subarray(0, 58), broken.subarray(58), list], gets: 3 },
  'a byte order mark': { sends: [`\uFEFF${legacy}${list}`], gets: 2 },
  'lines that end as on Windows': { sends: [(legacy + list).replaceAll('\n', '\r\n')], gets: 2 },
  'empty lines': { sends: ['\n\n', legacy, '  \n', list], gets: 2 },
  'a last line without its end': { sends: [legacy + list.trimEnd()], gets: 2, hurries: true },
  'only a list': { sends: [list], gets: 1 },
  'a list twice': { sends: [legacy, list, request('again', 'tools/list', {})], gets: 3 },
  'the same id twice': { sends: [legacy, request(1, 'ping'), request(1, 'ping')], gets: 3 },
  'the id of initialize again': { sends: [legacy, request('init', 'tools/list')], gets: 2 },
  'odd params of a list': {
    sends: [legacy, request('list', 'tools/list', null), request(2, 'tools/list', [])],
    gets: 3,
  },
  'a cursor': {
    sends: [legacy, request('list', 'tools/list', { cursor: null, _meta: { progressToken: null } })],
    gets: 2,
  },
  ping: { sends: [request(1, 'ping'), request(2, 'ping', { _meta: {} })], gets: 2 },
  'a batch': { sends: [legacy, `[${list.trim()},${request(5, 'ping').trim()}]\n`], gets: 3 },
  'an empty batch': { sends: [legacy, '[]\n', list], gets: 2 },
  'lines that are not JSON': { sends: ['{bad\n', legacy, 'Content-Length: 5\n', list], gets: 2 },
  'a wrong envelope of JSON-RPC': { sends: [legacy, '{"id":7,"method":"ping"}\n', list], gets: 3 },
  'a method nobody knows': { sends: [legacy, request(1, 'prompts/list'), list], gets: 3 },
  'a call before anything else': { sends: [request(1, 'tools/call', { name: 'hub_whoami', arguments: {} })], gets: 1 },
  'a call of no tool': { sends: [legacy, list, request(1, 'tools/call', { name: 'hub_serch' })], gets: 3 },
  'a call between': {
    sends: [legacy, request(1, 'tools/call', { name: 'hub_search', arguments: { nope: 1 } }), list],
    gets: 3,
  },
  'templates and resources': {
    sends: [legacy, request(1, 'resources/templates/list'), request(2, 'resources/list')],
    gets: 3,
  },
  'the modern era': {
    sends: [request(1, 'server/discover', { _meta: MODERN }), request(2, 'tools/list', { _meta: MODERN })],
    gets: 2,
  },
  'a modern ping, list and call': {
    sends: [
      request(1, 'ping', { _meta: MODERN }),
      request(2, 'tools/list', { _meta: MODERN }),
      request(3, 'tools/call', { name: 'nope', _meta: MODERN }),
    ],
    gets: 3,
  },
  'a modern revision nobody knows': {
    sends: [request(1, 'tools/list', { _meta: { ...MODERN, [`${META}protocolVersion`]: '2031-01-01' } })],
    gets: 1,
  },
  'a modern request without capabilities': {
    sends: [request(1, 'tools/list', { _meta: { [`${META}protocolVersion`]: '2026-07-28' } })],
    gets: 1,
  },
  'a subscription': {
    sends: [request('s', 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: MODERN })],
    gets: 2, // acknowledged, and ended with the input
    hurries: true,
  },
  'both eras': { sends: [legacy, list, request(2, 'tools/list', { _meta: MODERN })], gets: 3 },
  'a cancellation of nothing': {
    sends: [
      legacy,
      list,
      line({ method: 'notifications/cancelled', params: { requestId: 'other' } }),
      request(9, 'ping'),
    ],
    gets: 3,
  },
  'an end before the answers': { sends: [legacy + list + request(1, 'prompts/list')], gets: 3, hurries: true },
  'no argument': { sends: [legacy, list], args: [], gets: 2 },
  'arguments of a host': { sends: [legacy, list], args: ['serve', '--stdio', 'x'], gets: 2 },
  'read-only': { sends: [legacy, list], args: ['serve', '--read-only'], gets: 2 },
  'read-only by the environment': { sends: [legacy, list], env: { HUGWIRE_READ_ONLY: '1' }, gets: 2 },
  'dry run': { sends: [legacy, list, request(1, 'server/discover', { _meta: MODERN })], args: ['--dry-run'], gets: 3 },
  'a config': { sends: [legacy, list], config: '{"tools":{"disable":["hub_repo"]}}', gets: 2 },
  'a profile': {
    sends: [legacy, list],
    args: ['serve', '--profile', 'work'],
    config: '{"profiles":{"work":{"tools":{"enable":["hub_search"]}}}}',
    gets: 2,
  },
  'no pinned Spaces': { sends: [legacy, list], config: '{"spaces":{"pinned":[]}}', gets: 2 },
};

/** Plays a script with its own home, and gives all messages of the server. */
async function play(bin: string, script: Script, home: string): Promise<Message[]> {
  const { sends, args = ['serve'], env, config, gets, hurries } = script;
  if (config !== undefined) writeFileSync(join(home, 'config.json'), config);
  const server = new ServerProcess({ bin, args, env: { ...env, HUGWIRE_HOME: home } });
  for (const piece of sends) server.child.stdin.write(piece);
  if (hurries) server.child.stdin.end();
  await server.until(() => server.all(() => true).length >= gets);
  server.child.stdin.end();
  const { code } = await server.exited;
  await server.dispose();
  expect(code).toBe(0);
  return server.all(() => true);
}

const makeHome = () => mkdtempSync(join(folder, 'home-'));

/** Answers may overtake each other. */
const keyOf = ({ id, method = '' }: Message) => `${typeof id} ${id} ${method}`;
const sorted = (messages: Message[]) => [...messages].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));

/** The file with the answers that a start has kept for the next one like it. */
function keptFile(home: string): string {
  const kept = join(home, 'cache', 'starts');
  const [file = '', ...more] = readdirSync(kept);
  expect(more).toEqual([]);
  return join(kept, file);
}

describe.concurrent('a server with prepared answers says the same as one without', () => {
  it.each(Object.entries(SCRIPTS))('%s', async (_name, script) => {
    const expected = await play(bare, script, makeHome());
    expect(expected).toHaveLength(script.gets);
    const home = makeHome();
    const isDefault = !script.config && !script.env && !script.args?.some((word) => word !== 'serve');
    if (!isDefault) {
      await play(BIN, { ...script, sends: [legacy, CALL], gets: 2 }, home);
      expect(statSync(keptFile(home)).mode & 0o777).toBe(0o600);
    }
    expect(sorted(await play(BIN, script, home))).toEqual(sorted(expected));
  });
});

describe('answers that do not hold any more', () => {
  const SCRIPT = { sends: [legacy, list], args: ['serve', '--read-only'], gets: 2 };
  let home: string;
  /** A start that has kept answers of one tool alone, as a config may have had that is another now. */
  beforeEach(async () => {
    home = makeHome();
    await play(BIN, { ...SCRIPT, sends: [legacy, CALL] }, home);
    const kept = JSON.parse(readFileSync(keptFile(home), 'utf8'));
    kept.prepared.tools.length = 1;
    writeFileSync(keptFile(home), JSON.stringify(kept));
  });

  it('are followed by list_changed, and made anew', async () => {
    const server = new ServerProcess({ args: SCRIPT.args, env: { HUGWIRE_HOME: home } });
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    expect((await server.answer(1)).result.tools).toHaveLength(1);
    await server.find(({ method }) => method === 'notifications/tools/list_changed');
    server.send({ id: 2, method: 'tools/list' });
    const { tools } = (await server.answer(2)).result;
    expect(tools.length).toBeGreaterThan(1);
    await server.call(3, 'hub_search', { nope: 1 });
    expect(JSON.parse(readFileSync(keptFile(home), 'utf8')).prepared.tools).toEqual(tools);
    await server.dispose();
  });

  it.runIf(hasModes)('are not read from a file that others may write', async () => {
    chmodSync(keptFile(home), 0o666);
    const [, listed] = await play(BIN, SCRIPT, home);
    expect(listed?.result.tools.length).toBeGreaterThan(1);
  });

  it.each(['', '{', '[]', '{"start":{}}', 'x'.repeat(100)])(
    'are left alone when the file is broken: %s',
    async (text) => {
      writeFileSync(keptFile(home), text);
      const [, listed] = await play(BIN, SCRIPT, home);
      expect(listed?.result.tools.length).toBeGreaterThan(1);
    },
  );
});

describe('a start that ends early', () => {
  it.runIf(hasSignals)('by a signal is an end like any other', async () => {
    const server = new ServerProcess();
    server.child.stdin.write(initialize('2025-06-18'));
    await server.answer('init');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr).toContain('stopping: SIGTERM');
    await server.dispose();
  });

  it('by a config that is wrong says so, whatever was asked', async () => {
    const server = new ServerProcess({ config: '{"hub":{"nope":1}}' });
    server.child.stdin.write(legacy + list);
    expect((await server.exited).code).not.toBe(0);
    expect(server.stderr).toContain('nope');
    await server.dispose();
  });

  it('because its program is gone says that it must be restarted', async () => {
    const bin = copyProgram('gone');
    for (const file of readdirSync(join(folder, 'gone', 'dist'))) {
      if (file === 'program.js') rmSync(join(folder, 'gone', 'dist', file));
    }
    const server = new ServerProcess({ bin });
    server.child.stdin.write(legacy + list + request(1, 'tools/call', { name: 'hub_whoami' }));
    expect((await server.answer('list')).result.tools).not.toEqual([]);
    expect((await server.answer(1)).error?.message).toContain('must be restarted');
    server.child.stdin.write(request(2, 'resources/list'));
    expect((await server.answer(2)).error?.message).toContain('must be restarted');
    server.child.stdin.end();
    expect((await server.exited).code).toBe(1);
    await server.dispose();
  });
});
