import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Conversations } from '../../src/sessions/conversations.js';
import type { Conversation, ConversationLine, Item, NewLine } from '../../src/sessions/items.js';
import { FileLogs, LOG_LIMITS } from '../../src/sessions/logs.js';
import { readThread } from '../../src/sessions/thread.js';
import { interceptWrites } from '../lib/file-writes.js';

/** Two programs that open one conversation: the first adds lines, the second keeps a turn. */
const PROGRAMS = {
  say: `
    for (let at = 0; ; at += 1) {
      await conversation.append([say(process.argv[3] + at), say(process.argv[3] + at + 'b' + 'x'.repeat(20000))]);
      process.stdout.write(at + '\\n');
    }`,
  hold: `await conversation.exclusively(() => { process.stdout.write('held'); return new Promise(() => setInterval(() => {}, 1e6)); }, 0);`,
};

let tools: string;
let directory: string;
let store: Conversations;
const secrets = new Set<string>();
const children: ChildProcess[] = [];

const openStore = () => new Conversations({ logs: new FileLogs(directory), secrets: async () => secrets });
const message = (text: string, role: 'user' | 'assistant' = 'user'): Item => ({
  type: 'message',
  id: `msg_${text.slice(0, 40)}`,
  status: 'completed',
  role,
  content: [
    role === 'user' ? { type: 'input_text', text } : { type: 'output_text', text, annotations: [], logprobs: [] },
  ],
});
const say = (text: string, response?: string): NewLine => ({ type: 'item', item: message(text), response });
const usage = (input: number) => ({ input, cached: 0, output: 1, reasoning: 0 });
const textOf = (item: Item): string =>
  item.type === 'message' ? item.content.map((part) => ('text' in part ? part.text : '')).join() : '';
async function textsOf(conversation: Conversation): Promise<string[]> {
  return (await conversation.read()).flatMap((line) => (line.type === 'item' ? textOf(line.item) : []));
}
const fileOf = () => join(directory, readdirSync(directory).filter((name) => name.endsWith('.jsonl'))[0] ?? 'none');

beforeAll(async () => {
  tools = mkdtempSync(join(tmpdir(), 'hugwire-talker-'));
  for (const [name, work] of Object.entries(PROGRAMS)) {
    const contents = `import { Conversations } from './src/sessions/conversations.js';
      import { FileLogs } from './src/sessions/logs.js';
      const store = new Conversations({ logs: new FileLogs(process.argv[2]), secrets: async () => new Set() });
      const conversation = await store.open('lead-42', 'local');
      const say = (text) => ({ type: 'item', item: { type: 'message', id: text.slice(0, 20), status: 'completed', role: 'user',
        content: [{ type: 'input_text', text }] } });
      ${work}`;
    const stdin = { contents, resolveDir: process.cwd(), loader: 'ts' as const };
    await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile: join(tools, `${name}.mjs`) });
  }
});
afterAll(() => rmSync(tools, { recursive: true }));
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hugwire-conversations-')), 'conversations');
  store = openStore();
  secrets.clear();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  vi.restoreAllMocks();
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

