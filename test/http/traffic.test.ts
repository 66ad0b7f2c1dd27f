import { afterEach, expect, it, vi } from 'vitest';
import { createMetrics } from '../../src/http/metrics.js';
import { createMemoryState } from '../../src/http/state/memory.js';
import { Traffic } from '../../src/http/traffic.js';
import { INITIALIZE, legacy, makeRequest, modern, openHandler, readAll, readMessages, type Sent } from './handler.js';

afterEach(() => vi.useRealTimers());

const TOKEN = `hf_${'abcdefghijklmnopqrstuvwxyz012345'}`;
const clientInfo = (name: string) => ({ 'io.modelcontextprotocol/clientInfo': { name, version: '1.2' } });

/** A server that is looked at, and what is seen of it. */
function open(options: Parameters<typeof openHandler>[0] = {}) {
  const state = options.state ?? createMemoryState();
  const lines: string[] = [];
  const metrics = createMetrics('local');
  const traffic = new Traffic({
    bus: state.bus,
    log: (line) => lines.push(line),
    onChange: () => {},
    meters: metrics.meters,
  });
  const opened = openHandler({ ...options, state, traffic });
  const send = async (sent: Sent) => {
    const response = await opened.handler.fetch(makeRequest(sent));
    return { response, messages: await readAll(response).catch(() => []) };
  };
  const scrape = async () => {
    const request = new Request('http://localhost/metrics', { headers: { host: '127.0.0.1:9464' } });
    return (await metrics.fetch(request)).text();
  };
  return { ...opened, traffic, metrics, send, scrape, lines, log: () => lines.map((line) => JSON.parse(line)) };
}

const listen = (name: string) =>
  modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, clientInfo(name));

