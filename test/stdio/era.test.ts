import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { EraTransport } from '../../src/stdio/era.js';

const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';
const envelope = (version: unknown = MODERN, more: object = { [`${META}clientCapabilities`]: {} }) => ({
  _meta: { [`${META}protocolVersion`]: version, ...more },
});
const SERVER = { name: 'hugwire', version: '9' };
const CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' } as const;

/** The pipe below: keeps what is sent. */
class Pipe implements Transport {
  sent: JSONRPCMessage[] = [];
  closed = false;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];
  async start(): Promise<void> {}
  async send(message: JSONRPCMessage): Promise<void> {
    this.sent.push(message);
  }
  async close(): Promise<void> {
    this.closed = true;
    this.onclose?.();
  }
}

let pipe: Pipe;
let era: EraTransport;
/** What reached the SDK. */
let passed: JSONRPCMessage[];
beforeEach(async () => {
  pipe = new Pipe();
  era = new EraTransport(pipe, { serverInfo: SERVER, instructions: 'how to' });
  passed = [];
  era.onmessage = (message) => passed.push(message);
  await era.start();
});

const receive = (message: object) => pipe.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
const answer = (id: number | string, result: Record<string, unknown> = { tools: [] }) =>
  era.send({ jsonrpc: '2.0', id, result });
const lastResult = () => (pipe.sent.at(-1) as { result: Record<string, unknown> }).result;

describe('messages of earlier revisions', () => {
  it.each([
    ['a request', { id: 1, method: 'tools/list', params: {} }],
    ['a request without params', { id: 1, method: 'ping' }],
    ['a request with other metadata', { id: 1, method: 'tools/call', params: { _meta: { progressToken: 1 } } }],
    ['a notification', { method: 'notifications/initialized' }],
    ['a notification with an envelope', { method: 'notifications/x', params: envelope() }],
    ['an answer', { id: 1, result: {} }],
    ['a listen request', { id: 1, method: 'subscriptions/listen', params: { notifications: {} } }],
  ])('%s passes unchanged', (_title, message) => {
    receive(message);
    expect(passed).toEqual([{ jsonrpc: '2.0', ...message }]);
    expect(pipe.sent).toEqual([]);
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
    receive({ id: 1, method, params: envelope() });
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
    receive({ id: 1, method: 'tools/call', params: envelope() });
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
    expect(pipe.closed).toBe(true);
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

  it('reports errors and the end of the pipe', async () => {
    const seen: string[] = [];
    era.onerror = ({ message }) => seen.push(message);
    era.onclose = () => seen.push('closed');
    pipe.onerror?.(new Error('bad line'));
    await era.close();
    expect(seen).toEqual(['bad line', 'closed']);
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

  it('of an earlier revision passes as it is', () => {
    const old = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', requestState: 's' } };
    receive(old);
    expect(passed).toEqual([old]);
  });
});
