import { PassThrough, Writable } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Prepared } from '../../src/engine/prepared.js';
import { StdioTransport } from '../../src/stdio/transport.js';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const envelope = (version: unknown = MODERN, more: object = { [`${META}clientCapabilities`]: {} }) => ({
  _meta: { [`${META}protocolVersion`]: version, ...more },
});
const SERVER = { name: 'hugwire', version: '9' };
const CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' } as const;

const CARD = { serverInfo: SERVER, instructions: 'how to', capabilities: { tools: { listChanged: true } } };

/** What was written to the client. */
let pipe: { sent: JSONRPCMessage[] };
let stdin: PassThrough;
let logged: string[];
let era: StdioTransport;
/** What reached the SDK. */
let passed: JSONRPCMessage[];

function open(prepared?: Prepared): StdioTransport {
  pipe = { sent: [] };
  passed = [];
  logged = [];
  stdin = new PassThrough();
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      pipe.sent.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const transport = new StdioTransport({ stdin, stdout, log: (line) => logged.push(line), prepared });
  transport.describe(CARD);
  transport.onmessage = (message) => passed.push(message);
  return transport;
}

beforeEach(async () => {
  era = open();
  await era.start();
});

const receive = (message: object) => era.read(JSON.stringify({ jsonrpc: '2.0', ...message }));
const answer = (id: number | string, result: Record<string, unknown> = { tools: [] }) =>
  era.send({ jsonrpc: '2.0', id, result });
const lastResult = () => (pipe.sent.at(-1) as { result: Record<string, unknown> }).result;

describe('messages of earlier revisions', () => {
  it.each([
    ['a request', { id: 1, method: 'tools/list', params: {} }],
    ['a request without params', { id: 1, method: 'ping' }],
    [
      'a request with other metadata',
      { id: 1, method: 'tools/call', params: { name: 'x', _meta: { progressToken: 1 } } },
    ],
    ['a notification', { method: 'notifications/initialized' }],
    ['a notification with an envelope', { method: 'notifications/x', params: envelope() }],
    ['an answer', { id: 1, result: {} }],
    ['a listen request', { id: 1, method: 'subscriptions/listen', params: { notifications: {} } }],
  ])('%s passes unchanged', (_title, message) => {
    receive(message);
    expect(passed).toEqual([{ jsonrpc: '2.0', ...message }]);
    expect(pipe.sent).toEqual([]);
  });

  it('are answered all, though one of them cannot be handled', () => {
    era.onmessage = (message) => {
      if ('id' in message && message.id === 1) throw new RangeError('Maximum call stack size exceeded');
      passed.push(message);
    };
    const [first, second] = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    era.read(JSON.stringify([first, second]));
    expect(pipe.sent).toEqual([
      { jsonrpc: '2.0', id: 1, error: { code: -32603, message: expect.stringContaining('Maximum call stack') } },
    ]);
    expect(passed).toEqual([second]);
  });

  it('are answered without any addition', async () => {
    receive({ id: 1, method: 'tools/list' });
    await answer(1);
    expect(pipe.sent).toEqual([{ jsonrpc: '2.0', id: 1, result: { tools: [] } }]);
  });
});

