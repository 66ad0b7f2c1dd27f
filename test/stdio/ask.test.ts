import type { ClientOptions } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Answer, defineTool, type Question, type ToolContext } from '../../src/tools/tool.js';
import { connectClient, ERAS } from './line.js';

const QUESTION: Question = {
  message: 'Shall it be done?',
  fields: {
    sure: { type: 'yes-no', title: 'Sure?', initial: false },
    colour: {
      type: 'choice',
      title: 'Colour',
      choices: [
        { value: 'r', label: 'Red' },
        { value: 'g', label: 'Green' },
      ],
    },
    note: { type: 'text', title: 'Note', optional: true },
  },
};

/** How often the tool began, and what it was answered. */
let begun: number;
let closing: (() => Promise<void>) | undefined;
afterEach(async () => {
  await closing?.();
  closing = undefined;
});

/** A tool that asks its questions one after the other, and tells what it heard. */
function asker(run: (ctx: ToolContext) => Promise<unknown>) {
  begun = 0;
  return defineTool({
    name: 'asker',
    title: 'Asker',
    toolset: 'read',
    effect: 'read',
    description: 'Asks.',
    input: z.object({ word: z.string().optional() }),
    async run(_input, ctx) {
      begun += 1;
      const heard = await run(ctx);
      return { text: JSON.stringify(heard), data: heard };
    },
  });
}

type Reply = (params: { message: string; requestedSchema?: unknown }) => unknown;

async function open(
  versionNegotiation: ClientOptions['versionNegotiation'],
  run: (ctx: ToolContext) => Promise<unknown>,
  reply?: Reply,
) {
  const capabilities = reply ? { elicitation: { form: {} } } : {};
  const { client, server, connect } = await connectClient([asker(run)], { versionNegotiation, capabilities });
  if (reply)
    client.setRequestHandler('elicitation/create', async ({ params }) => (await reply(params as never)) as never);
  await connect();
  closing = async () => {
    await client.close();
    await server.close();
  };
  return client;
}

const heard = (result: unknown) =>
  JSON.parse((result as { content: { text: string }[] }).content[0]?.text ?? '') as Answer;
const text = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text;
const askOnce = (ctx: ToolContext) => ctx.ask?.(QUESTION) ?? Promise.resolve('nobody');

describe.each(ERAS)('asking the user, %s client', (_era, negotiation) => {
  it('shows the message and a flat form, and gives the answer to the tool, which goes on where it was', async () => {
    const seen: unknown[] = [];
    const client = await open(negotiation, askOnce, (params) => {
      seen.push(params);
      return { action: 'accept', content: { sure: true, colour: 'g' } };
    });
    const result = await client.callTool({ name: 'asker', arguments: { word: 'x' } });
    expect(heard(result)).toEqual({ action: 'accept', values: { sure: true, colour: 'g' } });
    expect(begun).toBe(1);
    expect(seen).toMatchObject([
      {
        message: 'Shall it be done?',
        requestedSchema: {
          type: 'object',
          properties: {
            sure: { type: 'boolean', title: 'Sure?', default: false },
            colour: { type: 'string', title: 'Colour', enum: ['r', 'g'], enumNames: ['Red', 'Green'] },
            note: { type: 'string', title: 'Note' },
          },
          required: ['sure', 'colour'],
        },
      },
    ]);
  });

  it.each(['decline', 'cancel'])('tells the tool of a %s', async (action) => {
    const client = await open(negotiation, askOnce, () => ({ action }));
    expect(heard(await client.callTool({ name: 'asker' }))).toEqual({ action });
  });

  it('asks several questions in turn within one call', async () => {
    const replies = [{ action: 'accept', content: {} }, { action: 'decline' }];
    const plain = (message: string) => ({ message, fields: {} });
    const client = await open(
      negotiation,
      async ({ ask }) => [await ask?.(plain('first')), await ask?.(plain('second'))],
      ({ message }) => replies[message === 'first' ? 0 : 1],
    );
    expect(heard(await client.callTool({ name: 'asker' }))).toEqual([
      { action: 'accept', values: {} },
      { action: 'decline' },
    ]);
    expect(begun).toBe(1);
  });

  it('keeps the answers of calls apart that run at the same time', async () => {
    const client = await open(
      negotiation,
      async ({ ask, signal: _ }) => ask?.({ message: String(begun), fields: { who: { type: 'text', title: 'Who' } } }),
      ({ message }) => ({ action: 'accept', content: { who: message } }),
    );
    const results = await Promise.all([1, 2, 3].map(() => client.callTool({ name: 'asker' })));
    expect(results.map((result) => heard(result))).toEqual(
      ['1', '2', '3'].map((who) => ({ action: 'accept', values: { who } })),
    );
  });

  it('is not there for tools where the client cannot', async () => {
    const client = await open(negotiation, askOnce);
    expect(text(await client.callTool({ name: 'asker' }))).toBe('"nobody"');
  });

  it.each([
    ['a value of another type', { action: 'accept', content: { sure: 'yes', colour: 'g' } }],
    ['a choice that was not there', { action: 'accept', content: { sure: true, colour: 'blue' } }],
    ['a form that is not filled in', { action: 'accept', content: {} }],
    ['no form', { action: 'accept' }],
  ])('takes nonsense for no answer: %s', async (_title, reply) => {
    const client = await open(negotiation, askOnce, () => reply);
    const answer = client.callTool({ name: 'asker' });
    // The client's own check may come first.
    const told = await answer.then(
      (result) => ({ isError: result.isError, text: text(result) }),
      (error: Error) => ({ isError: true, text: error.message }),
    );
    expect(told.isError).toBe(true);
    expect(told.text).not.toContain('accept');
  });

  it('cancels the call while the user is asked', async () => {
    const controller = new AbortController();
    const client = await open(negotiation, askOnce, async () => {
      controller.abort('enough');
      return { action: 'cancel' };
    });
    await expect(client.callTool({ name: 'asker' }, { signal: controller.signal })).rejects.toThrow();
    expect((await client.listTools()).tools).toHaveLength(1);
  });
});
