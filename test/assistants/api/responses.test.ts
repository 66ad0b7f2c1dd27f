import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ADA, BOB, openApi, readStream } from './server.js';

/** Those that Open Responses demands of every response. */
const KEYS =
  'id object created_at completed_at status incomplete_details model previous_response_id instructions output error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key'.split(
    ' ',
  );

describe('a response', () => {
  it('has every key, whether the request had it or not', async () => {
    const { respond, ask } = openApi();
    const { body, headers } = await respond({
      input: 'hi',
      temperature: null,
      tools: null,
      metadata: { a: 1, b: true },
    });
    expect(Object.keys(body)).toEqual(expect.arrayContaining(KEYS));
    expect(headers.get('x-request-id')).toMatch(/^req_/);
    expect(body).toMatchObject({
      status: 'completed',
      temperature: 1,
      metadata: { a: '1', b: 'true' },
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      output_text: 'You said: hi',
    });
    const { output_text: _, ...rest } = (await ask(`/responses/${body.id}`)).body;
    expect(body).toMatchObject(rest);
  });

  it('is found by its id, whatever its conversation is called', async () => {
    const { respond, ask } = openApi();
    for (const conversation of ['顧'.repeat(256), '🙂'.repeat(128), 'a_b.c/../d e', 'resp_x_0']) {
      const { body } = await respond({ input: 'hi', conversation });
      expect((await ask(`/responses/${body.id}`)).body).toMatchObject({ id: body.id, output_text: 'You said: hi' });
      expect((await ask(`/responses/${body.id}/input_items`)).status).toBe(200);
    }
  });

  it('goes on from all that was said before, although one in the middle was removed', async () => {
    const { respond, ask } = openApi();
    const ids: string[] = [];
    for (const input of ['one', 'two', 'three']) {
      ids.push((await respond({ input, previous_response_id: ids.at(-1) })).body.id);
    }
    await ask(`/responses/${ids[1]}`, undefined, { method: 'DELETE' });
    const { body } = await respond({ input: 'COUNT', previous_response_id: ids[2] });
    expect(body.output_text).toBe('one|three|COUNT');
  });

  it('goes on from another, each follow-up with its own past', async () => {
    const { respond, ask } = openApi();
    const { body: first } = await respond({ input: 'one' });
    const { body: second } = await respond({ input: 'two', previous_response_id: first.id });
    const { body: other } = await respond({ input: 'COUNT', previous_response_id: first.id });
    const { body: third } = await respond({ input: 'COUNT', previous_response_id: second.id });
    expect(other.output_text).toBe('one|COUNT');
    expect(third.output_text).toBe('one|two|COUNT');
    const { body: list } = await ask(`/responses/${third.id}/input_items?order=asc`);
    expect(list.data.map(({ content }: { content: { text: string }[] }) => content[0]?.text)).toEqual([
      'one',
      'You said: one',
      'two',
      'You said: two',
      'COUNT',
    ]);
  });

  it('does not wait for another that goes on from the same one', async () => {
    const { respond, waiting } = openApi();
    const { body: first } = await respond({ input: 'one' });
    const slow = respond({ input: 'WAIT', previous_response_id: first.id });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const { body: quick } = await respond({ input: 'COUNT', previous_response_id: first.id });
    expect(quick.output_text).toBe('one|COUNT');
    waiting[0]?.();
    expect((await slow).body.output_text).toBe('Waited');
  });

  it('that goes on from one of a conversation leaves that as it is', async () => {
    const { respond, ask } = openApi();
    const { body: first } = await respond({ input: 'one', conversation: 'lead-42' });
    expect(first.conversation).toEqual({ id: 'lead-42' });
    const { body: aside } = await respond({ input: 'COUNT', previous_response_id: first.id });
    expect(aside.output_text).toBe('one|COUNT');
    expect((await ask('/conversations/lead-42/items')).body.data).toHaveLength(2);
    expect((await respond({ input: 'COUNT', conversation: { id: 'lead-42' } })).body.output_text).toBe('one|COUNT');
  });

  it.each(['ada@example.org', 'Kunde №7 / Süd', 'a'.repeat(256)])(
    'is found again in a conversation named %s',
    async (conversation) => {
      const { respond, ask } = openApi();
      const { body } = await respond({ input: 'one', conversation });
      expect(body.id).toMatch(/^resp_[\w.-]+$/);
      expect((await ask(`/responses/${body.id}`)).body.output_text).toBe('You said: one');
      expect((await ask(`/conversations/${encodeURIComponent(conversation)}`)).body.id).toBe(conversation);
    },
  );

  it('leaves nothing behind where nothing is to be stored', async () => {
    const { respond, ask, shared } = openApi();
    const { body } = await respond({ input: 'one', store: false });
    expect(body).toMatchObject({ store: false, output_text: 'You said: one' });
    expect((await ask(`/responses/${body.id}`)).status).toBe(404);
    expect(existsSync(join(shared.directory, 'conversations'))).toBe(false);
    const { body: kept } = await respond({ input: 'one' });
    const { body: after } = await respond({ input: 'COUNT', previous_response_id: kept.id, store: false });
    expect(after.output_text).toBe('one|COUNT');
  });

  it('is a failure of HTTP while nothing was said, and keeps what was', async () => {
    const { respond, ask, requests } = openApi();
    const { status, body } = await respond({ input: 'FAIL', conversation: 'c' });
    expect([status, body.error.type]).toEqual([500, 'server_error']);
    const half = await respond({ input: 'HALF', conversation: 'd' });
    expect(half).toMatchObject({
      status: 200,
      body: { status: 'failed', output_text: 'Half', error: { code: 'internal' } },
    });
    expect(half.body.output[0].status).toBe('incomplete');
    const { data } = (await ask('/conversations/d/items?order=asc')).body;
    expect(data.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
    expect((await ask('/conversations/c/items')).body.data).toHaveLength(1);
    expect(requests).toHaveLength(2);
  });

  it('belongs to who asked for it', async () => {
    const { respond, ask } = openApi();
    const { body } = await respond({ input: 'one', conversation: 'mine' });
    const [item] = body.output;
    for (const [path, method] of [
      [`/responses/${body.id}`, 'GET'],
      [`/responses/${body.id}`, 'DELETE'],
      [`/responses/${body.id}/input_items`, 'GET'],
      ['/conversations/mine', 'GET'],
      ['/conversations/mine', 'DELETE'],
      [`/conversations/mine/items/${item.id}`, 'GET'],
    ] as const) {
      expect((await ask(path, undefined, { caller: BOB, method })).status, `${method} ${path}`).toBe(404);
    }
    expect((await ask(`/responses/${body.id}/cancel`, {}, { caller: BOB })).status).toBe(404);
    expect((await respond({ input: 'x', previous_response_id: body.id }, { caller: BOB })).status).toBe(400);
    expect((await respond({ input: [{ type: 'item_reference', id: item.id }] }, { caller: BOB })).status).toBe(400);
    // The same name is another conversation for somebody else.
    expect((await respond({ input: 'COUNT', conversation: 'mine' }, { caller: BOB })).body.output_text).toBe('COUNT');
    expect((await ask('/conversations', undefined, { caller: BOB })).body.data).toHaveLength(1);
  });

  it('takes items by their ids, and those that it knows only once', async () => {
    const { respond } = openApi();
    const { body: first } = await respond({ input: 'one' });
    const reference = { type: 'item_reference', id: first.output[0].id };
    const { body } = await respond({
      input: [{ role: 'user', content: 'one' }, reference, { role: 'user', content: 'COUNT' }],
    });
    expect(body.output_text).toBe('one|COUNT');
    const missing = await respond({ input: [{ type: 'item_reference', id: 'msg_0' }] });
    expect(missing).toMatchObject({ status: 400, body: { error: { code: 'item_not_found' } } });
  });
});

describe('a response in the background', () => {
  it('goes on without its caller, at any instance, and stops when it is told to', async () => {
    const here = openApi();
    const there = openApi({ shared: here.shared });
    const caller = new AbortController();
    const { body } = await here.respond({ input: 'WAIT', background: true }, { signal: caller.signal });
    expect(body).toMatchObject({ status: 'in_progress', background: true });
    caller.abort();
    await vi.waitFor(() => expect(here.waiting).toHaveLength(1));
    expect((await there.ask(`/responses/${body.id}`)).body.status).toBe('in_progress');
    const { body: stopped } = await there.ask(`/responses/${body.id}/cancel`, {});
    expect(stopped).toMatchObject({ status: 'cancelled', output_text: 'Wait' });
    expect((await here.ask(`/responses/${body.id}/cancel`, {})).body.status).toBe('cancelled');
    const { body: other } = await here.respond({ input: 'WAIT', background: true });
    await vi.waitFor(() => expect(here.waiting).toHaveLength(2));
    here.waiting[1]?.();
    await vi.waitFor(async () => {
      expect((await there.ask(`/responses/${other.id}`)).body).toMatchObject({
        status: 'completed',
        output_text: 'Waited',
      });
    });
  });

  it('tells its events again, from any on; what is over and gone tells its end', async () => {
    const here = openApi();
    const there = openApi({ shared: here.shared });
    const { body } = await here.respond({ input: 'one', background: true });
    const all = await readStream(await here.send(`/responses/${body.id}?stream=true`));
    expect(all.at(-1)).toEqual({ type: '[DONE]' });
    const events = all.slice(0, -1);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(await readStream(await here.send(`/responses/${body.id}?stream=true&starting_after=3`))).toEqual(
      all.slice(4),
    );
    const whole = await readStream(await there.send(`/responses/${body.id}?stream=true`));
    expect(whole.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
      '[DONE]',
    ]);
    const late = await readStream(await there.send(`/responses/${body.id}?stream=true&starting_after=5`));
    expect(late).toMatchObject([{ type: 'response.completed', sequence_number: 6, response: { id: body.id } }, {}]);
  });

  it('that nobody works on any more has failed, and the conversation goes on', async () => {
    const { store, ask, respond } = openApi();
    const conversation = await store.create({ owner: ADA.owner, assistant: 'helper', id: 'c' });
    const { body: first } = await respond({ input: 'one', conversation: 'c' });
    const id = first.id.replace(/[0-9a-f]{24}$/, '0'.repeat(24));
    const part = { type: 'output_text' as const, text: 'Ha', annotations: [], logprobs: [] };
    const message = {
      type: 'message' as const,
      id: 'msg_x',
      status: 'in_progress' as const,
      role: 'assistant' as const,
      content: [part],
    };
    await conversation.append([
      { type: 'response', response: { id, status: 'in_progress', model: 'helper' } },
      { type: 'item', item: message, response: id },
    ]);
    const { body } = await ask(`/responses/${id}`);
    expect(body).toMatchObject({
      status: 'failed',
      error: { code: 'interrupted' },
      output_text: 'Ha',
      output: [{ status: 'incomplete' }],
    });
    expect((await ask(`/responses/${id}`)).body.status).toBe('failed');
    expect((await ask(`/responses/${id}/cancel`, {})).body.status).toBe('failed');
    expect((await respond({ input: 'COUNT', conversation: 'c' })).body.output_text).toBe('one|COUNT');
  });
});