describe('requests of 2026-07-28', () => {
  it.each([
    ['tools/list', true],
    ['resources/templates/list', true],
    ['resources/read', true],
    ['tools/call', false],
    ['listing', false],
  ])('%s: the answer says that it is complete, and how long it holds: %s', async (method, cacheable) => {
    receive({ id: 1, method, params: { name: 'x', uri: 'x:', ...envelope() } });
    expect(passed).toHaveLength(1);
    await answer(1, { x: 1 });
    expect(lastResult()).toEqual({
      x: 1,
      resultType: 'complete',
      _meta: { [`${META}serverInfo`]: SERVER },
      ...(cacheable ? { ttlMs: expect.any(Number), cacheScope: 'private' } : {}),
    });
  });

  it('lets the handler say more and otherwise', async () => {
    receive({ id: 1, method: 'tools/list', params: envelope() });
    await answer(1, { resultType: 'input_required', ttlMs: 5, _meta: { own: true } });
    expect(lastResult()).toMatchObject({ resultType: 'input_required', ttlMs: 5, cacheScope: 'private' });
    expect(lastResult()._meta).toEqual({ own: true, [`${META}serverInfo`]: SERVER });
  });

  it('adds nothing to errors, and forgets their ids', async () => {
    receive({ id: 1, method: 'tools/list', params: envelope() });
    const error = { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'no' } } as const;
    await era.send(error);
    expect(pipe.sent).toEqual([error]);
    await answer(1);
    expect(lastResult()).toEqual({ tools: [] });
  });

  it('tells the id 1 from the id "1"', async () => {
    receive({ id: 1, method: 'tools/list', params: envelope() });
    receive({ id: '1', method: 'tools/list' });
    await answer('1');
    expect(lastResult()).toEqual({ tools: [] });
    await answer(1);
    expect(lastResult()).toHaveProperty('resultType');
  });

  it('forgets what was cancelled, and hands the cancellation on', async () => {
    receive({ id: 1, method: 'tools/call', params: { name: 'x', ...envelope() } });
    const cancelled = { method: 'notifications/cancelled', params: { requestId: 1 } };
    receive(cancelled);
    expect(passed.at(-1)).toMatchObject(cancelled);
    await answer(1);
    expect(lastResult()).toEqual({ tools: [] });
  });

  it('hands a cancellation of nothing on', () => {
    receive({ method: 'notifications/cancelled' });
    receive({ method: 'notifications/cancelled', params: { requestId: 'never seen' } });
    expect(passed).toHaveLength(2);
  });

  it.each([['2099-01-01'], [''], [7], [null]])('refuses the version %j, even for discovery', (version) => {
    for (const method of ['tools/list', 'server/discover']) {
      receive({ id: 1, method, params: envelope(version) });
      expect(pipe.sent.at(-1)).toEqual({
        jsonrpc: '2.0',
        id: 1,
        error: {
          code: -32022,
          message: 'Unsupported protocol version',
          data: { supported: [MODERN], requested: version },
        },
      });
    }
    expect(passed).toEqual([]);
  });

  it('refuses an envelope without capabilities', () => {
    receive({ id: 1, method: 'tools/list', params: envelope(MODERN, {}) });
    expect(pipe.sent).toMatchObject([{ id: 1, error: { code: -32602 } }]);
    expect(passed).toEqual([]);
  });

  it('answers discovery by itself', () => {
    receive({ id: 'd', method: 'server/discover', params: envelope() });
    expect(lastResult()).toEqual({
      resultType: 'complete',
      supportedVersions: [MODERN],
      capabilities: { tools: { listChanged: true } },
      instructions: 'how to',
      ttlMs: expect.any(Number),
      cacheScope: 'private',
      _meta: { [`${META}serverInfo`]: SERVER },
    });
    expect(passed).toEqual([]);
  });
});

