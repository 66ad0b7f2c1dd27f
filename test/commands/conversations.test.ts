import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type ConversationsContext,
  exportConversation,
  listConversations,
  removeConversations,
  showConversation,
} from '../../src/commands/conversations/command.js';
import { Conversations } from '../../src/sessions/conversations.js';
import type { Item, NewLine } from '../../src/sessions/items.js';
import { FileLogs } from '../../src/sessions/logs.js';

const NOW = Date.UTC(2026, 10, 20, 12);
let directory: string;
let store: Conversations;
let context: ConversationsContext;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  directory = mkdtempSync(join(tmpdir(), 'hugwire-talks-'));
  store = new Conversations({ logs: new FileLogs(join(directory, 'talks')), secrets: async () => new Set() });
  context = { stores: [store], style: pc.createColors(false), now: new Date(NOW) };
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const message = (id: string, role: 'user' | 'assistant' | 'developer', text: string, more: object = {}): Item =>
  ({
    type: 'message',
    id,
    status: 'completed',
    role,
    content:
      role === 'assistant'
        ? [{ type: 'output_text', text, annotations: [], logprobs: [] }]
        : [{ type: 'input_text', text }],
    ...more,
  }) as Item;
const called = (id: string, name: string, step: number, more: object = {}): Item =>
  ({
    type: 'mcp_call',
    id,
    server_label: 'hugwire',
    name,
    arguments: '{"query":"whisper"}',
    output: 'three models\n--- card 1\nnot hugwire',
    error: null,
    status: 'completed',
    approval_request_id: null,
    step,
    ...more,
  }) as Item;
const line = (item: Item, response = 'resp_1'): NewLine => ({ type: 'item', item, response });
const usage = { input: 1200, cached: 0, output: 34, reasoning: 0 };