it('stops when the caller leaves, and keeps what was said', async () => {
  const { send, waiting, ask } = openApi();
  const response = await send('/responses', { model: 'helper', input: 'WAIT', conversation: 'c', stream: true });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  await response.body?.cancel();
  await vi.waitFor(async () => {
    const { data } = (await ask('/conversations/c/items?order=asc')).body;
    expect(data[1]).toMatchObject({ status: 'incomplete', content: [{ text: 'Wait' }] });
  });
});

it('has a second turn of a conversation wait, and says so when that takes too long', async () => {
  const { respond, waiting, store } = openApi();
  const first = respond({ input: 'WAIT', conversation: 'c' });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const second = respond({ input: 'COUNT', conversation: 'c' });
  waiting[0]?.();
  expect((await first).body.output_text).toBe('Waited');
  expect((await second).body.output_text).toBe('WAIT|COUNT');
  const busy = await store.open('c', ADA.owner);
  vi.spyOn(store, 'open').mockResolvedValue({
    ...(busy as object),
    head: busy?.head,
    read: async () => [],
    exclusively: (work: () => unknown) => busy?.exclusively(work as never, 0),
  } as never);
  let end = () => {};
  const held = busy?.exclusively(() => new Promise<void>((resolve) => (end = resolve)), 1_000);
  expect(await respond({ input: 'x', conversation: 'c' })).toMatchObject({
    status: 409,
    body: { error: { code: 'conversation_locked', type: 'invalid_request_error' } },
  });
  end();
  await held;
});

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-7' };
  it('has the same request answered once', async () => {
    const { respond, requests, send } = openApi();
    const { body } = await respond({ input: 'one' }, { headers });
    const { body: again } = await respond({ input: 'one' }, { headers });
    expect(again).toMatchObject({ id: body.id, output_text: 'You said: one' });
    expect(requests).toHaveLength(1);
    expect(await respond({ input: 'two' }, { headers })).toMatchObject({
      status: 400,
      body: { error: { code: 'idempotency_key_reused' } },
    });
    expect((await respond({ input: 'one' }, { headers, caller: BOB })).body.id).not.toBe(body.id);
    const stream = await send(
      '/responses',
      { model: 'helper', input: 'x', stream: true },
      { headers: { 'idempotency-key': 'b' } },
    );
    const told = await readStream(stream);
    const repeated = await send(
      '/responses',
      { model: 'helper', input: 'x', stream: true },
      { headers: { 'idempotency-key': 'b' } },
    );
    expect((await readStream(repeated)).at(-2)?.response.id).toBe(told.at(-2)?.response.id);
  });

  it('of a request that was refused is free again', async () => {
    const { respond } = openApi();
    expect((await respond({ input: 'one', model: 'nobody' }, { headers })).status).toBe(404);
    expect((await respond({ input: 'one' }, { headers })).status).toBe(200);
  });
});

