import { expect, it } from 'vitest';
import { createRandom } from '../../doubles/random.js';
import { openApi } from './server.js';

it('holds items, page by page, in either order', async () => {
  const { ask } = openApi();
  const items = ['a', 'b', 'c', 'd', 'e'].map((content) => ({ role: 'user', content }));
  const { body: made } = await ask('/conversations', { metadata: { customer: '42' }, items });
  expect(made).toMatchObject({
    object: 'conversation',
    metadata: { customer: '42' },
    id: expect.stringMatching(/^conv_/),
  });
  const list = async (query: string) => (await ask(`/conversations/${made.id}/items?${query}`)).body;
  const texts = (page: { data: { content: { text: string }[] }[] }) =>
    page.data.map(({ content }) => content[0]?.text).join('');
  const newest = await list('');
  expect(texts(newest)).toBe('edcba');
  expect(newest).toMatchObject({
    object: 'list',
    has_more: false,
    first_id: newest.data[0].id,
    last_id: newest.data[4].id,
  });
  const first = await list('order=asc&limit=2');
  expect([texts(first), first.has_more]).toEqual(['ab', true]);
  const second = await list(`order=asc&limit=3&after=${first.last_id}`);
  expect([texts(second), second.has_more]).toEqual(['cde', false]);
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'order=up', 'after=msg_none']) {
    expect(await ask(`/conversations/${made.id}/items?${query}`), query).toMatchObject({
      status: 400,
      body: { error: { param: query.split('=')[0] } },
    });
  }
});

it('takes more items, changes what is known of it, and forgets what it is told to', async () => {
  const { ask, respond } = openApi();
  const { body: made } = await ask('/conversations', {});
  const at = `/conversations/${made.id}`;
  const { body: added } = await ask(`${at}/items`, {
    items: [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'One.' },
    ],
  });
  expect(added.data).toMatchObject([
    { type: 'message', role: 'user' },
    { content: [{ type: 'output_text', text: 'One.' }] },
  ]);
  const [first] = added.data;
  expect((await ask(`${at}/items/${first.id}`)).body).toEqual(first);
  expect((await respond({ input: 'COUNT', conversation: made.id })).body.output_text).toBe('one|COUNT');
  expect((await ask(`${at}/items/${first.id}`, undefined, { method: 'DELETE' })).body.id).toBe(made.id);
  expect((await ask(`${at}/items/${first.id}`)).status).toBe(404);
  expect((await respond({ input: 'COUNT', conversation: made.id })).body.output_text).toBe('COUNT|COUNT');
  expect((await ask(at, { metadata: { stage: 'won' } })).body.metadata).toEqual({ stage: 'won' });
  expect((await ask(at)).body.metadata).toEqual({ stage: 'won' });
  expect((await ask(at, undefined, { method: 'DELETE' })).body).toEqual({
    id: made.id,
    object: 'conversation.deleted',
    deleted: true,
  });
  expect((await ask(at)).status).toBe(404);
});

it('is listed, narrowed by what is known of it', async () => {
  const { ask, respond } = openApi();
  for (const customer of ['1', '2', '2']) await ask('/conversations', { metadata: { customer } });
  await respond({ input: 'hello there', conversation: 'lead-42' });
  expect((await ask('/conversations')).body.data).toHaveLength(4);
  expect((await ask('/conversations?metadata[customer]=2')).body.data).toHaveLength(2);
  const [newest] = (await ask('/conversations?limit=1')).body.data;
  expect(newest).toMatchObject({
    id: 'lead-42',
    assistant: 'helper',
    title: 'hello there',
    messages: 2,
    status: 'completed',
  });
});

