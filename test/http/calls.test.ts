import { expect, it, vi } from 'vitest';
import type { Service } from '../../src/engine/service.js';
import { createMemoryState } from '../../src/http/state/memory.js';
import { INITIALIZE, legacy, makeRequest, modern, openHandler, readAll, readMessages, type Sent } from './handler.js';

const WAIT = { name: 'wait', arguments: { text: 'x' } };
const withProgress = { progressToken: 1 };
const CANCELLED = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };

async function begin(handler: ReturnType<typeof openHandler>['handler']) {
  const response = await handler.fetch(makeRequest(INITIALIZE));
  const id = response.headers.get('mcp-session-id') ?? '';
  const messages = await readAll(response);
  const send = (sent: Sent, signal?: AbortSignal) => {
    const headers = { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': id, ...sent.headers };
    return handler.fetch(makeRequest({ ...sent, headers, signal }));
  };
  return { id, messages, send };
}

it.each<[string, Sent]>([
  ['modern', modern('tools/call', WAIT)],
  ['modern and streamed', modern('tools/call', WAIT, withProgress)],
  ['legacy', legacy('tools/call', WAIT)],
  ['legacy and streamed', legacy('tools/call', { ...WAIT, _meta: withProgress })],
])('cancels a call that is %s when its connection breaks', async (_, sent) => {
  const { handler, seen } = openHandler();
  const gone = new AbortController();
  const response = handler.fetch(makeRequest({ ...sent, signal: gone.signal })).catch(() => {});
  const signal = await vi.waitUntil(() => seen.running.get('x'));
  expect(signal.aborted).toBe(false);
  gone.abort();
  await vi.waitUntil(() => signal.aborted);
  await response;
  // Nothing is left of it.
  await handler.drain();
});

it('cancels a streamed call when its reader goes', async () => {
  const { handler, seen } = openHandler();
  const response = await handler.fetch(makeRequest(legacy('tools/call', { ...WAIT, _meta: withProgress })));
  const signal = await vi.waitUntil(() => seen.running.get('x'));
  await response.body?.cancel();
  await vi.waitUntil(() => signal.aborted);
  await handler.drain();
});

it('cancels a call by a notification, at another instance too, and no other call', async () => {
  const state = createMemoryState();
  const [here, there] = [openHandler({ state }), openHandler({ state })];
  const client = await begin(here.handler);
  const stranger = await begin(here.handler);
  const answer = client.send(legacy('tools/call', WAIT, 7));
  const other = stranger.send(legacy('tools/call', { name: 'wait', arguments: { text: 'y' } }, 7));
  const signal = await vi.waitUntil(() => here.seen.running.get('x'));
  await vi.waitUntil(() => here.seen.running.get('y'));
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } };
  const headers = { 'mcp-session-id': client.id };
  expect((await there.handler.fetch(makeRequest({ body: cancel, headers }))).status).toBe(202);
  await vi.waitUntil(() => signal.aborted);
  expect((await readAll(await answer))[0]?.error).toMatchObject({ code: -32000 });
  here.seen.release('y');
  expect((await readAll(await other))[0]?.result.content[0].text).toBe('waited y');
});

it('serves a session id at every instance with the same secret, but for another owner', async () => {
  let owner = 'key:one';
  const first = openHandler({ owner: () => owner });
  const second = openHandler({ owner: () => owner });
  const { id } = await begin(first.handler);
  const ping = () => second.handler.fetch(makeRequest({ ...legacy('ping'), headers: { 'mcp-session-id': id } }));
  expect((await ping()).status).toBe(200);
  owner = 'key:two';
  expect((await ping()).status).toBe(404);
});

