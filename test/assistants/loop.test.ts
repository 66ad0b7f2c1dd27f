import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AssistantTool } from '../../src/assistants/tools.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { Item, ToolCallItem } from '../../src/sessions/items.js';
import type { Question } from '../../src/tools/tool.js';
import {
  ASSISTANT,
  approve,
  call,
  end,
  MemoryApprovals,
  makeConversation,
  makeTool,
  scriptModel,
  text,
} from './turn.js';

afterEach(() => void vi.useRealTimers());

const callsIn = (items: readonly Item[]) => items.filter((item): item is ToolCallItem => item.type === 'mcp_call');
const lastText = (items: readonly Item[]) => {
  const message = items.findLast((item) => item.type === 'message');
  return message?.type === 'message'
    ? message.content.map((part) => ('text' in part ? part.text : '')).join('')
    : undefined;
};
/** Calls a tool until it has an answer, then says so. */
const once = (name: string, args: unknown = {}) =>
  scriptModel(({ messages }) =>
    messages.at(-1)?.role === 'tool' ? [text('Done.'), end()] : [call(name, args), end()],
  );

describe('a turn', () => {
  it('keeps what is said, and tells of it as it comes', async () => {
    const { model } = scriptModel(() => [text('Hel'), text('lo'), end()]);
    const { outcome, events, items } = await makeConversation({ model }).say('Hi');
    expect(outcome).toMatchObject({ status: 'completed', usage: { input: 10, output: 5 }, model: 'scripted' });
    expect(events.map(({ type }) => type)).toEqual(['item.added', 'text.delta', 'text.delta', 'item.done']);
    expect(lastText(items)).toBe('Hello');
  });

  it('runs reading tools side by side, and others one by one after them', async () => {
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const slow = (name: string, more: Partial<AssistantTool> = {}) =>
      makeTool(name, {
        ...more,
        async run() {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          order.push(name);
          return { text: name };
        },
      }).tool;
    const { model } = scriptModel((_, count) =>
      count === 1 ? [call('write'), ...'abcdef'.split('').map((name) => call(name)), end()] : [text('ok'), end()],
    );
    const tools = [...'abcdef'.split('').map((name) => slow(name)), slow('write', { effect: 'write' })];
    const { items } = await makeConversation({ model, tools, permissions: { '*': 'allow' } }).say('go');
    expect(most).toBe(4);
    expect(order.at(-1)).toBe('write');
    expect(callsIn(items).map(({ name }) => name)).toEqual(['write', ...'abcdef']);
  });

  it('gives a model that calls tools for ever one last request without them', async () => {
    const { model, requests } = scriptModel(({ tools }, count) =>
      tools.length > 0 ? [call('look', { count }), end()] : [text('So far.'), end()],
    );
    const { tool } = makeTool('look');
    const { outcome, items } = await makeConversation({ model, tools: [tool], limits: { steps: 5 } }).say('go');
    expect(outcome).toMatchObject({ status: 'incomplete', reason: 'max_tool_calls' });
    expect(requests).toHaveLength(6);
    expect(requests.at(-1)?.tools).toEqual([]);
    expect(lastText(items)).toBe('So far.');
  });

  it('makes no more calls than it may, also of those that the model makes at once', async () => {
    const { model } = scriptModel(({ tools }) =>
      tools.length > 0 ? [...'abcde'.split('').map((n) => call('look', { n })), end()] : [text('So far.'), end()],
    );
    const { tool, calls } = makeTool('look');
    const { outcome, items } = await makeConversation({ model, tools: [tool], limits: { toolCalls: 2 } }).say('go');
    expect(calls).toHaveLength(2);
    expect(outcome).toMatchObject({ status: 'incomplete', reason: 'max_tool_calls' });
    expect(callsIn(items).map(({ status }) => status)).toEqual([
      'completed',
      'completed',
      'failed',
      'failed',
      'failed',
    ]);
  });

  it('makes some of the calls of a model that makes them without end', async () => {
    const { model, requests } = scriptModel((_, count) =>
      count === 1 ? [...Array.from({ length: 5000 }, (_, n) => call('look', { n })), end()] : [text('ok'), end()],
    );
    const { tool, calls } = makeTool('look');
    const { items } = await makeConversation({ model, tools: [tool] }).say('go');
    expect(calls.length).toBeLessThanOrEqual(64);
    expect(callsIn(items)).toHaveLength(calls.length + 1);
    expect(JSON.stringify(requests.at(-1)?.messages)).toContain('at once');
  });

  it('ends an answer that has no end, and keeps it without writing it down time and again', async () => {
    let told = 0;
    const { model } = scriptModel(() => [
      ...Array.from({ length: 400 }, () => async () => void vi.advanceTimersByTime(2000)).flatMap((wait) => [
        wait,
        text('word '.repeat(2000)),
      ]),
      end(),
    ]);
    vi.useFakeTimers({ toFake: ['performance'] });
    const conversation = makeConversation({ model });
    const { outcome, items } = await conversation.say('go');
    told = lastText(items)?.length ?? 0;
    expect(outcome).toMatchObject({ status: 'incomplete', reason: 'max_output_tokens' });
    expect(told).toBeLessThan(2_000_000);
    expect(told).toBeGreaterThan(500_000);
    expect(JSON.stringify(conversation.lines).length).toBeLessThan(30 * told);
  });

  it('does not run the same call a third time', async () => {
    const { model } = scriptModel((_, count) => (count <= 4 ? [call('look', { a: 1 }), end()] : [text('ok'), end()]));
    const { tool, calls } = makeTool('look');
    const { items } = await makeConversation({ model, tools: [tool] }).say('go');
    expect(calls).toHaveLength(2);
    expect(callsIn(items)[2]?.output).toMatch(/have this already[\s\S]*answer of look 2/);
  });

  it('has the model answer without tools after three failures', async () => {
    const { model, requests } = scriptModel(({ tools }, count) =>
      tools.length > 0 ? [call('fail', { count }), end()] : [text('It fails.'), end()],
    );
    const { tool } = makeTool('fail', { run: async () => ({ text: 'broken', isError: true }) });
    const { outcome } = await makeConversation({ model, tools: [tool] }).say('go');
    expect(requests).toHaveLength(4);
    expect(outcome.status).toBe('completed');
  });

  it.each([
    ['no JSON', '{"a":', /not a JSON object/],
    ['no object', '[1]', /not a JSON object/],
  ])('answers arguments that are %s, and goes on', async (_, args, told) => {
    const { model } = scriptModel((_request, count) =>
      count === 1 ? [call('look', args), end()] : [text('ok'), end()],
    );
    const { tool, calls } = makeTool('look');
    const { items } = await makeConversation({ model, tools: [tool] }).say('go');
    expect(calls).toHaveLength(0);
    expect(callsIn(items)[0]).toMatchObject({ status: 'failed', error: expect.stringMatching(told) });
  });

  it.each([
    ['arguments that are cut off', 'look', '{"query": "whis'],
    ['arguments that are a list', 'look', '[1]'],
    ['arguments that are nested deep', 'look', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['a name with control characters', 'lo\u001b[2Jok\n\0', '{}'],
    ['a name of blanks', '   ', '{}'],
    ['a name without end', 'n'.repeat(100_000), '{}'],
    ['a name of every object', '__proto__', '{}'],
  ])('keeps nothing of a call that servers would refuse later: %s', async (_, name, args) => {
    const { model, requests } = once(name, args);
    const { tool } = makeTool('look');
    const conversation = makeConversation({ model, tools: [tool] });
    const { items } = await conversation.say('go');
    expect(callsIn(items)).toMatchObject([{ status: 'failed' }]);
    await conversation.say('and now?');
    const calls = requests.flatMap(({ messages }) =>
      messages.flatMap((message) => ('tool_calls' in message ? (message.tool_calls ?? []) : [])),
    );
    expect(calls.length).toBeGreaterThan(1);
    for (const { function: made } of calls) {
      expect(made.name).toMatch(/^[\w.-]{1,64}$/);
      expect(made.arguments.length).toBeLessThan(1000);
      expect(JSON.parse(made.arguments)).toBeTypeOf('object');
      expect(Array.isArray(JSON.parse(made.arguments))).toBe(false);
    }
  });

  it('takes empty arguments as none', async () => {
    const { model } = scriptModel((_, count) => (count === 1 ? [call('look', ''), end()] : [text('ok'), end()]));
    const { tool, calls } = makeTool('look');
    await makeConversation({ model, tools: [tool] }).say('go');
    expect(calls).toEqual([{}]);
  });

  it('names the tools to a model that calls one there is not', async () => {
    const { model } = once('lok');
    const { items } = await makeConversation({ model, tools: [makeTool('look').tool] }).say('go');
    expect(callsIn(items)[0]?.error).toMatch(/Did you mean look\? Tools: look/);
  });

  it("hands a call of the caller's own tool back, and reads its answer", async () => {
    const { model, requests } = scriptModel(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? [text('64 F'), end()]
        : [text('Let me see. '), call('weather', { city: 'x' }), end()],
    );
    const conversation = makeConversation({
      model,
      tools: [makeTool('weather').tool],
      callerTools: [{ name: 'weather', parameters: {} }],
    });
    const { outcome, items } = await conversation.say('weather?');
    const asked = items.at(-1);
    expect(outcome.status).toBe('completed');
    expect(asked).toMatchObject({ type: 'function_call', name: 'weather' });
    const call_id = asked?.type === 'function_call' ? asked.call_id : '';
    await conversation.say([{ type: 'function_call_output', id: 'fco_1', call_id, output: '64', status: 'completed' }]);
    expect(requests[1]?.messages.slice(1)).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'Let me see. ', tool_calls: [{ id: call_id }] },
      { role: 'tool', tool_call_id: call_id, content: '64' },
    ]);
  });

  it('ends when its tokens are used up', async () => {
    const { model } = scriptModel((_, count) => [call('look', { count }), end(600, 10)]);
    const { outcome } = await makeConversation({ model, tools: [makeTool('look').tool], limits: { tokens: 1000 } }).say(
      'go',
    );
    expect(outcome).toMatchObject({ status: 'incomplete', reason: 'max_tokens' });
  });

  it('says so when the tokens of the day are used up, and asks no model', async () => {
    const { model, requests } = scriptModel(() => [end()]);
    const { outcome } = await makeConversation({ model, limits: { tokensPerDay: 100 }, usedToday: 100 }).say('go');
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'quota_exceeded' } });
    expect(requests).toHaveLength(0);
  });

  it('keeps what was said when it is stopped, and answers the call that was running', async () => {
    const stop = new AbortController();
    const { model, requests } = scriptModel((_, count) =>
      count === 1
        ? [text('Half'), call('look'), end()]
        : count === 2
          ? [text('Thi'), async () => stop.abort(), text('s')]
          : [text('ok'), end()],
    );
    const conversation = makeConversation({ model, tools: [makeTool('look').tool] });
    const { outcome, items } = await conversation.say('go', { signal: stop.signal });
    expect(outcome.status).toBe('cancelled');
    expect(items.at(-1)).toMatchObject({ type: 'message', status: 'incomplete', content: [{ text: 'Thi' }] });
    await conversation.say('and?');
    expect(requests[2]?.messages.map(({ content }) => content)).toContain('Thi [stopped here]');
  });

  it('answers a tool that is stopped, so that the next turn can go on', async () => {
    const stop = new AbortController();
    const { model, requests } = scriptModel((_, count) => (count === 1 ? [call('look'), end()] : [text('ok'), end()]));
    const tool = makeTool('look', {
      run: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ text: 'gone', isError: true }));
          stop.abort();
        }),
    }).tool;
    const conversation = makeConversation({ model, tools: [tool] });
    const { outcome } = await conversation.say('go', { signal: stop.signal });
    expect(outcome.status).toBe('cancelled');
    await conversation.say('again');
    expect(requests[1]?.messages).toContainEqual(
      expect.objectContaining({ role: 'tool', content: '(stopped by the user)' }),
    );
  });

  it('ends when its time is over', async () => {
    vi.useFakeTimers();
    const { model } = scriptModel(() => [
      text('Wait'),
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    ]);
    const said = makeConversation({ model, limits: { seconds: 5 } }).say('go');
    await vi.advanceTimersByTimeAsync(5000);
    const { outcome, items } = await said;
    expect(outcome).toMatchObject({ status: 'incomplete', reason: 'max_seconds' });
    expect(lastText(items)).toBe('Wait');
  });

  it('tells why a model fails, and loses nothing of what it said', async () => {
    const { model } = scriptModel(() => [
      text('I thi'),
      new HugwireError('unavailable', 'The stream broke off.', { hint: 'Ask again.' }),
    ]);
    const { outcome, items } = await makeConversation({ model }).say('go');
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'unavailable', hint: 'Ask again.' } });
    expect(items.at(-1)).toMatchObject({ status: 'incomplete', content: [{ text: 'I thi' }] });
  });
});

