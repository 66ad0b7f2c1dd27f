import { expect, it, vi } from 'vitest';
import { openApi, readStream } from './server.js';

const open = () => {
  const server = openApi();
  const say = (messages: unknown, more: object = {}) =>
    server.ask('/chat/completions', { model: 'helper', messages, ...more });
  const stream = async (messages: unknown, more: object = {}) =>
    readStream(await server.send('/chat/completions', { model: 'helper', messages, stream: true, ...more }));
  return { ...server, say, stream };
};
const user = (content: unknown) => ({ role: 'user', content });
const TOOL = { type: 'function', function: { name: 'mine', description: 'Mine.', parameters: { type: 'object' } } };

it('sends the model all that was said, in the roles that it was said in', async () => {
  const { say, requests } = open();
  const messages = [
    { role: 'system', content: 'Be brief.' },
    // As Gradio sends them.
    { ...user('one'), metadata: null, options: [] },
    { role: 'assistant', content: 'One.', metadata: { title: null } },
    user([
      { type: 'text', text: 'two' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
    ]),
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'mine', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'seven' },
  ];
  const { body } = await say(messages, {
    tools: [TOOL],
    max_tokens: 50,
    temperature: 0.1,
    response_format: { type: 'json_object' },
  });
  expect(body.choices).toMatchObject([
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'You said: seven' } },
  ]);
  const [request] = requests;
  expect(request?.messages.slice(1)).toEqual([
    user('one'),
    { role: 'assistant', content: 'One.' },
    user([
      { type: 'text', text: 'two' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
    ]),
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'mine', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'seven' },
  ]);
  expect(request?.messages[0]?.content).toContain('Help.\n\nBe brief.');
  expect(request).toMatchObject({ maxOutputTokens: 50, temperature: 0.1, responseFormat: { type: 'json_object' } });
});

it("tells of the caller's tools alone, and never what the assistant's own answered", async () => {
  const { say, stream, look } = open();
  const { body } = await say([user('CALL mine')], { tools: [TOOL] });
  expect(body.choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      content: 'I will. ',
      tool_calls: [{ type: 'function', function: { name: 'mine', arguments: '{"n":1}' } }],
    },
  });
  const chunks = await stream([user('CALL mine')], { tools: [TOOL] });
  const calls = chunks.flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? []);
  expect(calls).toMatchObject([{ index: 0, id: expect.any(String), function: { name: 'mine', arguments: '{"n":1}' } }]);
  const own = await stream([user('CALL look')]);
  expect(look.calls).toHaveLength(1);
  const text = own.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('');
  // The scripted model repeats what its tool said; between two messages there is a line.
  expect(text).toBe('I will. \n\nYou said: answer of look 1');
  expect(own.flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? [])).toEqual([]);
});

it('streams a role first, then words, then why it ended, and how much it was where that is asked for', async () => {
  const { stream } = open();
  const chunks = await stream([user('hi')], { stream_options: { include_usage: true } });
  expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
  expect(chunks.at(-3).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
  expect(chunks.at(-2)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
  expect(chunks.at(-1).type).toBe('[DONE]');
  expect(new Set(chunks.slice(0, -1).map(({ id }) => id)).size).toBe(1);
});

it('tells a failure as clients throw it, after what was said', async () => {
  const { say, stream } = open();
  expect(await say([user('FAIL')])).toMatchObject({ status: 500, body: { error: { type: 'server_error' } } });
  const half = await say([user('HALF')]);
  expect(half).toMatchObject({
    status: 200,
    body: { choices: [{ finish_reason: 'length', message: { content: 'Half' } }], error: { type: 'server_error' } },
  });
  const chunks = await stream([user('HALF')]);
  expect(chunks.map((chunk) => chunk.choices?.[0]?.delta.content ?? '').join('')).toBe('Half');
  expect(chunks.at(-2).error).toMatchObject({ type: 'server_error', message: expect.stringContaining('broken') });
});

it('stops when the caller leaves', async () => {
  const { send, waiting, requests } = open();
  const response = await send('/chat/completions', { model: 'helper', messages: [user('WAIT')], stream: true });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  await response.body?.cancel();
  await vi.waitFor(() => expect(requests).toHaveLength(1));
});

it('keeps a conversation where it is named, whether the caller sends the past again or not', async () => {
  const { say, ask } = open();
  await say([user('one')], { conversation: 'lead-42' });
  const { body } = await say([user('COUNT')], { conversation: 'lead-42' });
  expect(body).toMatchObject({ conversation: 'lead-42', choices: [{ message: { content: 'one|COUNT' } }] });
  const again = [user('one'), { role: 'assistant', content: 'You said: one' }, user('COUNT')];
  const told = await say(again, { conversation: 'lead-42' });
  expect(told.body.choices[0].message.content).toBe('one|COUNT|COUNT');
  expect((await ask('/conversations/lead-42/items?limit=100')).body.data).toHaveLength(6);
});

it.each([
  ['messages', {}],
  ['messages', { messages: 'hi' }],
  ['messages', { messages: [] }],
  ['messages', { messages: [{ role: 'assistant', content: 'hi' }] }],
  ['messages', { messages: [{ role: 'system', content: 'hi' }] }],
  ['messages[0]', { messages: ['hi'] }],
  ['messages[0].role', { messages: [{ role: 'nobody', content: 'hi' }] }],
  ['messages[0].content[0].type', { messages: [user([{ type: 'input_audio', input_audio: {} }])] }],
  ['messages[0].call_id', { messages: [{ role: 'tool', content: 'x' }] }],
  ['tools[0].name', { messages: [user('hi')], tools: [{ type: 'function', function: { name: 'a b' } }] }],
  ['tool_choice', { messages: [user('hi')], tool_choice: 'sometimes' }],
  ['n', { messages: [user('hi')], n: 2 }],
  ['stream', { messages: [user('hi')], stream: 'yes' }],
])('names what is wrong: %s', async (param, body) => {
  const { ask } = open();
  const { status, body: told } = await ask('/chat/completions', { model: 'helper', ...body });
  expect([status, told.error.type, told.error.param]).toEqual([400, 'invalid_request_error', param]);
});