it('waits for calls before it stops, and not for those who only listen', async () => {
  const { handler, seen } = openHandler();
  const listening = await handler.fetch(
    makeRequest(modern('subscriptions/listen', { notifications: { toolsListChanged: true } })),
  );
  const heard = readAll(listening);
  const answer = handler.fetch(makeRequest(legacy('tools/call', WAIT)));
  await vi.waitUntil(() => seen.running.get('x'));
  const drained = vi.fn();
  const drain = handler.drain().then(drained);
  handler.notify();
  expect(drained).not.toHaveBeenCalled();
  seen.release('x');
  expect((await readAll(await answer))[0]?.result.content[0].text).toBe('waited x');
  await drain;
  await handler.close();
  const subscription = { 'io.modelcontextprotocol/subscriptionId': 1 };
  expect(await heard).toMatchObject([
    { method: 'notifications/subscriptions/acknowledged', params: { notifications: { toolsListChanged: true } } },
    { method: 'notifications/tools/list_changed', params: { _meta: subscription } },
    { id: 1, result: { resultType: 'complete', _meta: subscription } },
  ]);
});

const act = (extra: object = {}, meta: object = CANCELLED) =>
  makeRequest(
    modern('tools/call', { name: 'act', arguments: { text: 'it' }, ...extra }, meta as Record<string, unknown>),
  );
const accept = { answer: { action: 'accept', content: {} } };

async function ask(handler: ReturnType<typeof openHandler>['handler']) {
  const [message] = await readAll(await handler.fetch(act()));
  expect(message?.result).toMatchObject({
    resultType: 'input_required',
    inputRequests: { answer: { method: 'elicitation/create', params: { mode: 'form', message: 'Do it?' } } },
  });
  return message?.result.requestState as string;
}

it('asks a modern client at one instance and goes on at another, once', async () => {
  const state = createMemoryState();
  const [first, second] = [openHandler({ state }), openHandler({ state })];
  const requestState = await ask(first.handler);
  expect(first.seen.done).toEqual([]);
  // Without an answer the question comes again.
  const [again] = await readAll(await second.handler.fetch(act({ requestState })));
  expect(again?.result.resultType).toBe('input_required');
  const [answer] = await readAll(await second.handler.fetch(act({ requestState, inputResponses: accept })));
  expect(answer?.result.content[0].text).toBe('did it');
  const [twice] = await readAll(await first.handler.fetch(act({ requestState, inputResponses: accept })));
  expect(twice?.error?.code).toBe(-32602);
  expect([...first.seen.done, ...second.seen.done]).toEqual(['it']);
});

it('takes one answer to a question, however its state is written and however often it was asked', async () => {
  const { handler, seen } = openHandler();
  const [requestState, other] = [await ask(handler), await ask(handler)];
  const [again] = await readAll(await handler.fetch(act({ requestState })));
  const spellings = [requestState, `${requestState}=`, `${requestState} `, again?.result.requestState];
  for (const one of spellings) await handler.fetch(act({ requestState: one, inputResponses: accept }));
  expect(seen.done).toEqual(['it']);
  // The same call of somebody else, in the same second, is another one.
  await handler.fetch(act({ requestState: other, inputResponses: accept }));
  expect(seen.done).toEqual(['it', 'it']);
});

it.each<[string, (state: string) => object]>([
  ['a forged state', (requestState) => ({ requestState: `${requestState}x` })],
  ['another tool', (requestState) => ({ requestState, name: 'echo' })],
  ['other arguments', (requestState) => ({ requestState, arguments: { text: 'more' } })],
])('goes on with no question for %s', async (_, change) => {
  const { handler, seen } = openHandler();
  const requestState = await ask(handler);
  const [message] = await readAll(await handler.fetch(act({ ...change(requestState), inputResponses: accept })));
  expect(message?.error?.code).toBe(-32602);
  expect(seen.done).toEqual([]);
});

it('takes no answer of another owner', async () => {
  let owner = 'key:one';
  const { handler } = openHandler({ owner: () => owner });
  const requestState = await ask(handler);
  owner = 'key:two';
  const [message] = await readAll(await handler.fetch(act({ requestState, inputResponses: accept })));
  expect(message?.error?.code).toBe(-32602);
});