describe('consent', () => {
  const space = (more: Partial<AssistantTool> = {}) =>
    makeTool('space_call', {
      effect: 'run',
      bringsText: true,
      grantFor: ({ space: id }) => `space ${id}`,
      plan: async ({ space: id }) => `Would run ${id}.`,
      ...more,
    });

  it('asks once for each Space of a conversation', async () => {
    const asked: string[] = [];
    const ask = async ({ message }: Question) => {
      asked.push(message);
      return { action: 'accept' as const, values: {} };
    };
    const ids = ['a/x', 'a/x', 'a/y'];
    const { model } = scriptModel(({ messages }, count) =>
      count <= 3
        ? [call('space_call', { space: ids[count - 1], n: count }), end()]
        : messages.at(-1)?.role === 'user'
          ? [call('space_call', { space: 'a/y', n: 9 }), end()]
          : [text('ok'), end()],
    );
    const { tool, calls } = space();
    const conversation = makeConversation({ model, tools: [tool], ask });
    await conversation.say('go');
    expect(asked).toEqual(['Would run a/x.', 'Would run a/y.']);
    await conversation.say('again');
    expect(asked).toHaveLength(2);
    expect(calls).toHaveLength(4);
  });

  it('does not run what the user declines, and tells the model', async () => {
    const { model } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const { items } = await makeConversation({ model, tools: [tool], ask: async () => ({ action: 'decline' }) }).say(
      'go',
    );
    expect(calls).toHaveLength(0);
    expect(callsIn(items)[0]).toMatchObject({ status: 'failed', error: 'The user declined.' });
  });

  it('counts as declined where nobody can be asked', async () => {
    const { model } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const { items } = await makeConversation({ model, tools: [tool] }).say('go');
    expect(calls).toHaveLength(0);
    expect(callsIn(items)[0]?.error).toMatch(/user must allow space_call first/);
  });

  it('neither shows nor runs what is denied', async () => {
    const { model, requests } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const { items } = await makeConversation({
      model,
      tools: [tool],
      permissions: { spaces: 'deny', space_call: 'deny' },
    }).say('go');
    expect(requests[0]?.tools).toEqual([]);
    expect(calls).toHaveLength(0);
    expect(callsIn(items)[0]?.error).toMatch(/turned it off/);
  });

  it.each([
    ['write', {}],
    ['run', { image: '/home/ada/photo.png' }],
    ['run', { image: '~/photo.png' }],
    // This file, by a path that begins in a directory whose files may be sent.
    ['run', { arguments: { image: { path: 'loop.test.ts' } } }],
    ['run', { prompt: 'draw', files: ['../assistants/loop.test.ts'] }],
  ] as const)('asks again after third-party text was read, though it is allowed (%s, %o)', async (effect, args) => {
    const { model } = scriptModel((_, count) =>
      count === 1 ? [call('read'), end()] : count === 2 ? [call('act', args), end()] : [text('ok'), end()],
    );
    const read = makeTool('read', { bringsText: true }).tool;
    const { tool, calls } = makeTool('act', { effect, grantFor: () => 'x' });
    const ask = vi.fn(async () => ({ action: 'decline' as const }));
    const readFrom = [import.meta.dirname];
    const all = { model, tools: [read, tool], permissions: { '*': 'allow' } as const, readFrom, ask };
    await makeConversation(all).say('go');
    expect(ask).toHaveBeenCalledOnce();
    expect(calls).toHaveLength(0);
  });

  it('does not ask again for texts that are no files', async () => {
    const args = {
      prompt: 'a cat\nin a hat.png',
      style: '',
      note: 'a\0b',
      long: 'x'.repeat(10_000),
      id: 'owner/space',
    };
    const { model } = scriptModel((_, count) =>
      count === 1 ? [call('read'), end()] : count === 2 ? [call('act', args), end()] : [text('ok'), end()],
    );
    const read = makeTool('read', { bringsText: true }).tool;
    const { tool, calls } = makeTool('act', { effect: 'run' });
    const readFrom = [import.meta.dirname];
    await makeConversation({ model, tools: [read, tool], permissions: { '*': 'allow' }, readFrom }).say('go');
    expect(calls).toHaveLength(1);
  });

  it('asks nothing in a dry run', async () => {
    const { model } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const ask = vi.fn();
    await makeConversation({ model, tools: [tool], ask, dryRun: true }).say('go');
    expect(ask).not.toHaveBeenCalled();
    expect(calls).toHaveLength(1);
  });

  it('waits for somebody elsewhere, and goes on with the very call that was agreed to', async () => {
    const { model } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const approvals = new MemoryApprovals();
    const conversation = makeConversation({ model, tools: [tool], approvals });
    const { outcome, items, events } = await conversation.say('go');
    const [request] = approvals.asked.values();
    expect(outcome.status).toBe('completed');
    expect(items.at(-1)).toMatchObject({ type: 'mcp_approval_request', id: request?.id, message: 'Would run a/x.' });
    expect(events.map(({ type }) => type)).toEqual(['item.added', 'item.done']);
    expect(calls).toHaveLength(0);
    const then = await conversation.say([approve(request?.id as string)]);
    expect(calls).toEqual([{ space: 'a/x' }]);
    expect(callsIn(then.items)).toMatchObject([{ approval_request_id: request?.id, status: 'completed' }]);
    await expect(conversation.say([approve(request?.id as string)])).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    expect(calls).toHaveLength(1);
  });

  it('takes what was agreed to elsewhere for that call alone', async () => {
    const { model } = scriptModel(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? [text('ok'), end()]
        : [call('space_call', { space: 'a/x', n: Math.random() }), end()],
    );
    const { tool, calls } = space();
    const approvals = new MemoryApprovals();
    const conversation = makeConversation({ model, tools: [tool], approvals });
    await conversation.say('go');
    await conversation.say([approve([...approvals.asked.keys()][0] as string)]);
    expect(calls).toHaveLength(1);
    await conversation.say('and another one');
    expect(approvals.asked.size).toBe(2);
    expect(calls).toHaveLength(1);
  });

  it('takes a decision that was made elsewhere with the next turn', async () => {
    const { model } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const approvals = new MemoryApprovals();
    const conversation = makeConversation({ model, tools: [tool], approvals });
    await conversation.say('go');
    const [id] = approvals.asked.keys();
    approvals.decisions.set(id as string, { approve: false, reason: 'not today' });
    const { items } = await conversation.say('well?');
    expect(calls).toHaveLength(0);
    expect(callsIn(items)[0]?.error).toBe('The user declined. They say: not today');
  });

  it('refuses an approval of what was not asked here', async () => {
    const { model } = once('space_call');
    const conversation = makeConversation({ model, tools: [space().tool], approvals: new MemoryApprovals() });
    await expect(conversation.say([approve('mcpr_invented')])).rejects.toMatchObject({ code: 'invalid_arguments' });
  });

  it("agrees to a tool's own question only as it was asked", async () => {
    let about = 'one';
    const applied: string[] = [];
    const { tool } = makeTool('hub_write', {
      effect: 'write',
      asksItself: true,
      async run(_, { ask }) {
        const answer = await ask?.({
          message: 'write README.md',
          fields: { agree: { type: 'yes-no', title: 'Write' } },
          about,
        });
        if (answer?.action === 'accept' && answer.values.agree === true) applied.push(about);
        return { text: 'ran' };
      },
    });
    const { model } = once('hub_write', { repo: 'a/b' });
    const approvals = new MemoryApprovals();
    const conversation = makeConversation({ model, tools: [tool], approvals });
    await conversation.say('go');
    const [first] = approvals.asked.keys();
    expect([...approvals.asked.values()][0]?.message).toBe('write README.md');
    about = 'two';
    await conversation.say([approve(first as string)]);
    expect(applied).toEqual([]);
    const second = [...approvals.asked.keys()][1];
    expect(second).toBeDefined();
    await conversation.say([approve(second as string)]);
    expect(applied).toEqual(['two']);
  });

  it('lets an assistant of somebody else narrow what is allowed, never widen it', async () => {
    const { model, requests } = once('space_call', { space: 'a/x' });
    const { tool, calls } = space();
    const assistant = { ...ASSISTANT, isShared: true, tools: { space_call: 'allow', look: 'deny' } as const };
    await makeConversation({ model, tools: [tool, makeTool('look').tool], assistant }).say('go');
    expect(calls).toHaveLength(0);
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['space_call']);
  });
});