/** Everything that a conversation can hold. */
const LINES: NewLine[] = [
  line(
    message('m1', 'user', 'Find me a speech model', {
      content: [
        { type: 'input_text', text: 'Find me a speech model' },
        { type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(1000)}` },
        { type: 'input_file', filename: 'notes.txt', file_data: 'data:,' },
      ],
    }),
  ),
  line(message('m2', 'assistant', 'Let me look.\n\n```js\nsay("```")\n```')),
  line(called('c1', 'hub_search', 1)),
  line(called('c2', 'hub_repo', 1, { output: null, error: 'not_found: no such model' })),
  line(called('c3', 'hub_read', 2, { arguments: 'not JSON', output: '' })),
  line({
    type: 'mcp_approval_request',
    id: 'mcpr_1',
    server_label: 'hugwire',
    name: 'hub_write',
    arguments: '{}',
  }),
  line({ type: 'mcp_approval_response', id: 'a1', approval_request_id: 'mcpr_1', approve: false, reason: 'no' }),
  line({
    type: 'function_call',
    id: 'f1',
    call_id: 'call_9',
    name: 'weather',
    arguments: '{}',
    status: 'completed',
    step: 3,
  }),
  line({ type: 'function_call_output', id: 'f2', call_id: 'call_9', output: '64 F', status: 'completed' }),
  line(message('m3', 'developer', 'The older answers were left out.')),
  line(message('m4', 'assistant', 'Whisper \u001b[31mit\u202e is', { status: 'incomplete' })),
  {
    type: 'response',
    response: { id: 'resp_1', status: 'cancelled', model: 'Qwen/Q', usage, context: { used: 1234, window: 8192 } },
  },
  { type: 'summary', upTo: 5, text: 'They want a speech model.' },
];

async function fill(id: string, owner = 'local', lines = LINES) {
  const conversation = await store.create({ owner, assistant: 'helper', id });
  await conversation.append(lines);
}

describe('the list of conversations', () => {
  it('says what each is about, how long it is and what it took', async () => {
    await fill('lead-42');
    const { text, data } = await listConversations({}, context);
    expect(text).toMatch(/id +last +assistant +messages +calls +tokens +context +title/);
    expect(text).toMatch(/lead-42 +today +\d\d:\d\d +helper +3 +4 +1\.2K +16 % +Find me a speech model/);
    expect(data).toMatchObject({ conversations: [{ id: 'lead-42', owner: 'local' }] });
  });

  it('shortens ids as far as they can be told apart, and tells owners where there are several', async () => {
    const long = `${'x'.repeat(24)}-1`;
    await fill(long, 'key:1', []);
    await fill(`${'x'.repeat(24)}-2`, 'local', []);
    await store.create({ owner: 'local', assistant: 'other' });
    const { text } = await listConversations({}, context);
    expect(text).toContain(long);
    expect(text).toMatch(/conv_\w{19} /);
    expect(text).toContain('key:1');
    expect((await listConversations({ owner: 'local', limit: 1 }, context)).hint).toContain('more');
    expect((await listConversations({ assistant: 'nobody' }, context)).text).toBe('No conversation fits.');
  });

  it('says what to do where there is none', async () => {
    expect(await listConversations({}, context)).toMatchObject({ data: { conversations: [] }, exitCode: 0 });
    await expect(showConversation('last', {}, context)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('one conversation', () => {
  beforeEach(() => fill('lead-42'));

  it('is shown whole, without what would fool a terminal', async () => {
    const { text, data } = await showConversation('lead', {}, context);
    expect(text).toContain('          Find me a speech model\n          [picture]\n          [file notes.txt]');
    expect(text).toContain('▸ hub_search(query="whisper")');
    // What third parties wrote is not shown as if hugwire said it.
    expect(text).toMatch(/✓ \(\d+ B\) three models …\n/);
    expect(text).toContain('✗ (24 B) not_found: no such model');
    expect(text).toContain('asked for approval of hub_write (mcpr_1)');
    expect(text).toContain('denied: no');
    expect(text).toContain('assistant (incomplete)');
    expect(text).toContain('summary of what is above');
    expect(text).toContain('last turn cancelled');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).not.toContain('AAAA');
    expect(data).toMatchObject({ id: 'lead-42', items: { length: 11 } });
  });

  it('is a trace for the Hub', async () => {
    const { text } = await exportConversation('lead-42', { format: 'traces' }, context);
    const lines = text.split('\n').map((one) => JSON.parse(one));
    expect(lines[0]).toEqual({ type: 'session', harness: 'hugwire', id: 'lead-42', name: 'Find me a speech model' });
    const messages = lines.slice(1).map(({ type, message: one }) => {
      expect(type).toBe('message');
      expect(['user', 'assistant', 'system', 'tool']).toContain(one.role);
      expect(one).toMatchObject({ content: expect.any(String), timestamp: NOW });
      return [one.role, one.content.slice(0, 20), one.toolCalls?.map(({ id }: { id: string }) => id) ?? one.toolCallId];
    });
    expect(messages).toEqual([
      ['user', 'Find me a speech mod', undefined],
      ['assistant', 'Let me look.\n\n```js\n', ['c1', 'c2']],
      ['tool', 'three models\n--- car', 'c1'],
      ['tool', 'not_found: no such m', 'c2'],
      ['assistant', '', ['c3']],
      ['tool', '', 'c3'],
      ['assistant', '', ['call_9']],
      ['tool', '64 F', 'call_9'],
      ['system', 'The older answers we', undefined],
      ['assistant', expect.any(String), undefined],
    ]);
    expect(lines[2].message).toMatchObject({
      model: 'Qwen/Q',
      toolCalls: [
        { id: 'c1', function: { name: 'hub_search', arguments: '{"query":"whisper"}' } },
        { id: 'c2', function: { name: 'hub_repo' } },
      ],
    });
    // Every answer has its call.
    const asked = lines.flatMap((one) => one.message?.toolCalls?.map(({ id }: { id: string }) => id) ?? []);
    const answered = lines.flatMap((one) => one.message?.toolCallId ?? []);
    expect(answered).toEqual(asked);
  });

  it('is a document, which nothing in it can break out of', async () => {
    const { text } = await exportConversation('last', { format: 'markdown' }, context);
    expect(text).toMatch(/^# Find me a speech model\n\n- Conversation: `lead-42`/);
    expect(text).toContain('> Let me look.\n> \n> ```js');
    expect(text).toContain('```json\n{\n  "query": "whisper"\n}\n```');
    expect(text).toContain('**Failed**:');
    expect(text).toContain('> They want a speech model.');
  });

  it('is written into a file that is not there yet', async () => {
    const output = join(directory, 'out.json');
    await exportConversation('last', { format: 'json', output }, context);
    const exported = JSON.parse(readFileSync(output, 'utf8'));
    expect(exported).toMatchObject({ id: 'lead-42', usage, responses: [{ id: 'resp_1' }], summary: { upTo: 5 } });
    expect(exported.items).toHaveLength(11);
    await expect(exportConversation('last', { format: 'json', output }, context)).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
  });

  it('must be the one that is meant', async () => {
    await fill('lead-43', 'local', []);
    await fill('lead-42', 'key:1', []);
    const failed = { code: 'invalid_arguments' };
    await expect(showConversation('lead', {}, context)).rejects.toMatchObject({
      ...failed,
      hint: expect.stringContaining('more of the id'),
    });
    await expect(showConversation('lead-42', {}, context)).rejects.toMatchObject({
      ...failed,
      hint: expect.stringContaining('--owner'),
    });
    expect((await showConversation('lead-42', { owner: 'key:1' }, context)).data).toMatchObject({ owner: 'key:1' });
    for (const wrong of ['', 'x', '../lead-42']) {
      await expect(showConversation(wrong, {}, context)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('is removed only when that is agreed to', async () => {
    await expect(removeConversations(['last'], {}, context)).rejects.toMatchObject({ code: 'invalid_arguments' });
    const refusing = { ...context, prompts: { confirm: async () => false } as never };
    expect((await removeConversations(['last'], {}, refusing)).data).toEqual({ removed: [] });
    expect(await store.list()).toHaveLength(1);
    for (const wrong of [[], ['last']] as const) {
      const options = wrong.length === 0 ? {} : { olderThan: '1d' };
      await expect(removeConversations(wrong, options, context)).rejects.toMatchObject({ code: 'invalid_arguments' });
    }
    const { data } = await removeConversations(['last'], { yes: true }, context);
    expect(data).toEqual({ removed: [{ id: 'lead-42', owner: 'local' }] });
    expect(await store.list()).toEqual([]);
  });

  it('goes by its age', async () => {
    vi.setSystemTime(NOW + 3 * 86_400_000);
    await fill('new', 'local', []);
    const later = { ...context, now: new Date() };
    expect((await removeConversations([], { olderThan: '2d', yes: true }, later)).text).toBe('Removed 1 conversation.');
    expect((await removeConversations([], { olderThan: '2d', yes: true }, later)).text).toBe('Nothing to remove.');
    expect((await store.list()).map(({ id }) => id)).toEqual(['new']);
  });
});
