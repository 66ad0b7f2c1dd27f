import { expect, it, vi } from 'vitest';
import { INITIALIZE, legacy, makeRequest, modern, openHandler, readAll, type Sent } from './handler.js';

const call = (params: object = {}) => modern('tools/call', { name: 'echo', arguments: { text: 'hi' }, ...params });
const withHeaders = (sent: Sent, headers: Sent['headers']): Sent => ({
  ...sent,
  headers: { ...sent.headers, ...headers },
});
const version = (value: string) => ({ 'io.modelcontextprotocol/protocolVersion': value });
const LEGACY_CALL = legacy('tools/call', { name: 'echo', arguments: { text: 'hi' } });

it.each<[string, Sent, number, number | undefined]>([
  // Revision 2026-07-28.
  ['a modern call', call(), 200, undefined],
  ['no version in the headers', withHeaders(call(), { 'mcp-protocol-version': undefined }), 400, -32020],
  ['no Mcp-Method', withHeaders(call(), { 'mcp-method': undefined }), 400, -32020],
  ['another Mcp-Method', withHeaders(call(), { 'mcp-method': 'tools/list' }), 400, -32020],
  ['no Mcp-Name', withHeaders(call(), { 'mcp-name': undefined }), 400, -32020],
  ['another Mcp-Name', withHeaders(call(), { 'mcp-name': 'wait' }), 400, -32020],
  ['an encoded Mcp-Name', withHeaders(call(), { 'mcp-name': '=?base64?ZWNobw==?=' }), 200, undefined],
  ['no envelope', { ...call(), body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }, 400, -32602],
  [
    'no capabilities',
    modern('tools/list', {}, { 'io.modelcontextprotocol/clientCapabilities': undefined }),
    400,
    -32602,
  ],
  [
    'a version to come',
    withHeaders(modern('tools/list', {}, version('2099-01-01')), { 'mcp-protocol-version': '2099-01-01' }),
    400,
    -32022,
  ],
  ['an unknown method', modern('tools/dance'), 404, -32601],
  ['a removed method', modern('ping'), 404, -32601],
  ['an unknown tool', modern('tools/call', { name: 'nope' }), 200, -32602],
  ['JSON alone', withHeaders(call(), { accept: 'application/json' }), 200, undefined],
  ['anything', withHeaders(call(), { accept: '*/*' }), 200, undefined],
  ['no Accept', withHeaders(call(), { accept: undefined }), 200, undefined],
  ['a session id', withHeaders(call(), { 'mcp-session-id': 'x', 'last-event-id': 'y' }), 200, undefined],
  ['a modern GET', { method: 'GET', headers: { 'mcp-protocol-version': '2026-07-28' } }, 405, -32000],
  // Earlier ones.
  ['initialize', INITIALIZE, 200, undefined],
  ['a call', LEGACY_CALL, 200, undefined],
  ['a call that takes JSON alone', withHeaders(LEGACY_CALL, { accept: 'application/json' }), 200, undefined],
  ['a call that takes anything', withHeaders(LEGACY_CALL, { accept: '*/*' }), 200, undefined],
  ['an unknown version', withHeaders(LEGACY_CALL, { 'mcp-protocol-version': '1999-01-01' }), 400, -32000],
  ['an unknown legacy tool', legacy('tools/call', { name: 'nope' }), 200, -32602],
  ['an unknown legacy method', legacy('tools/dance'), 200, -32601],
  ['ping', legacy('ping'), 200, undefined],
  ['a notification', { body: { jsonrpc: '2.0', method: 'notifications/initialized' } }, 202, undefined],
  ['a response', { body: { jsonrpc: '2.0', id: 9, result: {} } }, 202, undefined],
  ['a forged session id', withHeaders(LEGACY_CALL, { 'mcp-session-id': 'a.b' }), 404, -32001],
  ['GET without sessions', { method: 'GET' }, 405, -32000],
  ['DELETE without sessions', { method: 'DELETE' }, 405, -32000],
  ['PUT', { method: 'PUT', body: '{}' }, 405, -32000],
  // What is no request at all.
  ['no JSON', { body: '{"jsonrpc":' }, 400, -32700],
  ['an empty body', { body: '' }, 400, -32700],
  ['a byte order mark', { body: `\uFEFF${JSON.stringify(LEGACY_CALL.body)}` }, 200, undefined],
  ['null', { body: 'null' }, 400, -32600],
  ['an empty batch', { body: [] }, 400, -32600],
  ['another protocol', { body: { id: 1, method: 'ping' } }, 400, -32600],
  ['a fraction as id', legacy('ping', {}, 1.5), 400, -32600],
  ['another content type', { ...LEGACY_CALL, headers: { 'content-type': 'text/plain' } }, 415, -32000],
  ['no content type', { ...LEGACY_CALL, headers: { 'content-type': undefined } }, 415, -32000],
  ['a compressed body', { ...LEGACY_CALL, headers: { 'content-encoding': 'gzip' } }, 415, -32000],
  ['a charset', { ...LEGACY_CALL, headers: { 'content-type': 'application/json; charset=utf-8' } }, 200, undefined],
  ['5 MB', legacy('tools/call', { name: 'echo', arguments: { text: 'x'.repeat(5_000_000) } }), 413, -32000],
  ['another Host', { ...LEGACY_CALL, headers: { host: 'evil.example' } }, 403, -32000],
  ['no Host', { ...LEGACY_CALL, headers: { host: undefined } }, 403, -32000],
  ['another Origin', { ...LEGACY_CALL, headers: { origin: 'https://evil.example' } }, 403, -32000],
  ['an Origin that is none', { ...LEGACY_CALL, headers: { origin: 'null' } }, 403, -32000],
  ['an allowed Origin', { ...LEGACY_CALL, headers: { origin: 'http://localhost:5173' } }, 200, undefined],
  ['a slash at the end', { ...LEGACY_CALL, path: '/mcp/' }, 200, undefined],
  ['another path', { ...LEGACY_CALL, path: '/other' }, 404, -32000],
  ['SSE where it is off', { method: 'GET', path: '/sse' }, 404, -32000],
])('answers %s', async (_, sent, status, code) => {
  const { handler } = openHandler();
  const response = await handler.fetch(makeRequest(sent));
  expect(response.status).toBe(status);
  if (status === 405) expect(response.headers.get('allow')).toBe('POST');
  const [message] = status === 202 ? [] : await readAll(response);
  expect(message?.error?.code).toBe(code);
  if (status === 202) expect(response.body).toBeNull();
});