it.each([
  ['a no', { answer: { action: 'decline' } }, 'not done: decline'],
  ['nonsense', { answer: { action: 'accept', content: 7 } }, 'did it'],
])('takes %s for what it is', async (_, inputResponses, text) => {
  const { handler } = openHandler();
  const [message] = await readAll(await handler.fetch(act({ requestState: await ask(handler), inputResponses })));
  expect(message?.result.content[0].text).toBe(text);
});

it.each<[string, Sent]>([
  ['a modern client that cannot show forms', modern('tools/call', { name: 'act' })],
  ['a legacy client without a session', legacy('tools/call', { name: 'act' })],
])('asks nothing of %s', async (_, sent) => {
  const [message] = await readAll(await openHandler().handler.fetch(makeRequest(sent)));
  expect(message?.result.content[0].text).toBe('not done: nobody to ask');
});

it('pushes changes and questions to a client with a session, and sends again what it missed', async () => {
  const { handler, seen } = openHandler({ sessions: true });
  const client = await begin(handler);
  expect(client.id).toMatch(/^[\x21-\x7e]+$/);
  const listen = async (headers: Record<string, string> = {}) =>
    client.send({ method: 'GET', headers: { accept: 'text/event-stream', ...headers } });
  const stream = readMessages(await listen());
  handler.notify();
  const change = (await stream.next()).value;
  expect(change).toMatchObject({ method: 'notifications/tools/list_changed' });
  await stream.return(undefined);
  handler.notify();
  const again = readMessages(await listen({ 'last-event-id': String(change?.event) }));
  expect((await again.next()).value).toMatchObject({ method: 'notifications/tools/list_changed' });

  const asked = readMessages(await client.send(legacy('tools/call', { name: 'act', arguments: { text: 'it' } })));
  await asked.next(); // what is needed to resume
  const question = (await asked.next()).value;
  expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Do it?' } });
  const answer = { jsonrpc: '2.0', id: question?.id, result: { action: 'accept', content: {} } };
  expect((await client.send({ body: answer })).status).toBe(202);
  expect((await asked.next()).value).toMatchObject({ result: { content: [{ text: 'did it' }] } });
  expect(seen.done).toEqual(['it']);

  expect((await client.send({ method: 'DELETE' })).status).toBe(200);
  expect((await client.send(legacy('ping'))).status).toBe(404);
});

it('keeps the calls of a session running when their connection breaks, and their answers', async () => {
  const { handler, seen } = openHandler({ sessions: true });
  const client = await begin(handler);
  const gone = new AbortController();
  const stream = readMessages(await client.send(legacy('tools/call', WAIT, 4), gone.signal));
  const first = (await stream.next()).value;
  const signal = await vi.waitUntil(() => seen.running.get('x'));
  await stream.return(undefined);
  gone.abort();
  seen.release('x');
  const headers = { accept: 'text/event-stream', 'last-event-id': String(first?.event) };
  const answer = await vi.waitUntil(async () => {
    const [message] = await readAll(await client.send({ method: 'GET', headers }));
    return message;
  });
  expect(answer).toMatchObject({ id: 4, result: { content: [{ text: 'waited x' }] } });
  expect(signal.aborted).toBe(false);
});

it('sends nothing of one session to another, and lets no other owner in', async () => {
  let owner = 'key:one';
  const { handler } = openHandler({ sessions: true, owner: () => owner });
  const [one, other] = [await begin(handler), await begin(handler)];
  const listen = (client: typeof one, headers: Record<string, string> = {}) =>
    client.send({ method: 'GET', headers: { accept: 'text/event-stream', ...headers } });
  const stream = readMessages(await listen(one));
  handler.notify();
  const event = String((await stream.next()).value?.event);
  expect((await listen(other, { 'last-event-id': event })).status).toBe(400);
  owner = 'key:two';
  expect((await one.send(legacy('ping'))).status).toBe(404);
});

