import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startDemoApi, startScriptedApi } from '../../e2e/api-server.js';
import { npmPackages } from '../packages.js';

const directory = await npmPackages('assistant-clients', {
  openai: '6.49.0',
  ai: '6.0.326',
  '@ai-sdk/openai': '3.0.141',
  '@ai-sdk/openai-compatible': '2.0.92',
  '@ai-sdk/open-responses': '1.0.39',
  zod: '4.1.13',
});

/** Loads a package of those above, as a program beside them would. */
// biome-ignore lint/suspicious/noExplicitAny: these are other people's programs, which this repository has no types of
const load = (name: string): any => createRequire(join(directory as string, 'package.json'))(name);

let demo: ApiServer;
let scripted: ApiServer;
beforeAll(async () => {
  [demo, scripted] = await Promise.all([startDemoApi(), startScriptedApi()]);
});
afterAll(async () => {
  await Promise.all([demo, scripted].map((server) => server.close()));
});

const WEATHER = {
  type: 'function',
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
};
const ASK_WEATHER = 'CALL get_weather {"city":"Oslo"}';

describe.skipIf(!directory)('openai for JavaScript', () => {
  const open = async ({ base, key }: ApiServer, more: object = {}) => {
    const OpenAI = load('openai');
    return new OpenAI({ baseURL: base, apiKey: key, maxRetries: 0, ...more });
  };
  /** Waits for it to fail. */
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => ({ status: 'none' }),
      // biome-ignore lint/suspicious/noExplicitAny: as the client has it
      (error: any) => ({ kind: error.constructor.name, status: error.status, code: error.code, param: error.param }),
    );

  it('lists the assistants, and gets an answer with what was done for it', async () => {
    const client = await open(demo);
    const models = [];
    for await (const { id } of await client.models.list()) models.push(id);
    expect(models).toEqual(['hugwire']);
    expect((await client.models.retrieve('hugwire')).owned_by).toBe('hugwire');
    const response = await client.responses.create({ model: 'hugwire', input: 'Find a whisper model' });
    expect(response.status).toBe('completed');
    expect(response.output.map(({ type }: { type: string }) => type)).toEqual(['message', 'mcp_call', 'message']);
    expect(response.output[1]).toMatchObject({ name: 'hub_search', server_label: 'hugwire', status: 'completed' });
    expect(response.output_text).toContain('openai/whisper-large-v3');
    expect(response._request_id).toMatch(/^req_/);
    expect((await client.responses.retrieve(response.id)).output).toEqual(response.output);
    const { data } = await client.responses.inputItems.list(response.id);
    expect(data).toMatchObject([{ role: 'user', content: [{ text: 'Find a whisper model' }] }]);
    await client.responses.delete(response.id);
    expect(await failure(client.responses.retrieve(response.id))).toMatchObject({ kind: 'NotFoundError', status: 404 });
  });

  it('streams, and puts the same together', async () => {
    const client = await open(demo);
    const stream = client.responses.stream({ model: 'hugwire', input: 'Find a whisper model' });
    const events: { type: string; sequence_number: number }[] = [];
    for await (const event of stream) events.push(event);
    const final = await stream.finalResponse();
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
    expect(events.map(({ type }) => type)).toContain('response.mcp_call.completed');
    expect(final.output).toMatchObject((await client.responses.retrieve(final.id)).output);
    expect(final.output[1].arguments).toBe('{"query":"whisper","limit":3}');
  });

  it('goes on from a response, and in a conversation', async () => {
    const client = await open(demo);
    const first = await client.responses.create({ model: 'hugwire', input: 'My name is Ada' });
    const next = { model: 'hugwire', input: 'What is my name?' };
    const second = await client.responses.create({ ...next, previous_response_id: first.id });
    expect(second.output_text).toContain('Ada');
    expect((await client.responses.create(next)).output_text).not.toContain('Ada');
    const conversation = await client.conversations.create({ metadata: { customer: '42' } });
    await client.responses.create({ model: 'hugwire', input: 'Call me Bob', conversation: conversation.id });
    const told = await client.responses.create({ ...next, conversation: { id: conversation.id } });
    expect(told.output_text).toContain('Bob');
    expect(told.conversation).toEqual({ id: conversation.id });
    const items = [];
    for await (const item of await client.conversations.items.list(conversation.id, { limit: 2, order: 'asc' })) {
      items.push(item);
    }
    expect(items.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect((await client.conversations.retrieve(conversation.id)).metadata).toEqual({ customer: '42' });
    await client.conversations.update(conversation.id, { metadata: { customer: '43' } });
    expect((await client.conversations.retrieve(conversation.id)).metadata).toEqual({ customer: '43' });
    expect(await client.conversations.delete(conversation.id)).toMatchObject({ deleted: true });
    expect(await failure(client.conversations.retrieve(conversation.id))).toMatchObject({ status: 404 });
  });

  it("has a tool of the caller's called, and goes on with its answer", async () => {
    const client = await open(scripted);
    const asked = await client.responses.create({ model: 'hugwire', input: ASK_WEATHER, tools: [WEATHER] });
    const call = asked.output.find(({ type }: { type: string }) => type === 'function_call');
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"Oslo"}', status: 'completed' });
    const answered = await client.responses.create({
      model: 'hugwire',
      previous_response_id: asked.id,
      input: [{ type: 'function_call_output', call_id: call.call_id, output: '7 degrees' }],
      tools: [WEATHER],
    });
    expect(answered.output_text).toContain('7 degrees');
    // The same without anything kept.
    const all = [
      { role: 'user', content: ASK_WEATHER },
      ...asked.output,
      { type: 'function_call_output', call_id: call.call_id, output: '8 degrees' },
    ];
    const passing = await client.responses.create({ model: 'hugwire', input: all, tools: [WEATHER], store: false });
    expect(passing.output_text).toContain('8 degrees');
    expect(await failure(client.responses.retrieve(passing.id))).toMatchObject({ status: 404 });
  });

  it('asks before it acts, and goes on with the answer', async () => {
    const client = await open(demo);
    const ask = async () => {
      const asked = await client.responses.create({ model: 'hugwire', input: 'Draw a mountain' });
      const request = asked.output.at(-1);
      expect(request).toMatchObject({ type: 'mcp_approval_request', name: 'space_call', server_label: 'hugwire' });
      const decide = (approve: boolean) =>
        client.responses.create({
          model: 'hugwire',
          previous_response_id: asked.id,
          input: [{ type: 'mcp_approval_response', approval_request_id: request.id, approve }],
        });
      return { request, decide };
    };
    const yes = await ask();
    const done = await yes.decide(true);
    expect(done.output[0]).toMatchObject({
      type: 'mcp_call',
      status: 'completed',
      approval_request_id: yes.request.id,
    });
    expect(await failure(yes.decide(true))).toMatchObject({ kind: 'BadRequestError', status: 400 });
    const no = await ask();
    const declined = await no.decide(false);
    expect(declined.output[0]).toMatchObject({ type: 'mcp_call', status: 'failed', output: null });
    expect(declined.output_text).toContain('did not agree');
  });

  it('works in the background, tells it again, and stops', async () => {
    const client = await open(scripted);
    const begun = await client.responses.create({ model: 'hugwire', input: 'LONG', background: true });
    expect(begun.status).toBe('in_progress');
    const stopped = await client.responses.cancel(begun.id);
    expect(stopped.status).toBe('cancelled');
    expect((await client.responses.cancel(begun.id)).status).toBe('cancelled');
    const stream = await client.responses.create({
      model: 'hugwire',
      input: 'one two',
      background: true,
      stream: true,
    });
    const seen: { type: string; sequence_number: number; response?: { id: string } }[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (event.type === 'response.in_progress') break;
    }
    const id = seen[0]?.response?.id as string;
    for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 1 }))
      seen.push(event);
    expect(seen.map((event) => event.sequence_number)).toEqual(seen.map((_, index) => index));
    expect(seen.at(-1)?.type).toBe('response.completed');
  });

  it('stops when the caller leaves, and keeps what was said', async () => {
    const client = await open(scripted);
    const conversation = `stop-${process.hrtime.bigint()}`;
    const stream = await client.responses.create({ model: 'hugwire', input: 'LONG', stream: true, conversation });
    let words = 0;
    for await (const { type } of stream) {
      if (type === 'response.output_text.delta') words += 1;
      if (words === 5) stream.controller.abort();
    }
    expect(await scripted.upstream?.requests.at(-1)?.aborted).toBe(true);
    // The next turn waits for the one that stops.
    const next = await client.responses.create({ model: 'hugwire', input: 'and now?', conversation });
    expect(next.status).toBe('completed');
    const { data } = await client.conversations.items.list(conversation, { order: 'asc' });
    expect(data[1]).toMatchObject({ role: 'assistant', status: 'incomplete' });
    expect(data[1].content[0].text).toContain('word0 word1');
  });

  it('says what is wrong in the types of the client, and has nothing sent again that cannot help', async () => {
    const client = await open(scripted, { maxRetries: 2 });
    const create = (more: object) => failure(client.responses.create({ model: 'hugwire', input: 'hi', ...more }));
    const before = scripted.upstream?.requests.length ?? 0;
    expect(await create({ model: 'hugwir' })).toEqual({
      kind: 'NotFoundError',
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    expect(await create({ previous_response_id: 'resp_none' })).toEqual({
      kind: 'BadRequestError',
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    });
    expect(await create({ conversation: 'conv_none' })).toMatchObject({
      kind: 'NotFoundError',
      code: 'conversation_not_found',
    });
    expect(await create({ input: [{ role: 'nobody', content: 'x' }] })).toMatchObject({
      kind: 'BadRequestError',
      param: 'input[0].role',
    });
    expect(await create({ temperature: 'hot' })).toMatchObject({ kind: 'BadRequestError', param: 'temperature' });
    expect(await create({ tools: [{ type: 'web_search' }] })).toMatchObject({
      kind: 'BadRequestError',
      param: 'tools[0].type',
    });
    expect(await failure((await open({ ...scripted, key: 'wrong' })).models.list())).toMatchObject({
      kind: 'AuthenticationError',
      status: 401,
      code: 'invalid_api_key',
    });
    expect(scripted.upstream?.requests.length).toBe(before);
    expect(await create({ input: 'FAULT credits' })).toMatchObject({ status: 402, code: 'quota_exceeded' });
    expect(await create({ input: 'FAULT unauthorized' })).toMatchObject({
      kind: 'PermissionDeniedError',
      status: 403,
      code: 'unauthorized',
    });
    expect(await create({ input: 'FAULT missing' })).toMatchObject({ kind: 'NotFoundError', status: 404 });
    expect(await create({ input: 'FAULT no-tools' })).toMatchObject({ kind: 'BadRequestError', status: 400 });
    expect(scripted.upstream?.requests.length).toBe(before + 4);
  });

  it('completes chats, whole and streamed, with tools of both sides', async () => {
    const client = await open(demo);
    const messages = [{ role: 'user', content: 'Find a whisper model' }];
    const whole = await client.chat.completions.create({ model: 'hugwire', messages });
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(whole.choices[0].message.content).toContain('openai/whisper-large-v3');
    expect(whole.usage.total_tokens).toBeGreaterThan(0);
    const stream = client.chat.completions.stream({
      model: 'hugwire',
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0].message.content).toBe(whole.choices[0].message.content);
    expect(final.choices[0].message.content).not.toContain('id | task');
    expect(final.usage.total_tokens).toBeGreaterThan(0);
    const other = await open(scripted);
    const { strict, ...shown } = WEATHER;
    const runner = other.chat.completions.runTools({
      model: 'hugwire',
      messages: [{ role: 'user', content: ASK_WEATHER }],
      tools: [{ type: 'function', function: { ...shown, function: () => '9 degrees', parse: JSON.parse } }],
    });
    expect(await runner.finalContent()).toContain('9 degrees');
    expect(strict).toBe(true);
    const broken = other.chat.completions.stream({
      model: 'hugwire',
      messages: [{ role: 'user', content: 'FAULT error-inside' }],
    });
    expect(await failure(broken.finalChatCompletion())).not.toMatchObject({ status: 'none' });
  });
});

