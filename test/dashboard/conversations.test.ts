import { describe, expect, it } from 'vitest';
import { describeApproval, describeConversation, readConversation } from '../../src/dashboard/conversations.js';
import type { Conversation, ConversationLine, Item } from '../../src/sessions/items.js';

const TOKEN = 'hf_abcdefghijklmnopqrstuvwxyz';
const call = { id: 'c', server_label: 'hugwire', name: 'hub_repo', arguments: '{"ids":["a/b"]}' };
const done = {
  ...call,
  type: 'mcp_call',
  output: 'Two\u202e models.',
  error: null,
  approval_request_id: null,
} as const;

const read = async (...items: Item[]) => {
  const lines = items.map((item, at): ConversationLine => ({ type: 'item', seq: at + 1, time: at * 1000, item }));
  const conversation = { read: async () => lines } as Partial<Conversation> as Conversation;
  return readConversation(
    [
      { open: async () => undefined },
      { open: async (id, owner) => (id === 'x' && owner === 'local' ? conversation : undefined) },
    ],
    'x',
    'local',
  );
};
const message = (id: string, content: unknown[], role = 'user') =>
  ({ type: 'message', id, status: 'completed', role, content }) as Item;

describe('a conversation', () => {
  it('shows what was said, and how much was attached', async () => {
    const content = [
      { type: 'input_text', text: `Look: ${TOKEN}` },
      { type: 'input_image', image_url: 'data:x' },
    ];
    const { items } = await read(
      message('m1', content),
      message('m2', [{ type: 'refusal', refusal: 'No.' }], 'assistant'),
    );
    expect(items).toEqual([
      {
        id: 'm1',
        type: 'message',
        time: '1970-01-01T00:00:00.000Z',
        role: 'user',
        text: 'Look: [token]',
        attachments: 1,
      },
      {
        id: 'm2',
        type: 'message',
        time: '1970-01-01T00:00:01.000Z',
        role: 'assistant',
        text: 'No.',
        attachments: undefined,
      },
    ]);
  });

  it.each<[string, Item, object]>([
    ['that ended well', { ...done, status: 'completed' }, { failed: false, text: 'Two models.' }],
    [
      'that failed',
      { ...done, status: 'failed', output: null, error: 'gated: no.' },
      { failed: true, text: 'gated: no.' },
    ],
    ['that is running', { ...done, status: 'in_progress', output: null }, { failed: undefined, text: '' }],
    ['of the caller', { ...call, type: 'function_call', call_id: 'k', status: 'completed' }, { name: 'hub_repo' }],
    ['that asks first', { ...call, type: 'mcp_approval_request', message: 'run it.' }, { text: 'run it.' }],
  ])('shows a call %s', async (_, item, shown) => {
    expect((await read(item)).items[0]).toMatchObject({ name: 'hub_repo', arguments: '{"ids":["a/b"]}', ...shown });
  });

  it('shows answers to calls and to requests', async () => {
    const { items } = await read(
      { type: 'function_call_output', id: 'f', call_id: 'k', output: '64 F', status: 'completed' },
      { type: 'mcp_approval_response', id: 'a', approval_request_id: 'r', approve: false, reason: 'too\nlarge' },
    );
    expect(items.map(({ text }) => text)).toEqual(['64 F', 'Denied: too large']);
  });

  it('shows the latest of very many items, and says how many came before', async () => {
    const { items, earlier } = await read(...Array.from({ length: 510 }, (_, at) => message(`m${at}`, [])));
    expect([items.length, items[0]?.id, earlier]).toEqual([500, 'm10', 10]);
  });

  it('is not found for somebody else, or when it is gone', async () => {
    const nothing = { open: async () => undefined };
    await expect(readConversation([nothing], 'x', 'other')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is listed clean', () => {
    const usage = { input: 1, cached: 0, output: 2, reasoning: 0 };
    const facts = {
      id: 'x',
      owner: 'local',
      createdAt: 1,
      lastAt: 2,
      messages: 1,
      calls: 0,
      usage,
      metadata: {},
      bytes: 9,
    };
    const { title, assistant, ...rest } = describeConversation({ ...facts, assistant: 'a\nb', title: `ask ${TOKEN}` });
    expect([title, assistant]).toEqual(['ask [token]', 'a b']);
    expect(rest).not.toHaveProperty('metadata');
  });
});

it('shows every word of what is to be agreed to, and what the decision holds for', () => {
  const long = 'word '.repeat(5000).trim();
  const request = { id: 'r', conversation: 'x', owner: 'local', assistant: 'a', server: 'hugwire', tool: 'space_call' };
  const approval = {
    ...request,
    arguments: `{"prompt":"${long}"}`,
    message: `${long}\u202e`,
    digest: 'd',
    createdAt: 1,
  };
  expect(describeApproval(approval)).toEqual({ ...approval, message: long });
});