it('gives a modern client no session id, and private lists that expire', async () => {
  const { handler } = openHandler();
  const response = await handler.fetch(makeRequest(modern('tools/list')));
  expect(response.headers.has('mcp-session-id')).toBe(false);
  const [message] = await readAll(response);
  expect(message?.result).toMatchObject({ resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' });
});

it('answers a batch of an early client, with what was wrong in it', async () => {
  const { handler } = openHandler();
  const body = [
    { ...(legacy('ping', {}, 'a').body as object) },
    { id: 3 },
    LEGACY_CALL.body,
    { jsonrpc: '2.0', method: 'x' },
  ];
  const response = await handler.fetch(makeRequest({ body }));
  const answers = (await response.json()) as { id: unknown; error?: { code: number } }[];
  expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
    [3, -32600],
    ['a', undefined],
    [1, undefined],
  ]);
});

it('answers a whole batch without a warning of listeners', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  const { handler } = openHandler();
  const body = Array.from({ length: 100 }, (_, id) => legacy('ping', {}, id).body);
  const request = makeRequest({ body, signal: new AbortController().signal });
  expect(await (await handler.fetch(request)).json()).toHaveLength(100);
  await new Promise(setImmediate);
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

it('looks at no batch that is too large, whatever is in it', async () => {
  const { handler } = openHandler();
  const body = `[${JSON.stringify(LEGACY_CALL.body)}${',1'.repeat(100)}]`;
  const response = await handler.fetch(makeRequest({ body }));
  expect(response.status).toBe(400);
  expect(((await response.json()) as { error: object }).error).toMatchObject({ code: -32600 });
});

it.each([
  ['modern', modern('tools/call', { name: 'steps', arguments: { text: 'x' } }, { progressToken: 'p' })],
  ['legacy', legacy('tools/call', { name: 'steps', arguments: { text: 'x' }, _meta: { progressToken: 'p' } })],
])('streams the progress of a %s call, and the answer last', async (_, sent) => {
  const { handler } = openHandler();
  const response = await handler.fetch(makeRequest(sent));
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  const messages = await readAll(response);
  expect(messages.map(({ method, params, id }) => [method, params?.progress, id])).toEqual([
    ['notifications/progress', 1, undefined],
    ['notifications/progress', 2, undefined],
    ['notifications/progress', 3, undefined],
    [undefined, undefined, 1],
  ]);
  const plain = await handler.fetch(makeRequest(withHeaders(sent, { accept: 'application/json' })));
  expect(plain.headers.get('content-type')).toContain('application/json');
});

it('gives JSON to a client with a session that reads no streams', async () => {
  const { handler } = openHandler({ sessions: true });
  const response = await handler.fetch(makeRequest(withHeaders(INITIALIZE, { accept: 'application/json' })));
  expect(response.headers.get('mcp-session-id')).toBeTruthy();
  expect(await response.json()).toMatchObject({ id: 1, result: { serverInfo: { name: 'hugwire' } } });
});

it('is found below the path that a proxy leaves there', async () => {
  const { handler } = openHandler({ publicUrl: 'https://hug.example/tools/mcp' });
  for (const path of ['/tools/mcp', '/mcp']) {
    expect((await handler.fetch(makeRequest({ ...LEGACY_CALL, path }))).status).toBe(200);
  }
});

it('says on every probe whether it is about to stop, whatever the Host', async () => {
  const { handler } = openHandler();
  const probe = () => handler.fetch(makeRequest({ method: 'GET', path: '/healthz', headers: { host: '10.0.0.3' } }));
  expect((await probe()).status).toBe(200);
  await handler.drain();
  expect((await probe()).status).toBe(503);
});