/** A body with a value that is nested so often. */
const nest = (levels: number, value: unknown = 1): unknown => {
  let nested = value;
  for (let level = 0; level < levels; level += 1) nested = { a: nested };
  return nested;
};

describe('what cannot be understood', () => {
  const odd: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'hi'],
    ['a number', 1],
    ['parameters that are nested deep', { tools: [{ type: 'function', name: 'f', parameters: nest(50_000) }] }],
    ['an output format that is nested deep', { text: { format: { type: 'json_schema', schema: nest(50_000) } } }],
    ['input that is nested deep', { input: nest(50_000) }],
    ['content that is nested deep', { input: [{ role: 'user', content: [nest(50_000)] }] }],
    [
      'annotations that are nested deep',
      { input: [{ role: 'assistant', content: [{ type: 'output_text', text: 'x', annotations: [nest(50_000)] }] }] },
    ],
    [
      'arguments that are nested deep',
      { input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: nest(50_000) }] },
    ],
    ['metadata that is nested deep', { metadata: nest(50_000) }],
    ['half a character', { conversation: '\uD800' }],
    ['a conversation without a name', { conversation: '' }],
    ['a conversation with a line break', { conversation: 'a\nb' }],
    ['a previous response that climbs', { previous_response_id: '../../etc/passwd' }],
  ];
  it.each(odd)('is refused as what no other try can help: %s', async (_, body) => {
    const { ask } = openApi();
    for (const headers of [{}, { 'Idempotency-Key': 'k' }] as Record<string, string>[]) {
      for (const path of ['/responses', '/chat/completions', '/conversations', '/conversations/none/items']) {
        const whole =
          typeof body === 'object' && body !== null && !Array.isArray(body)
            ? { model: 'helper', input: 'hi', messages: [{ role: 'user', content: 'hi' }], ...body }
            : body;
        const { status, body: said } = await ask(path, whole, { method: 'POST', headers });
        expect(status, `${path} ${JSON.stringify(said).slice(0, 200)}`).toBeLessThan(500);
      }
    }
  });
});

