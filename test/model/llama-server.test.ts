import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findModel } from '../../src/assistants/find-model.js';
import type { Model, ModelPiece, ModelRequest } from '../../src/assistants/types.js';
import { configSchema } from '../../src/config/schema.js';
import { freePort } from '../live/ports.js';

const { HUGWIRE_LLAMA_SERVER: program = '', HUGWIRE_LLAMA_MODEL: file = '' } = process.env;
const WINDOW = 1024;
const never = new AbortController().signal;

let server: ChildProcess;
let url: string;
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/v1`;
  const args = ['-m', file, '-a', 'smollm2', '--host', '127.0.0.1', '--port', String(port)];
  server = spawn(program, [...args, '-c', String(WINDOW), '-np', '1', '-t', '2', '--seed', '1', '--temp', '0'], {
    env: { ...process.env, LD_LIBRARY_PATH: dirname(program) },
    stdio: 'ignore',
  });
  // It listens before it has loaded.
  await vi.waitFor(() => fetch(url), { timeout: 60_000, interval: 50 });
});
afterAll(async () => {
  const gone = once(server, 'exit');
  server.kill();
  await gone;
});

const find = async (model?: string): Promise<Model> => {
  const config = configSchema.parse({ assistants: { endpointUrl: url, model } });
  const paths = { config: '/nowhere', cache: '/nowhere', state: '/nowhere' };
  return (await findModel({}, { config, env: {}, paths }, never)).model;
};

const ask = (content: string, change: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: 'user', content }],
  tools: [],
  maxOutputTokens: 24,
  ...change,
});

async function collect(pieces: AsyncIterable<ModelPiece>): Promise<ModelPiece[]> {
  const all: ModelPiece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('llama.cpp', () => {
  it('is waited for while it loads, and then streams an answer with its tokens', async () => {
    const pieces = await collect((await find('smollm2')).stream(ask('What is the capital of France?'), never));
    const texts = pieces.filter(({ type }) => type === 'text');
    expect(texts.length).toBeGreaterThan(3);
    // What a model of this size says is anybody's guess.
    const { usage } = pieces.at(-1) as ModelPiece & { type: 'end' };
    expect(usage).toMatchObject({ input: expect.any(Number), output: expect.any(Number) });
    expect(usage?.output).toBeGreaterThan(3);
  });

  it('tells its models, and the window that it was started with', async () => {
    const model = await find();
    expect(model.id).toBe('smollm2');
    expect(await model.info(never)).toMatchObject({ contextLength: WINDOW, readsImages: false });
  });

  it('says when an answer was cut for length', async () => {
    const pieces = await collect((await find()).stream(ask('Count to fifty.', { maxOutputTokens: 3 }), never));
    expect(pieces.at(-1)).toMatchObject({ type: 'end', finish: 'length', usage: { output: 3 } });
  });

  it('stops when it is told to, and is free for the next one', async () => {
    const model = await find();
    const stop = new AbortController();
    const heard: ModelPiece[] = [];
    const answer = (async () => {
      for await (const piece of model.stream(ask('Tell me a long story.', { maxOutputTokens: 800 }), stop.signal)) {
        heard.push(piece);
        if (heard.length === 5) stop.abort();
      }
    })();
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    expect(heard).toHaveLength(5);
    const isIdle = async () => {
      const slots = (await (await fetch(new URL('/slots', url))).json()) as { is_processing: boolean }[];
      return slots.every(({ is_processing }) => !is_processing);
    };
    await expect.poll(isIdle, { timeout: 10_000 }).toBe(true);
    expect((await collect(model.stream(ask('Hi'), never))).at(-1)).toMatchObject({ type: 'end' });
  });

  it('says when a conversation is larger than its window', async () => {
    const answer = collect((await find()).stream(ask('word '.repeat(3 * WINDOW)), never));
    await expect(answer).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('(1,024 tokens)'),
      hint: expect.stringContaining('llama-server -c'),
    });
  });

  it('takes tools, a tool call and its answer in a conversation', async () => {
    const tools = [{ name: 'hub_whoami', description: 'Who am I?', parameters: { type: 'object', properties: {} } }];
    const messages: ModelRequest['messages'] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Who am I?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'hub_whoami', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'You are Ada.' },
    ];
    const pieces = await collect((await find()).stream({ messages, tools, maxOutputTokens: 16 }, never));
    expect(pieces.at(-1)).toMatchObject({ type: 'end' });
  });
});