it.each<[string, Sent, object]>([
  [
    'a call of revision 2026-07-28',
    modern('tools/call', { name: 'echo', arguments: { text: 'x' } }, clientInfo('a client')),
    {
      method: 'tools/call',
      tool: 'echo',
      outcome: 'ok',
      client: 'a client',
      version: '1.2',
      era: 'modern',
      status: 200,
    },
  ],
  [
    'a call with progress',
    modern('tools/call', { name: 'steps', arguments: {} }, { ...clientInfo('a'), progressToken: 1 }),
    { method: 'tools/call', tool: 'steps', outcome: 'ok', status: 200 },
  ],
  [
    'a call that asks the user first',
    modern(
      'tools/call',
      { name: 'act', arguments: {} },
      { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
    ),
    { tool: 'act', outcome: 'asked', status: 200 },
  ],
  ['the beginning of a session', INITIALIZE, { method: 'initialize', client: 'test', era: 'legacy', status: 200 }],
  ['a call of a tool that is not there', legacy('tools/call', { name: TOKEN }), { tool: 'other', era: 'legacy' }],
  ['a method that is not there', legacy(`secret/${TOKEN}`), { method: 'other', era: 'legacy' }],
  ['a batch', { body: [legacy('ping').body, legacy('tools/list').body] }, { method: 'batch', era: 'legacy' }],
  ['a body that is not JSON', { body: '{' }, { request: 'POST /mcp', status: 400 }],
  ['a foreign page', { ...legacy('ping'), headers: { origin: 'http://evil.example' } }, { status: 403 }],
  ['GET where there are no sessions', { method: 'GET' }, { request: 'GET /mcp', status: 405 }],
  ['a path that is not served', { method: 'GET', path: `/${TOKEN}` }, { request: 'GET other', status: 404 }],
  ['a method of HTTP that is not there', { method: 'BREW' }, { request: 'other /mcp', status: 405 }],
])('writes one line for %s', async (_, sent, expected) => {
  const { send, log, lines } = open();
  await send({ ...sent, path: `${sent.path ?? '/mcp'}?tools=echo,steps,act&token=${TOKEN}` });
  expect(log()).toEqual([expect.objectContaining({ ...expected, ms: expect.any(Number), time: expect.any(String) })]);
  expect(lines.join()).not.toMatch(/hf_|\n/);
});

it('names the client of a session by its id alone, and tells owners apart without naming them', async () => {
  let owner = 'u:alice';
  const { handler, send, log, lines } = open({ owner: () => owner });
  const id = (await handler.fetch(makeRequest(INITIALIZE))).headers.get('mcp-session-id') ?? '';
  await send({ ...legacy('tools/list'), headers: { 'mcp-session-id': id } });
  owner = 'u:bob';
  await send(legacy('tools/list'));
  const [begun, listed, other] = log();
  expect(listed).toMatchObject({ client: 'test', owner: begun.owner });
  expect(other.owner).not.toBe(begun.owner);
  expect(lines.join()).not.toMatch(/alice|bob/);
});

it.each([
  ['revision 2026-07-28', modern],
  ['an earlier one', legacy],
])('tells of a call of %s whose client has gone', async (_, make) => {
  const { handler, seen, log, scrape } = open();
  const gone = new AbortController();
  const call = make('tools/call', { name: 'wait', arguments: { text: 'x' } });
  const answer = handler.fetch(makeRequest({ ...call, signal: gone.signal })).catch(() => {});
  await vi.waitUntil(() => seen.running.get('x'));
  gone.abort();
  await answer;
  expect(log()).toEqual([expect.objectContaining({ tool: 'wait', outcome: 'cancelled' })]);
  await vi.waitUntil(async () => (await scrape()).includes('hugwire_cancelled_total 1'));
});

it.each(['/healthz', '/readyz'])('writes nothing for %s', async (path) => {
  const { send, lines } = open();
  expect((await send({ method: 'GET', path })).response.status).toBe(200);
  expect(lines).toEqual([]);
});

it('says in /readyz that the store is away, and in /healthz that it goes on', async () => {
  const state = { ...createMemoryState(), get: () => Promise.reject(new Error('away')) };
  const { send, handler } = open({ state });
  expect((await send({ method: 'GET', path: '/readyz' })).response.status).toBe(503);
  expect((await send({ method: 'GET', path: '/healthz' })).response.status).toBe(200);
  await handler.drain();
  for (const path of ['/readyz', '/healthz']) expect((await send({ method: 'GET', path })).response.status).toBe(503);
});

it('counts the streams of a client, and that it came back', async () => {
  const { handler, traffic, scrape } = open();
  const stream = await handler.fetch(makeRequest(listen('a')));
  expect(traffic.connections).toMatchObject([
    { client: 'a', version: '1.2', era: 'modern', streams: 1, reconnects: 0 },
  ]);
  expect(await scrape()).toContain('hugwire_streams_open{kind="listen"} 1');
  await stream.body?.cancel();
  await vi.waitUntil(() => traffic.connections[0]?.streams === 0);
  await handler.fetch(makeRequest(listen('a')));
  await handler.fetch(makeRequest(listen('a')));
  expect(traffic.connections).toMatchObject([{ streams: 2, reconnects: 1 }]);
});

it('knows the client of a stream of HTTP+SSE once it has said who it is', async () => {
  const { handler, traffic } = open({ sse: true });
  const stream = await handler.fetch(makeRequest({ method: 'GET', path: '/sse', headers: { accept: undefined } }));
  const messages = readMessages(stream);
  const endpoint = (await messages.next()).value?.data ?? '';
  await handler.fetch(makeRequest({ ...INITIALIZE, path: endpoint }));
  await handler.fetch(makeRequest({ ...legacy('tools/call', { name: 'echo' }), path: endpoint }));
  await vi.waitUntil(() => traffic.connections.some(({ calls }) => calls === 1));
  expect(traffic.connections.find(({ client }) => client === 'test')).toMatchObject({ era: 'sse', streams: 1 });
  await messages.return(undefined);
  await vi.waitUntil(() => traffic.connections.every(({ streams }) => streams === 0));
});

it('knows the client of a session with a stream', async () => {
  const { handler, traffic } = open({ sessions: true });
  const begun = await handler.fetch(makeRequest(INITIALIZE));
  await readAll(begun);
  const headers = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
  await handler.fetch(makeRequest({ method: 'GET', headers: { ...headers, accept: 'text/event-stream' } }));
  expect(traffic.connections).toMatchObject([{ client: 'test', era: 'legacy', streams: 1 }]);
});

it('tells by client whether it reads a changed list again within half a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const { handler, traffic, send, scrape } = open();
  for (const name of ['eager', 'deaf', 'late']) await handler.fetch(makeRequest(listen(name)));
  await send(modern('tools/list', {}, clientInfo('streamless')));
  handler.notify();
  vi.advanceTimersByTime(2_000);
  await send(modern('tools/list', {}, clientInfo('eager')));
  vi.advanceTimersByTime(31_000);
  await send(modern('tools/list', {}, clientInfo('late')));
  const of = (name: string) => traffic.connections.find(({ client }) => client === name);
  expect(of('eager')).toMatchObject({ refetched: 1, ignored: 0, refetchMilliseconds: 2_000 });
  expect(of('deaf')).toMatchObject({ refetched: 0, ignored: 1 });
  expect(of('late')).toMatchObject({ refetched: 0, ignored: 1 });
  expect(of('streamless')).toMatchObject({ refetched: 0, ignored: 0, unreached: 1 });
  const text = await scrape();
  expect(text).toContain('hugwire_list_changed_total{client="eager",outcome="refetched"} 1');
  expect(text).toContain('hugwire_list_changed_total{client="deaf",outcome="ignored"} 1');
  expect(text).toContain('hugwire_list_changed_total{client="streamless",outcome="no_stream"} 1');
});