it.each([
  ['metadata.a', '/conversations', { metadata: { a: 'x'.repeat(513) } }],
  ['metadata', '/conversations', { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [at, 'x'])) }],
  ['items', '/conversations', { items: [{ type: 'mcp_approval_response', approval_request_id: 'x', approve: true }] }],
  ['items[0].type', '/conversations', { items: [{ type: 'nonsense' }] }],
  ['items[0].content[0].text', '/conversations', { items: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
  ['input', '/responses', { model: 'helper', conversation: 'lead-1', input: [] }],
  ['conversation', '/responses', { model: 'helper', input: 'x', conversation: 'a\nb' }],
  ['conversation', '/responses', { model: 'helper', input: 'x', conversation: 'a'.repeat(257) }],
  ['model', '/responses', { input: 'x' }],
  ['input', '/responses', { model: 'helper' }],
  ['input[0].call_id', '/responses', { model: 'helper', input: [{ type: 'function_call_output', output: 'x' }] }],
  ['input', '/responses', { model: 'helper', input: [{ type: 'function_call_output', call_id: 'x', output: 'x' }] }],
  [
    'input',
    '/responses',
    { model: 'helper', input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'x' }] }] },
  ],
  ['previous_response_id', '/responses', { model: 'helper', input: 'x', previous_response_id: 'a', conversation: 'b' }],
  ['store', '/responses', { model: 'helper', input: 'x', background: true, store: false }],
  ['max_output_tokens', '/responses', { model: 'helper', input: 'x', max_output_tokens: 0 }],
  [null, '/responses', undefined],
  [null, '/responses', []],
])('names what is wrong: %s', async (param, path, body) => {
  const { ask } = openApi();
  const { status, body: told } = await ask(path, body, { method: 'POST' });
  expect([status, told.error.type, told.error.param]).toEqual([400, 'invalid_request_error', param]);
  // A request that is refused begins no conversation.
  const { data } = (await ask('/conversations')).body;
  expect(data).toEqual([]);
});

it.each([
  ['GET', '/nothing'],
  ['PUT', '/responses'],
  ['GET', '/responses'],
  ['POST', '/models'],
  ['GET', '/responses/a/b/c'],
  ['GET', '/conversations/%E0%A4%A'],
  ['DELETE', '/responses/resp_none'],
  ['GET', '/approvals/none'],
])('answers %s %s with an error that clients read', async (method, path) => {
  const { ask } = openApi();
  const { status, body, headers } = await ask(path, method === 'POST' || method === 'PUT' ? {} : undefined, { method });
  expect([status, body.error.type, typeof body.error.message]).toEqual([404, 'invalid_request_error', 'string']);
  expect(headers.get('x-request-id')).toMatch(/^req_/);
});

it('answers whatever it is sent, and never with a fault of its own', async () => {
  const { ask } = openApi();
  const random = createRandom(20261201);
  const words = [
    '',
    'x',
    'user',
    'message',
    'input_text',
    null,
    true,
    0,
    -1,
    1e9,
    [],
    {},
    'conv_x',
    { type: 'message' },
    [[]],
    { id: 7 },
  ];
  const { pick } = random;
  const value = (depth: number): unknown => {
    const kind = depth > 3 ? 0 : random.below(3);
    if (kind === 0) return pick(words);
    if (kind === 1) return Array.from({ length: random.below(4) }, () => value(depth + 1));
    const keys = [
      'type',
      'role',
      'content',
      'text',
      'id',
      'call_id',
      'output',
      'name',
      'arguments',
      'image_url',
      'function',
      'approve',
      'approval_request_id',
    ];
    return Object.fromEntries(Array.from({ length: random.below(6) }, () => [pick(keys), value(depth + 1)]));
  };
  const fields = [
    'input',
    'messages',
    'tools',
    'tool_choice',
    'conversation',
    'previous_response_id',
    'metadata',
    'text',
    'reasoning',
    'include',
    'items',
    'store',
    'instructions',
  ];
  for (let round = 0; round < 400; round += 1) {
    const body = {
      model: 'helper',
      ...Object.fromEntries(Array.from({ length: 1 + random.below(4) }, () => [pick(fields), value(0)])),
    };
    const path = pick(['/responses', '/chat/completions', '/conversations']);
    const { status, body: told } = await ask(path, body);
    expect(status, `${path} ${JSON.stringify(body)} ${JSON.stringify(told)}`).toBeLessThan(500);
    if (status >= 400) expect(told.error).toMatchObject({ message: expect.any(String), type: expect.any(String) });
  }
});