describe('changes of the tool list', () => {
  const listen = (id: number | string, notifications?: object) =>
    receive({ id, method: 'subscriptions/listen', params: { notifications, ...envelope() } });
  const tagged = (id: number | string) => ({ ...CHANGED, params: { _meta: { [`${META}subscriptionId`]: id } } });

  it('are acknowledged as far as they are honoured', () => {
    listen(1, { toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['x'] });
    listen(2, { promptsListChanged: true });
    listen('3');
    const acknowledged = (id: number | string, notifications: object) => ({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications, _meta: { [`${META}subscriptionId`]: id } },
    });
    expect(pipe.sent).toEqual([
      acknowledged(1, { toolsListChanged: true }),
      acknowledged(2, {}),
      acknowledged('3', {}),
    ]);
    expect(passed).toEqual([]);
  });

  it('are told to subscribers, each under its own id, and to nobody else', async () => {
    listen(1, { toolsListChanged: true });
    listen('1', { toolsListChanged: true });
    listen(2, {});
    pipe.sent = [];
    await era.send(CHANGED);
    expect(pipe.sent).toEqual([tagged(1), tagged('1')]);
  });

  it('are told to a client of an earlier revision without being asked', async () => {
    receive({ id: 0, method: 'initialize', params: {} });
    await era.send(CHANGED);
    expect(pipe.sent).toEqual([CHANGED]);
  });

  it('are told both ways where both kinds of client share the pipe', async () => {
    receive({ id: 0, method: 'initialize', params: {} });
    listen(1, { toolsListChanged: true });
    pipe.sent = [];
    await era.send(CHANGED);
    expect(pipe.sent).toEqual([tagged(1), CHANGED]);
  });

  it('are told no more once the subscription is cancelled', async () => {
    listen(1, { toolsListChanged: true });
    receive({ method: 'notifications/cancelled', params: { requestId: '1' } });
    receive({ method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(passed).toHaveLength(1);
    pipe.sent = [];
    await era.send(CHANGED);
    await era.close();
    expect(pipe.sent).toEqual([]);
  });

  it('end with an answer to each subscription when the server stops, once', async () => {
    listen(1, { toolsListChanged: true });
    listen('b', {});
    pipe.sent = [];
    await era.close();
    await era.close();
    const ended = (id: number | string) => ({
      jsonrpc: '2.0',
      id,
      result: { resultType: 'complete', _meta: { [`${META}subscriptionId`]: id } },
    });
    expect(pipe.sent).toEqual([ended(1), ended('b')]);
    expect(stdin.isPaused()).toBe(true);
  });
});

describe('the rest', () => {
  it('passes other notifications on, such as progress', async () => {
    const progress = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 1, progress: 2 },
    } as const;
    await era.send(progress);
    expect(pipe.sent).toEqual([progress]);
  });

  it('reports its end', async () => {
    let closed = 0;
    era.onclose = () => {
      closed += 1;
    };
    await era.close();
    expect(closed).toBe(1);
  });

  it('answers no more requests at once than memory is good for, but every one of them', async () => {
    for (let id = 0; id < 1001; id += 1) receive({ id, method: 'resources/list' });
    expect(passed).toHaveLength(1000);
    expect(pipe.sent).toMatchObject([{ id: 1000, error: { code: -32000 } }]);
    receive({ id: 'alive?', method: 'ping' });
    expect(passed).toHaveLength(1001);
    await answer('alive?', {});
    await answer(0);
    receive({ id: 2000, method: 'resources/list' });
    expect(passed.at(-1)).toMatchObject({ id: 2000 });
  });
});

describe('a call that asks the user', () => {
  const RETRY = 'hugwire/retry';
  const call = (more: object = {}, meta: object = {}) => ({
    id: 1,
    method: 'tools/call',
    params: { name: 'x', ...more, _meta: { ...envelope()._meta, ...meta } },
  });
  const retryOf = () => (passed.at(-1) as { params: { _meta: Record<string, unknown> } }).params._meta[RETRY];

  it('gets its answer past the SDK', () => {
    receive(call({ requestState: 's', inputResponses: { answer: { action: 'accept' } } }));
    expect(retryOf()).toEqual({ requestState: 's', inputResponses: { answer: { action: 'accept' } } });
    expect(passed[0]).toMatchObject({ params: { name: 'x' } });
    receive(call({}, { [RETRY]: { requestState: 'by another door' } }));
    expect(retryOf()).toBeUndefined();
  });

  it('answers with the question and no content', async () => {
    receive(call());
    await answer(1, { resultType: 'input_required', requestState: 's', inputRequests: {}, content: [] });
    expect(lastResult()).toMatchObject({ resultType: 'input_required', requestState: 's' });
    expect(lastResult()).not.toHaveProperty('content');
  });

  it('of an earlier revision passes without what only this one knows', () => {
    const old = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } };
    receive({ ...old, params: { ...old.params, requestState: 's' } });
    expect(passed).toEqual([old]);
  });
});