function start(program: keyof typeof PROGRAMS, word = ''): ChildProcess {
  const child = spawn(process.execPath, [join(tools, `${program}.mjs`), directory, word], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

const lead = () => store.create({ owner: 'local', assistant: 'helper', id: 'lead-42' });

describe('a conversation', () => {
  it('is opened again with all that was said, in order', async () => {
    const conversation = await store.create({ owner: 'local', assistant: 'helper', metadata: { customer: '42' } });
    expect(conversation.head.id).toMatch(/^conv_/);
    await conversation.append([say('hello'), { type: 'metadata', metadata: { customer: '43' } }]);
    await conversation.append([say('again')]);
    const opened = await openStore().open(conversation.head.id, 'local');
    expect(opened?.head).toMatchObject({ assistant: 'helper', owner: 'local', metadata: { customer: '43' } });
    const lines = (await opened?.read()) ?? [];
    expect(lines.map((line) => [line.type, 'seq' in line && line.seq])).toEqual([
      ['item', 1],
      ['metadata', 2],
      ['item', 3],
    ]);
  });

  it.each([
    '../../etc/passwd',
    'CON',
    'a@b.example',
    'ünï 漢字',
    'a/b\\c:d*?"<>|',
    `x${'y'.repeat(255)}`,
    '.',
    '__proto__',
  ])('may be called %s, which is part of no path', async (id) => {
    for (const owner of ['local', `key:${id}`]) {
      const conversation = await store.create({ owner, assistant: 'helper', id });
      await conversation.append([say('hello')]);
      expect(await textsOf((await store.open(id, owner)) as Conversation)).toEqual(['hello']);
    }
    expect(readdirSync(join(directory, '..'))).toEqual(['conversations']);
    expect(readdirSync(directory).filter((name) => !/^[0-9a-f]{16}-[0-9a-f]{32}[.]jsonl$/.test(name))).toEqual([]);
    expect(await store.list()).toHaveLength(2);
  });

  it.each(['', ' a', 'a\nb', 'a\u202eb', 'x'.repeat(257)])('cannot be called %j', async (id) => {
    await expect(store.create({ owner: 'local', assistant: 'helper', id })).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    expect(await store.open(id, 'local')).toBeUndefined();
  });

  it('is made by one of several that make it at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 5 }, lead));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'invalid_arguments' } });
  });

  it('is there for its owner alone', async () => {
    await lead();
    expect(await store.open('lead-42', 'key:other')).toBeUndefined();
    expect(await store.list({ owner: 'key:other' })).toEqual([]);
    expect(await store.remove('lead-42', 'key:other')).toBe(false);
    expect(await store.open('lead-42', 'local')).toBeDefined();
  });

  it.skipIf(process.platform === 'win32')('can be read by this user alone', async () => {
    await lead();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(fileOf()).mode & 0o777).toBe(0o600);
  });

  it('holds no secrets, and nothing of it is cut', async () => {
    secrets.add('a-token-of-no-known-form');
    const token = `hf_${'Ab3'.repeat(12)}`;
    const conversation = await store.create({ owner: 'local', assistant: 'helper', metadata: { key: token } });
    const call: Item = {
      type: 'mcp_call',
      id: 'mcp_1',
      server_label: 'hugwire',
      name: 'space_call',
      arguments: JSON.stringify({ space: 'a/b', password: 'hunter2', text: `${token} ${'long '.repeat(1000)}` }),
      output: `It said a-token-of-no-known-form and Bearer ${token}`,
      error: null,
      status: 'completed',
      approval_request_id: null,
    };
    const picture = `data:image/png;base64,${'iVBORw0KGgo'.repeat(1000)}`;
    const seen: Item = { ...message('see'), content: [{ type: 'input_image', image_url: picture }] } as Item;
    await conversation.append([
      say(`my token is ${token}`),
      { type: 'item', item: call },
      { type: 'item', item: seen },
    ]);
    const text = readFileSync(fileOf(), 'utf8');
    for (const secret of [token, 'hunter2', 'a-token-of-no-known-form']) expect(text).not.toContain(secret);
    expect(text).toContain('long '.repeat(1000));
    expect(text).toContain(picture);
    // Names that begin like tokens are what assistants talk about.
    const code = 'pip install hf_transfer, then hf_hub_download(repo_id="a/b") and hf_raise_for_status.';
    await conversation.append([say(code)]);
    expect((await textsOf(conversation)).at(-1)).toBe(code);
    // What holds none stays as the model wrote it.
    const plain = { ...call, arguments: '{ "b": 1,\n "a": 2 }', output: '' };
    await conversation.append([{ type: 'item', item: plain }]);
    expect((await conversation.read()).at(-1)).toMatchObject({ item: plain });
  });

  it('may hold megabytes in one line, but not any number of them', async () => {
    const conversation = await lead();
    const long = 'x'.repeat(9_000_000);
    await conversation.append([say(long), say('short')]);
    expect((await textsOf(conversation)).map(({ length }) => length)).toEqual([long.length, 5]);
    const before = statSync(fileOf()).size;
    await expect(conversation.append([say('y'.repeat(LOG_LIMITS.line))])).rejects.toMatchObject({ code: 'too_large' });
    expect(statSync(fileOf()).size).toBe(before);
  });

  it('keeps what was said when the disk is full', async () => {
    const conversation = await lead();
    await conversation.append([say('before')]);
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    let count = 0;
    await interceptWrites(async (bytes, take) => {
      count += 1;
      if (count > 1) throw full;
      return take(bytes.subarray(0, 10));
    });
    await expect(conversation.append([say('lost')])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('disk'),
    });
    vi.restoreAllMocks();
    expect(readFileSync(fileOf(), 'utf8')).toMatch(/\n$/);
    await conversation.append([say('after')]);
    expect(await textsOf(conversation)).toEqual(['before', 'after']);
  });

  it('does not come back by what is added after it was removed', async () => {
    const conversation = await lead();
    expect(await store.remove('lead-42', 'local')).toBe(true);
    expect(await store.remove('lead-42', 'local')).toBe(false);
    await expect(conversation.append([say('late')])).rejects.toMatchObject({ code: 'not_found' });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('several processes', () => {
  it('lose and mix no lines, and kill -9 in the middle costs the last one at most', async () => {
    const conversation = await lead();
    const [one, two] = [start('say', 'one '), start('say', 'two ')];
    const told = { one: '', two: '' };
    one.stdout?.on('data', (data) => (told.one += data));
    two.stdout?.on('data', (data) => (told.two += data));
    let own = 0;
    while (told.one.split('\n').length < 30 || told.two.split('\n').length < 30) {
      await conversation.append([say(`own ${own}`)]);
      own += 1;
    }
    const gone = [once(one, 'close'), once(two, 'close')];
    one.kill('SIGKILL');
    two.kill('SIGKILL');
    await Promise.all(gone);
    await conversation.append([say(`own ${own}`)]);
    const texts = await textsOf((await openStore().open('lead-42', 'local')) as Conversation);
    for (const [word, count] of [
      ['one', told.one.split('\n').length - 1],
      ['two', told.two.split('\n').length - 1],
      ['own', own + 1],
    ] as const) {
      const kept = texts.filter((text) => text.startsWith(word) && !text.endsWith('x'));
      expect(kept.slice(0, count)).toEqual(Array.from({ length: count }, (_, at) => `${word} ${at}`));
      expect(kept.length - count).toBeLessThanOrEqual(1);
    }
    expect(texts.filter((text) => text.endsWith('x')).every((text) => /^(one|two) \d+bx{20000}$/.test(text))).toBe(
      true,
    );
  });

  it('go on behind a half line', async () => {
    const conversation = await lead();
    await conversation.append([say('whole')]);
    appendFileSync(fileOf(), '{"type":"item","time":1,"item":{"type":"mess');
    expect(await textsOf(conversation)).toEqual(['whole']);
    await conversation.append([say('next')]);
    expect(await textsOf(conversation)).toEqual(['whole', 'next']);
    // A process may be killed as it begins, too.
    writeFileSync(fileOf(), '{"type":"conver');
    expect(await store.open('lead-42', 'local')).toBeUndefined();
    await lead();
    expect((await store.open('lead-42', 'local'))?.head.assistant).toBe('helper');
  });

  it('take one turn at a time; one that was killed is over at once', async () => {
    const conversation = await lead();
    const holder = start('hold');
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    await expect(conversation.exclusively(async () => 'done', 0)).rejects.toMatchObject({ code: 'unavailable' });
    // It can be added to all the same.
    await conversation.append([say('meanwhile')]);
    const next = conversation.exclusively(async () => 'done', 60_000);
    const gone = once(holder, 'close');
    holder.kill('SIGKILL');
    await gone;
    expect(await next).toBe('done');
    expect(await conversation.exclusively(async () => 'again', 0)).toBe('again');
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('of which each takes its turns in the order in which it was asked for them', async () => {
    const conversation = await lead();
    const same = (await store.open('lead-42', 'local')) as Conversation;
    const order: string[] = [];
    let free: () => void = () => {};
    const first = conversation.exclusively(() => new Promise<void>((resolve) => (free = resolve)), 0);
    const others = Array.from({ length: 6 }, (_, at) =>
      (at % 2 ? conversation : same).exclusively(async () => {
        order.push(`begin ${at}`);
        await new Promise(setImmediate);
        order.push(`end ${at}`);
        if (at === 2) throw new Error('a turn that fails');
      }, 60_000),
    );
    await expect(same.exclusively(async () => order.push('never'), 0)).rejects.toMatchObject({ code: 'unavailable' });
    free();
    await first;
    await Promise.allSettled(others);
    expect(order).toEqual(Array.from({ length: 6 }, (_, at) => [`begin ${at}`, `end ${at}`]).flat());
  });
});

describe('the list', () => {
  it('tells what a conversation comes to, and of the newest first', async () => {
    const old = await store.create({ owner: 'local', assistant: 'helper', metadata: { customer: '42' } });
    await old.append([
      say('Find me a  small\nspeech model', 'resp_1'),
      { type: 'item', item: { ...message('in part', 'assistant'), id: 'msg_a' }, response: 'resp_1' },
      { type: 'item', item: { ...message('in whole', 'assistant'), id: 'msg_a' }, response: 'resp_1' },
      { type: 'response', response: { id: 'resp_1', status: 'in_progress', model: 'm' } },
      { type: 'response', response: { id: 'resp_1', status: 'completed', model: 'm', usage: usage(10) } },
      say('another', 'resp_2'),
      {
        type: 'response',
        response: { id: 'resp_2', status: 'failed', model: 'm', usage: usage(5), context: { used: 6, window: 100 } },
      },
    ]);
    const [told] = await store.list();
    expect(told).toMatchObject({
      id: old.head.id,
      owner: 'local',
      messages: 3,
      calls: 0,
      title: 'Find me a small speech model',
      usage: { ...usage(15), output: 2 },
      context: { used: 6, window: 100 },
      status: 'failed',
      bytes: statSync(fileOf()).size,
    });
    await old.append([{ type: 'removed', response: 'resp_2' }]);
    // What was taken back has cost its tokens.
    expect((await store.list())[0]).toMatchObject({ messages: 2, status: 'completed', usage: { input: 15 } });
    const file = fileOf();
    utimesSync(file, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    await store.create({ owner: 'key:1', assistant: 'other' });
    expect((await store.list()).map(({ owner }) => owner)).toEqual(['key:1', 'local']);
    expect(await store.list({ limit: 1 })).toHaveLength(1);
    expect((await store.list({ metadata: { customer: '42' } })).map(({ id }) => id)).toEqual([old.head.id]);
    expect(await store.list({ metadata: { customer: '4' } })).toEqual([]);
  });

  it('forgets what was not added to for long', async () => {
    await lead();
    const file = fileOf();
    utimesSync(file, new Date(Date.now() - 90_000), new Date(Date.now() - 90_000));
    const kept = await store.create({ owner: 'local', assistant: 'helper' });
    writeFileSync(join(directory, 'not-ours.txt'), '');
    expect(await new FileLogs(directory).prune(Date.now() - 60_000)).toMatchObject({ count: 1 });
    expect((await store.list()).map(({ id }) => id)).toEqual([kept.head.id]);
    expect(readdirSync(directory)).toContain('not-ours.txt');
    // Those that are begun later see to it.
    utimesSync(fileOf(), 0, 0);
    const tidy = new Conversations({ logs: new FileLogs(directory), secrets: async () => secrets, keepDays: () => 7 });
    const { head } = await tidy.create({ owner: 'local', assistant: 'helper' });
    expect((await tidy.list()).map(({ id }) => id)).toEqual([head.id]);
  });
});

/** A line of every type. */
const LINES: NewLine[] = [
  { type: 'metadata', metadata: { a: 'b' } },
  say('hello', 'resp_1'),
  { type: 'item', item: { ...message('hi', 'assistant'), id: 'msg_2' }, response: 'resp_1' },
  {
    type: 'item',
    item: {
      type: 'mcp_call',
      id: 'mcp_1',
      server_label: 'hugwire',
      name: 'hub_search',
      arguments: '{}',
      output: 'x',
      error: null,
      status: 'completed',
      approval_request_id: null,
      images: ['data:,'],
      step: 1,
    },
  },
  {
    type: 'item',
    item: { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{}', status: 'completed' },
  },
  { type: 'item', item: { type: 'function_call_output', id: 'fo_1', call_id: 'c', output: 'x', status: 'completed' } },
  {
    type: 'item',
    item: {
      type: 'mcp_approval_request',
      id: 'mcpr_1',
      server_label: 'hugwire',
      name: 'f',
      arguments: '{}',
      digest: 'd',
    },
  },
  { type: 'item', item: { type: 'mcp_approval_response', id: 'ma_1', approval_request_id: 'mcpr_1', approve: true } },
  {
    type: 'response',
    response: {
      id: 'resp_1',
      status: 'completed',
      model: 'm',
      usage: usage(1),
      context: { used: 1, window: 2 },
      shown: {},
    },
  },
  { type: 'summary', upTo: 2, text: 'short' },
  { type: 'granted', key: 'space a/b' },
  { type: 'removed', item: 'msg_1' },
];

/** Every way in which one member of a line, however deep, is something else. */
function* spoil(value: unknown): Generator<unknown> {
  for (const other of [null, 'text', -1, true, [], {}, [null], { type: null }]) {
    if (JSON.stringify(other) !== JSON.stringify(value)) yield other;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    for (const spoiled of spoil(member)) {
      yield Array.isArray(value)
        ? value.map((one, at) => (String(at) === name ? spoiled : one))
        : { ...value, [name]: spoiled };
    }
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
  }
}

const isNot = (at: number) => (line: ConversationLine) => !('seq' in line) || line.seq !== at;

describe('a log with a spoiled line', () => {
  let lines: string[];
  beforeEach(async () => {
    const conversation = await lead();
    await conversation.append(LINES);
    lines = readFileSync(fileOf(), 'utf8').trimEnd().split('\n');
  });

  it('gives every other line, whatever was cut, swapped or blown up', async () => {
    const whole = await ((await store.open('lead-42', 'local')) as Conversation).read();
    expect(whole).toHaveLength(LINES.length);
    let tried = 0;
    for (const [at, line] of lines.entries()) {
      const spoiled = [
        ...Array.from({ length: 9 }, (_, part) => line.slice(0, Math.ceil((line.length * (part + 1)) / 10) - 1)),
        ...Array.from(spoil(JSON.parse(line)), (value) => JSON.stringify(value)),
        line.replaceAll(/"(?!type|item)[^"]*"/g, '"\u202e\ud800"'),
        `${'['.repeat(5000)}${']'.repeat(5000)}`,
        `${line.slice(0, -1)},"more":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        '\u0000\u0001\ufffd',
        line.replaceAll(/\d+/g, '1e999'),
      ];
      for (const other of spoiled) {
        if (other === '' || other.includes('\n')) continue;
        writeFileSync(fileOf(), `${lines.with(at, other).join('\n')}\n`);
        const opened = (await openStore().open('lead-42', 'local')) as Conversation;
        const read = await opened.read();
        const others = whole.filter(isNot(at));
        expect(read.filter(isNot(at)), other.slice(0, 200)).toEqual(others);
        // What is made of it does not fall either.
        const [told] = await openStore().list();
        expect(readThread(read).items.length).toBeGreaterThan(0);
        if (told) expect(JSON.stringify(told)).toContain('lead-42');
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(1000);
  });

  it('is read on behind megabytes of something else', async () => {
    writeFileSync(fileOf(), `${lines.with(2, 'x'.repeat(LOG_LIMITS.line + 1_000_000)).join('\n')}\n`);
    const opened = (await openStore().open('lead-42', 'local')) as Conversation;
    expect((await opened.read()).map(({ type }) => type)).toEqual(
      LINES.map(({ type }) => type).filter((_, at) => at !== 1),
    );
  });
});