it('hears of a list that is read again at another instance, from the same caller alone', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const state = createMemoryState();
  let owner = 'key:one';
  const [here, there] = [open({ state, owner: () => 'key:one' }), open({ state, owner: () => owner })];
  await here.handler.fetch(makeRequest(listen('a')));
  there.handler.notify();
  owner = 'key:other';
  await there.send(modern('tools/list', {}, clientInfo('a')));
  expect(here.traffic.connections).toMatchObject([{ refetched: 0 }]);
  owner = 'key:one';
  await there.send(modern('tools/list', {}, clientInfo('a')));
  vi.advanceTimersByTime(31_000);
  expect(here.traffic.connections).toMatchObject([{ refetched: 1, ignored: 0 }]);
});

it('keeps no more clients than it can show', async () => {
  const { handler, traffic, send } = open();
  await handler.fetch(makeRequest(listen('stays')));
  for (let at = 0; at < 250; at += 1) await send(modern('tools/list', {}, clientInfo(`client ${at}`)));
  expect(traffic.connections).toHaveLength(200);
  expect(traffic.connections[0]?.client).toBe('client 249');
  expect(traffic.connections.at(-1)).toMatchObject({ client: 'stays', streams: 1 });
});

it('has labels of closed sets alone, whatever callers send', async () => {
  const { send, scrape } = open({ owner: () => 'u:alice' });
  for (const name of [TOKEN, 'https://evil.example/x', 'x'.repeat(500), '<b>"\n}', 'fine-client', '@scope/client'])
    await send(modern('tools/list', {}, clientInfo(name)));
  for (let at = 0; at < 80; at += 1) await send(modern('ping', {}, clientInfo(`c${at}`)));
  await send(legacy(`made/up-${TOKEN}`));
  await send(legacy('tools/call', { name: 'made_up' }));
  await send({ method: 'GET', path: '/made/up' });
  const text = await scrape();
  expect(text).not.toMatch(/made.up|evil|alice|hf_|xxx|<b>/);
  const clients = new Set([...text.matchAll(/client="([^"]*)"/g)].map(([, client]) => client));
  expect(clients.size).toBe(52);
  expect([...clients]).toEqual(expect.arrayContaining(['fine-client', '@scope/client', 'other', 'unknown']));
});

it.each<[string, RequestInit & { path?: string }, number]>([
  ['GET /metrics', {}, 200],
  ['another path', { path: '/mcp' }, 404],
  ['another method', { method: 'POST' }, 405],
  ['a name that a name server made up', { headers: { host: 'evil.example' } }, 403],
  ['a page', { headers: { host: '127.0.0.1:1', origin: 'http://evil.example' } }, 403],
])('answers on the port for metrics to %s', async (_, { path = '/metrics', ...init }, status) => {
  const request = new Request(`http://127.0.0.1${path}`, { headers: { host: '127.0.0.1:1' }, ...init });
  expect((await createMetrics('local').fetch(request)).status).toBe(status);
});