describe('what must be agreed to', () => {
  const asked = async ({ respond }: ReturnType<typeof openApi>, options = {}) => {
    const { body } = await respond({ input: 'CALL act', conversation: 'c' }, options);
    expect(body.status).toBe('completed');
    const request = body.output.at(-1);
    expect(request).toMatchObject({ type: 'mcp_approval_request', name: 'act', arguments: '{"n":1}' });
    expect(request).not.toHaveProperty('digest');
    const decide = (approve: boolean, more = {}) => ({
      conversation: 'c',
      input: [{ type: 'mcp_approval_response', approval_request_id: request.id, approve, ...more }],
    });
    return { request, decide };
  };

  it('is done once, by who may', async () => {
    const server = openApi();
    const { decide, request } = await asked(server);
    expect(server.act.calls).toHaveLength(0);
    const { body } = await server.respond(decide(true));
    expect(body.output[0]).toMatchObject({
      type: 'mcp_call',
      name: 'act',
      status: 'completed',
      approval_request_id: request.id,
    });
    expect(server.act.calls).toEqual([{ n: 1 }]);
    expect(await server.respond(decide(true))).toMatchObject({
      status: 400,
      body: { error: { code: 'approval_not_found' } },
    });
    expect(server.act.calls).toHaveLength(1);
  });

  it('is not done when it is declined', async () => {
    const server = openApi();
    const { decide } = await asked(server);
    const { body } = await server.respond(decide(false, { reason: 'too dear' }));
    expect(body.output[0]).toMatchObject({
      type: 'mcp_call',
      status: 'failed',
      error: expect.stringContaining('too dear'),
    });
    expect(server.act.calls).toHaveLength(0);
  });

  it('is refused to a caller who may not, and goes on once somebody else has decided', async () => {
    const server = openApi();
    const { ask, respond, act } = server;
    const { decide, request } = await asked(server, { caller: BOB });
    const refused = await respond(decide(true), { caller: BOB });
    expect(refused).toMatchObject({
      status: 403,
      body: { error: { type: 'permission_error', code: 'may_not_approve' } },
    });
    expect(refused.body.error.message).toContain(`hugwire approvals approve ${request.id}`);
    expect((await ask(`/approvals/${request.id}`, { approve: true }, { caller: BOB })).status).toBe(403);
    // Whoever may approve sees what waits for others, and nothing else of theirs.
    const { data } = (await ask('/approvals')).body;
    expect(data).toMatchObject([{ id: request.id, name: 'act', arguments: '{"n":1}', approve: null }]);
    expect((await ask(`/approvals/${request.id}`, { approve: true, digest: 'other' })).status).toBe(404);
    expect((await ask(`/approvals/${request.id}`, { approve: true, digest: data[0].digest })).body.approve).toBe(true);
    expect((await ask(`/approvals/${request.id}`, { approve: false })).status).toBe(400);
    expect(act.calls).toHaveLength(0);
    const { body } = await respond({ conversation: 'c' }, { caller: BOB });
    expect(body.output[0]).toMatchObject({ type: 'mcp_call', status: 'completed' });
    expect(act.calls).toHaveLength(1);
  });

  it('is done once, whichever way one comes back to the point before it', async () => {
    const { ask, respond, act } = openApi();
    const { body: first } = await respond({ input: 'CALL act' }, { caller: BOB });
    const { id } = first.output.at(-1);
    expect((await ask(`/approvals/${id}`, { approve: true })).status).toBe(200);
    const goOn = () => respond({ previous_response_id: first.id, input: 'go on' }, { caller: BOB });
    const { body: done } = await goOn();
    expect(act.calls).toHaveLength(1);
    expect(done.output[0]).toMatchObject({ type: 'mcp_call', status: 'completed' });
    await goOn();
    expect(act.calls).toHaveLength(1);
    expect((await ask(`/responses/${done.id}`, undefined, { caller: BOB, method: 'DELETE' })).status).toBe(200);
    await goOn();
    expect(act.calls).toHaveLength(1);
  });

  it('is done once, although its answer is taken out of the conversation', async () => {
    const { ask, respond, act } = openApi();
    const { body } = await respond({ input: 'CALL act', conversation: 'c' }, { caller: BOB });
    await ask(`/approvals/${body.output.at(-1).id}`, { approve: true });
    const { body: done } = await respond({ input: 'go on', conversation: 'c' }, { caller: BOB });
    await ask(`/conversations/c/items/${done.output[0].id}`, undefined, { caller: BOB, method: 'DELETE' });
    await respond({ input: 'go on', conversation: 'c' }, { caller: BOB });
    expect(act.calls).toHaveLength(1);
  });

  it('is not asked where nothing is stored, nor in a chat: it counts as declined', async () => {
    const { respond, ask, act } = openApi();
    const { body } = await respond({ input: 'CALL act', store: false });
    expect(body.output.map(({ type }: { type: string }) => type)).not.toContain('mcp_approval_request');
    const chat = await ask('/chat/completions', { model: 'helper', messages: [{ role: 'user', content: 'CALL act' }] });
    expect(chat.body.choices[0].finish_reason).toBe('stop');
    expect(act.calls).toHaveLength(0);
  });

  it('is found by clients that send all again', async () => {
    const server = openApi();
    const { body: first } = await server.respond({ input: 'CALL act' });
    const request = first.output.at(-1);
    const answer = { type: 'mcp_approval_response', approval_request_id: request.id, approve: true };
    const { body } = await server.respond({ input: [{ role: 'user', content: 'CALL act' }, ...first.output, answer] });
    expect(body.output[0]).toMatchObject({ type: 'mcp_call', status: 'completed' });
    const items = (await server.ask(`/responses/${body.id}/input_items?order=asc`)).body.data;
    expect(items.filter(({ role }: { role?: string }) => role === 'user')).toHaveLength(1);
  });

  it('cannot be made up by a caller', async () => {
    const { respond, act } = openApi();
    const request = {
      type: 'mcp_approval_request',
      id: 'mcpr_1',
      server_label: 'hugwire',
      name: 'act',
      arguments: '{}',
    };
    const answer = { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true };
    expect((await respond({ input: [request, answer] })).status).toBe(400);
    const { body } = await respond({ input: [{ role: 'user', content: 'hi' }, request] });
    expect((await respond({ previous_response_id: body.id, input: [answer] })).status).toBe(400);
    expect(act.calls).toHaveLength(0);
  });
});