it.each([
  ['no session id', undefined, 400],
  ['an unknown one', 'nope', 404],
])('refuses %s where sessions are kept', async (_, id, status) => {
  const { handler } = openHandler({ sessions: true });
  const response = await handler.fetch(makeRequest({ ...legacy('ping'), headers: { 'mcp-session-id': id } }));
  expect(response.status).toBe(status);
});

it('takes a session over from another instance', async () => {
  const state = createMemoryState();
  const [first, second] = [openHandler({ state, sessions: true }), openHandler({ state, sessions: true })];
  const { id } = await begin(first.handler);
  const headers = { 'mcp-session-id': id };
  const response = await second.handler.fetch(
    makeRequest({ ...legacy('tools/call', { name: 'echo', arguments: { text: 'a' } }), headers }),
  );
  expect((await readAll(response)).at(-1)).toMatchObject({ result: { content: [{ text: 'a' }] } });
});

it('takes a session over once for requests that come together, and ends it everywhere', async () => {
  const state = createMemoryState();
  const [first, second] = [openHandler({ state, sessions: true }), openHandler({ state, sessions: true })];
  const client = await begin(first.handler);
  const headers = { 'mcp-session-id': client.id, accept: 'text/event-stream' };
  const [listening] = await Promise.all([
    second.handler.fetch(makeRequest({ method: 'GET', headers })),
    ...[1, 2].map(async (id) => {
      const { accept: _, ...own } = headers;
      expect((await second.handler.fetch(makeRequest({ ...legacy('ping', {}, id), headers: own }))).status).toBe(200);
    }),
  ]);
  const stream = readMessages(listening);
  second.handler.notify();
  expect((await stream.next()).value).toMatchObject({ method: 'notifications/tools/list_changed' });
  expect((await second.handler.fetch(makeRequest({ method: 'DELETE', headers }))).status).toBe(200);
  expect((await client.send(legacy('ping'))).status).toBe(404);
});

it('goes on with a session while the store is away', async () => {
  const memory = createMemoryState();
  let isAway = false;
  const fail = () => (isAway ? Promise.reject(new Error('away')) : undefined);
  const state = {
    ...memory,
    renew: async (...asked: Parameters<typeof memory.renew>) => (await fail()) ?? memory.renew(...asked),
  };
  const client = await begin(openHandler({ state, sessions: true }).handler);
  isAway = true;
  expect((await client.send(legacy('ping'))).status).toBe(200);
});