describe('a client that does not read', () => {
  it('is not read of either, until it has caught up', async () => {
    const taken: (() => void)[] = [];
    const stdout = new Writable({ highWaterMark: 100, write: (_chunk, _encoding, done) => void taken.push(done) });
    const transport = new StdioTransport({ stdin, stdout, log: () => {} });
    transport.describe(CARD);
    await transport.start();
    transport.open();
    await transport.send({ jsonrpc: '2.0', id: 1, result: {} });
    const waits = [2, 3].map((id) => transport.send({ jsonrpc: '2.0', id, result: { text: 'x'.repeat(100) } }));
    expect(stdin.isPaused()).toBe(true);
    expect(stdout.listenerCount('drain')).toBe(1);
    while (taken.length > 0) {
      taken.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(waits);
    expect(stdin.isPaused()).toBe(false);
  });
});

describe('before the server is there', () => {
  const TOOLS = [{ name: 'a' }];
  const PREPARED: Prepared = { card: CARD, tools: TOOLS, versions: ['2025-11-25', '2025-06-18'] };
  const initialize = (id: number | string, protocolVersion: unknown = '2025-06-18') =>
    receive({
      id,
      method: 'initialize',
      params: { protocolVersion, capabilities: {}, clientInfo: { name: 'c', version: '1' } },
    });
  beforeEach(() => {
    era = open(PREPARED);
  });

  it.each([
    ['2025-06-18', '2025-06-18'],
    ['1999-01-01', '2025-11-25'],
    [null, '2025-11-25'],
  ])('initialize is answered: %s', (asked, agreed) => {
    initialize(1, asked);
    expect(pipe.sent).toEqual([{ jsonrpc: '2.0', id: 1, result: { protocolVersion: agreed, ...CARD } }]);
    expect(passed).toEqual([]);
  });

  it('list and ping are answered, in either era, and discovery', () => {
    receive({ id: 1, method: 'tools/list' });
    receive({ id: 2, method: 'ping', params: null });
    receive({ id: 3, method: 'tools/list', params: envelope() });
    receive({ id: 4, method: 'ping', params: envelope() });
    receive({ id: 5, method: 'server/discover', params: envelope() });
    expect(pipe.sent).toMatchObject([
      { id: 1, result: { tools: TOOLS } },
      { id: 2, result: {} },
      { id: 3, result: { tools: TOOLS, resultType: 'complete', _meta: { [`${META}serverInfo`]: SERVER } } },
      { id: 4, result: { resultType: 'complete' } },
      { id: 5, result: { supportedVersions: [MODERN] } },
    ]);
    expect(era.listGiven).toEqual(TOOLS);
  });

  it('all else waits for it, in order', async () => {
    initialize(1);
    receive({ id: 2, method: 'tools/call', params: { name: 'a' } });
    receive({ id: 3, method: 'tools/list' });
    receive({ method: 'notifications/cancelled', params: { requestId: 2 } });
    await era.serverWanted;
    expect(pipe.sent).toMatchObject([{ id: 1 }, { id: 3 }]);
    await era.start();
    expect(passed).toMatchObject([
      { id: 1, method: 'initialize' },
      { id: 2, method: 'tools/call' },
      { method: 'notifications/cancelled' },
    ]);
  });

  it('what was answered is not answered again, and its id can be used again', async () => {
    initialize(1);
    receive({ id: 1, method: 'tools/list' });
    await era.start();
    expect(passed).toMatchObject([{ method: 'initialize' }, { method: 'tools/list' }]);
    pipe.sent = [];
    await answer(1, { protocolVersion: '2025-06-18' });
    expect(pipe.sent).toEqual([]);
    await answer(1);
    expect(lastResult()).toEqual({ tools: [] });
  });

  it('the server learns who was there, and that the list was read', async () => {
    const told: unknown[] = [];
    era.describe({ ...CARD, onClient: (client) => told.push(client.protocol), onList: () => told.push('list') });
    initialize(1);
    receive({ id: 2, method: 'tools/list', params: envelope() });
    await era.start();
    await answer(1, { protocolVersion: '2025-06-18' });
    expect(told).toEqual(['2025-06-18', MODERN, 'list']);
  });

  it('without prepared answers everything waits, and the server is wanted at once', async () => {
    era = open();
    await era.serverWanted;
    initialize(1);
    receive({ id: 2, method: 'ping' });
    expect(pipe.sent).toEqual([]);
    await era.start();
    expect(passed).toMatchObject([{ id: 1 }, { id: 2 }]);
  });
});