describe.skipIf(!directory)('the AI SDK', () => {
  const kinds = ['responses', 'chat', 'compatible', 'open-responses'] as const;
  const open = async (kind: (typeof kinds)[number], { base, key }: ApiServer) => {
    if (kind === 'compatible') {
      const { createOpenAICompatible } = load('@ai-sdk/openai-compatible');
      return createOpenAICompatible({ name: 'hugwire', baseURL: base, apiKey: key })('hugwire');
    }
    if (kind === 'open-responses') {
      const { createOpenResponses } = load('@ai-sdk/open-responses');
      return createOpenResponses({ name: 'hugwire', url: `${base}/responses`, apiKey: key })('hugwire');
    }
    const { createOpenAI } = load('@ai-sdk/openai');
    const openai = createOpenAI({ baseURL: base, apiKey: key });
    return kind === 'chat' ? openai.chat('hugwire') : openai('hugwire');
  };

  it.each(kinds)('generates, streams, and calls a tool of its own, by %s', async (kind) => {
    const { generateText, streamText, stepCountIs, tool } = load('ai');
    const { z } = load('zod');
    const model = await open(kind, demo);
    const told = await generateText({ model, prompt: 'Find a whisper model' });
    expect(told.text).toContain('openai/whisper-large-v3');
    const streamed = streamText({ model, prompt: 'Find a whisper model' });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toContain('openai/whisper-large-v3');
    expect(await streamed.finishReason).toBe('stop');
    const get_weather = tool({
      description: 'Tells the weather.',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }: { city: string }) => `${city}: 7 degrees`,
    });
    const used = await generateText({
      model: await open(kind, scripted),
      prompt: ASK_WEATHER,
      tools: { get_weather },
      stopWhen: stepCountIs(3),
    });
    expect(used.text).toContain('7 degrees');
  });

  it('shows what the assistant calls, and what must be agreed to, and takes the answer', async () => {
    const { generateText } = load('ai');
    const model = await open('responses', demo);
    const found = await generateText({ model, prompt: 'Find a whisper model' });
    // biome-ignore lint/suspicious/noExplicitAny: parts of another program
    const types = (result: any) => result.content.map(({ type }: { type: string }) => type);
    expect(types(found)).toEqual(expect.arrayContaining(['tool-call', 'tool-result']));
    const messages = [{ role: 'user', content: 'Draw a mountain' }];
    const asked = await generateText({ model, messages });
    expect(types(asked)).toContain('tool-approval-request');
    const { approvalId } = asked.content.find(({ type }: { type: string }) => type === 'tool-approval-request');
    const answer = {
      role: 'tool',
      content: [{ type: 'tool-approval-response', approvalId, approved: true, providerExecuted: true }],
    };
    const done = await generateText({ model, messages: [...messages, ...asked.response.messages, answer] });
    expect(types(done)).toContain('tool-result');
    expect(done.text).toMatch(/Here it is|picture/);
  });
});