it('lets go of an HTTP+SSE stream that nobody reads, before its answers fill the memory', async () => {
  const { handler } = openHandler({ sse: true });
  const stream = await handler.fetch(makeRequest({ method: 'GET', path: '/sse' }));
  const reader = stream.body?.getReader();
  const [, path] = /data: (.*)/.exec(new TextDecoder().decode((await reader?.read())?.value)) ?? [];
  const post = (sent: Sent) => handler.fetch(makeRequest({ ...sent, path }));
  await post(INITIALIZE);
  const call = { name: 'echo', arguments: { text: 'x'.repeat(19_000) } };
  const body = Array.from({ length: 100 }, (_, id) => legacy('tools/call', call, id).body);
  const statuses: number[] = [];
  while (statuses.length < 50 && statuses.at(-1) !== 404) {
    statuses.push((await post({ body })).status);
    await new Promise(setImmediate);
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([202, 404]);
  // What waited is gone with it.
  const rest = vi.fn();
  await expect(
    (async () => {
      for (;;) rest((await reader?.read())?.value);
    })(),
  ).rejects.toThrow('is not reading');
  expect(rest.mock.calls.length).toBeLessThan(5);
});

it.each<[string, Sent]>([
  ['subscriptions', modern('subscriptions/listen', { notifications: { toolsListChanged: true } })],
  ['HTTP+SSE', { method: 'GET', path: '/sse' }],
])('lets one stranger open so many streams, and the others theirs (%s)', async (_, sent) => {
  let place = 'one';
  const { handler } = openHandler({ sse: true, place: () => place });
  const open = async () => handler.fetch(makeRequest(sent));
  const streams = await Promise.all(Array.from({ length: 100 }, open));
  expect(streams.every(({ status }) => status === 200)).toBe(true);
  expect((await open()).status).toBe(429);
  place = 'other';
  const other = await open();
  expect(other.status).toBe(200);
  place = 'one';
  await streams[0]?.body?.cancel();
  const again = await open();
  expect(again.status).toBe(200);
  await Promise.all([...streams.slice(1), other, again].map(({ body }) => body?.cancel()));
});

it('looks at whose resources are asked for with each request of a session', async () => {
  let resources: Service['resources'] = async () => ({ list: () => ({ resources: [] }) }) as never;
  const { handler, tools } = openHandler({
    sessions: true,
    authenticate: async () => ({ owner: 'key:test', host: { ...host, resources } }),
  });
  const host = { tools: () => tools, knownTools: () => tools, context: () => ({}) as never };
  const client = await begin(handler);
  const list = async () => (await readAll(await client.send(legacy('resources/list')))).at(-1);
  expect((await list())?.result.resources).toEqual([]);
  resources = undefined;
  expect((await list())?.error?.message).toContain('no resources');
});

it('asks nothing of a client with a session where it would not see the question', async () => {
  const { handler } = openHandler({ sessions: true });
  const client = await begin(handler);
  const call = legacy('tools/call', { name: 'act', arguments: { text: 'it' } });
  const answer = { id: 1, result: { content: [{ text: 'not done: nobody to ask' }] } };
  const response = await client.send({ ...call, headers: { accept: 'application/json' } });
  expect(await response.json()).toMatchObject(answer);
  expect(await (await client.send({ body: [call.body] })).json()).toMatchObject([answer]);
});

it('takes no more messages in a post of HTTP+SSE than in a batch', async () => {
  const { handler } = openHandler({ sse: true });
  const stream = readMessages(await handler.fetch(makeRequest({ method: 'GET', path: '/sse' })));
  const path = String((await stream.next()).value?.data);
  const body = Array.from({ length: 101 }, (_, id) => legacy('ping', {}, id).body);
  expect((await handler.fetch(makeRequest({ path, body }))).status).toBe(400);
  await stream.return(undefined);
});

it('speaks HTTP+SSE with clients of 2024', async () => {
  const { handler, seen } = openHandler({ sse: true, publicUrl: 'https://hug.example/tools/mcp' });
  const stream = readMessages(await handler.fetch(makeRequest({ method: 'GET', path: '/sse' })));
  const endpoint = String((await stream.next()).value?.data);
  expect(endpoint).toMatch(/^\/tools\/messages\?sessionId=/);
  const path = endpoint.slice('/tools'.length);
  const post = (sent: Sent) => handler.fetch(makeRequest({ ...sent, path }));
  expect((await post(INITIALIZE)).status).toBe(202);
  expect((await stream.next()).value).toMatchObject({ id: 1, result: { serverInfo: { name: 'hugwire' } } });
  handler.notify();
  expect((await stream.next()).value).toMatchObject({ method: 'notifications/tools/list_changed' });
  await post(legacy('tools/call', { name: 'act', arguments: { text: 'it' } }, 2));
  const question = (await stream.next()).value;
  expect(question).toMatchObject({ method: 'elicitation/create' });
  await post({ body: { jsonrpc: '2.0', id: question?.id, result: { action: 'accept' } } });
  expect((await stream.next()).value).toMatchObject({ id: 2, result: { content: [{ text: 'did it' }] } });
  await post(legacy('tools/call', WAIT, 3));
  const signal = await vi.waitUntil(() => seen.running.get('x'));
  await stream.return(undefined);
  await vi.waitUntil(() => signal.aborted);
  expect((await post(legacy('ping'))).status).toBe(404);
});
