import { expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type CallHost, runCall } from '../../src/engine/call.js';
import type { AnyTool, ToolContext } from '../../src/tools/tool.js';

const tool = {
  name: 'draw',
  input: z.object({}),
  run: async () => ({ text: 'drawn', data: {} }),
} as unknown as AnyTool;
const link = { signal: new AbortController().signal, progress: () => {} };

function makeHost(change: Partial<CallHost> = {}) {
  const ended = vi.fn();
  const recorded = vi.fn();
  const onCall = vi.fn();
  const host: CallHost = {
    tools: () => [tool],
    knownTools: () => [tool],
    context: (signal) => ({ signal, config: { tools: {} } }) as ToolContext,
    admit: () => ended,
    record: () => ({ observe: (ctx) => ctx, end: recorded }),
    onCall,
    ...change,
  };
  return { host, ended, recorded, onCall };
}

it('ends what a call began', async () => {
  const { host, ended, recorded, onCall } = makeHost();
  expect(await runCall(host, tool, {}, link)).toMatchObject({ text: 'drawn' });
  expect(ended).toHaveBeenCalledOnce();
  expect(recorded).toHaveBeenCalledWith(expect.objectContaining({ text: 'drawn' }), expect.any(Number));
  const signal = expect.any(AbortSignal);
  expect(onCall).toHaveBeenCalledWith({ tool: 'draw', milliseconds: expect.any(Number), failed: false, signal });
});

it.each<[string, (fail: () => never) => Partial<CallHost>]>([
  ['its record cannot watch it', (fail) => ({ record: () => ({ observe: fail, end: () => {} }) })],
  ['its context cannot be made', (fail) => ({ context: fail })],
  ['it is not let in', (fail) => ({ admit: fail })],
])('answers, keeps no slot and tells the log when %s', async (_, broken) => {
  const begun = vi.fn();
  const ended = vi.fn();
  const { host, onCall } = makeHost({
    admit: () => {
      begun();
      return ended;
    },
    ...broken(() => {
      throw new Error('no');
    }),
  });
  const result = await runCall(host, tool, {}, link);
  expect(result).toMatchObject({ isError: true, text: expect.stringMatching(/^internal: hugwire failed: no/) });
  expect(ended).toHaveBeenCalledTimes(begun.mock.calls.length);
  expect(onCall).toHaveBeenCalledWith(expect.objectContaining({ failed: true }));
});

it.each([
  ['whole', 'a correct-horse.battery~staple!'],
  ['split by what nobody sees', 'a correct\u200b-horse.batt\u{e0041}ery~staple!'],
])('lets no token in use out: %s', async (_, said) => {
  const told: (string | undefined)[] = [];
  const run = async (_input: unknown, { progress }: ToolContext) => {
    progress({ progress: 1, message: said });
    return { text: said };
  };
  const { host, recorded } = makeHost({
    context: (signal, progress) => ({ signal, progress, config: { tools: {} } }) as ToolContext,
    secrets: async () => new Set(['correct-horse.battery~staple']),
  });
  const watched = { ...link, progress: ({ message }: { message?: string }) => told.push(message) };
  const { text } = await runCall(host, { ...tool, run } as AnyTool, {}, watched);
  expect([text, ...told]).toEqual(['a [token]!', 'a [token]!']);
  expect(recorded.mock.calls[0]?.[0]).toMatchObject({ text: 'a [token]!' });
});