describe('the window of the model', () => {
  const long = (name: string) => makeTool(name, { run: async () => ({ text: `${name} `.repeat(2000) }) }).tool;

  it('leaves old answers of tools out first', async () => {
    const { model, requests } = scriptModel(
      ({ messages }) => (messages.at(-1)?.role === 'user' ? [call('look'), end(0)] : [text('ok'), end(0)]),
      { contextLength: 12_000 },
    );
    const conversation = makeConversation({ model, tools: [long('look')] });
    for (const words of ['one', 'two', 'three', 'four']) await conversation.say(words);
    const answers = requests.at(-1)?.messages.filter(({ role }) => role === 'tool') ?? [];
    expect(answers.map(({ content }) => /left out/.test(String(content)))).toEqual([true, true, false, false]);
  });

  it('then has the older part summarised, and keeps that', async () => {
    const { model, requests } = scriptModel(
      ({ tools }) =>
        tools.length === 0 ? [text('They said much.'), end()] : [text('long words '.repeat(600)), end(0)],
      { contextLength: 6000 },
    );
    const conversation = makeConversation({ model, tools: [makeTool('look').tool] });
    for (const words of ['one', 'two', 'three', 'four']) await conversation.say(words);
    expect(conversation.lines.filter(({ type }) => type === 'summary').length).toBeGreaterThan(0);
    expect(String(requests.at(-1)?.messages[0]?.content)).toMatch(/They said much/);
    expect(JSON.stringify(requests.at(-1)?.messages)).not.toMatch(/"one"/);
  });

  it('makes more room once when the server says that it is too much, and then gives up', async () => {
    const tooLarge = new HugwireError('too_large', 'context overflow');
    const { model, requests } = scriptModel((_, count) => (count === 1 ? [call('look'), end()] : [tooLarge]));
    const { outcome } = await makeConversation({ model, tools: [long('look')] }).say('go');
    expect(requests).toHaveLength(3);
    expect(JSON.stringify(requests[2]?.messages).length).toBeLessThan(JSON.stringify(requests[1]?.messages).length);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'too_large' } });
  });
});