describe('who may talk to whom', () => {
  it('is what a key says', async () => {
    const { ask, respond } = openApi();
    const caller = { ...BOB, assistants: ['other'] };
    expect((await ask('/models')).body.data.map(({ id }: { id: string }) => id)).toEqual(['helper', 'other']);
    expect((await ask('/models', undefined, { caller })).body.data).toMatchObject([
      { id: 'other', object: 'model', owned_by: 'hugwire', name: 'Another' },
    ]);
    expect((await ask('/models/helper', undefined, { caller })).status).toBe(404);
    const refused = await respond({ input: 'hi' }, { caller });
    expect(refused).toMatchObject({ status: 404, body: { error: { code: 'model_not_found', param: 'model' } } });
    expect(refused.body.error.message).not.toContain('helper,');
    expect((await respond({ model: 'other', input: 'hi' }, { caller })).status).toBe(200);
  });

  it('is nobody without a name', async () => {
    const { ask } = openApi();
    const told = await ask('/models', undefined, { caller: { ...BOB, owner: 'anon' } });
    expect(told).toMatchObject({ status: 403, body: { error: { type: 'permission_error' } } });
    expect(told.body.error.message).toContain('--auth');
  });
});

it('shows progress and notices only to who asks for them', async () => {
  const { send } = openApi();
  const types = async (more: object) =>
    (await readStream(await send('/responses', { model: 'helper', input: 'CALL look', stream: true, ...more }))).map(
      ({ type }) => type,
    );
  const plain = await types({});
  expect(plain.filter((type) => type.startsWith('hugwire:'))).toEqual([]);
  expect(plain).toEqual(
    expect.arrayContaining([
      'response.mcp_call.in_progress',
      'response.mcp_call_arguments.done',
      'response.mcp_call.completed',
    ]),
  );
});

it('has the model read the texts among the files that are given, and name the others', async () => {
  const { respond, requests } = openApi();
  const base64 = (data: string | Buffer) => Buffer.from(data).toString('base64');
  const file = (filename: string, file_data: string) => ({ type: 'input_file', filename, file_data });
  const content = [
    { type: 'input_text', text: 'Read.' },
    file('a.txt', `data:text/plain;base64,${base64('Grüße')}`),
    file('b.md', base64('# Title')),
    file('c.png', `data:image/png;base64,${base64(Buffer.from([0x89, 0x50, 0, 0xff]))}`),
  ];
  await respond({ input: [{ role: 'user', content }] });
  expect(requests[0]?.messages.at(-1)?.content).toBe('Read.\n[file a.txt]\nGrüße\n[file b.md]\n# Title\n[file c.png]');
});
