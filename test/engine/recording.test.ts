import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/schema.js';
import { createRecording } from '../../src/engine/recording.js';
import type { Runtime } from '../../src/engine/runtime.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { Entry } from '../../src/sessions/entries.js';
import { sessionFile } from '../../src/sessions/names.js';
import { readEntries } from '../../src/sessions/reader.js';
import type { SpaceCall } from '../../src/spaces/types.js';
import { runTool } from '../../src/tools/run.js';
import type { AnyTool, ToolContext, ToolResult } from '../../src/tools/tool.js';
import { makeState } from '../sessions/directory.js';

let home: ReturnType<typeof makeState>;
beforeEach(() => {
  home = makeState();
});
afterEach(() => home.remove());

/** Runs a tool as the server does, and gives what was recorded. */
async function record(
  run: (ctx: ToolContext) => Promise<ToolResult>,
  more: Partial<ToolContext> = {},
): Promise<Entry[]> {
  const paths = { config: home.state, cache: home.state, state: home.state };
  const config = configSchema.parse({ tools: { dryRun: true } });
  const runtime = { tools: () => [], secrets: async () => new Set<string>() } as Partial<Runtime> as Runtime;
  const { recorder, hooks } = createRecording(
    { paths, loaded: { config, path: '', exists: false }, log: () => {} },
    () => runtime,
  );
  const tool = {
    name: 'draw',
    title: '',
    toolset: 'spaces',
    effect: 'run',
    description: '',
    input: z.object({}),
    run,
    plan: (_: object, ctx: ToolContext) => run(ctx),
  };
  const ctx = {
    hub: { limits: () => [{ bucket: 'api', remaining: 4, quota: 5, resetsAt: 0 }] },
    config,
    signal: new AbortController().signal,
    progress: () => {},
    spaces: {},
    ...more,
  } as ToolContext;
  const recording = hooks.record?.(tool as AnyTool, { prompt: 'a fox' });
  const result = await runTool(tool as AnyTool, {}, recording?.observe(ctx) ?? ctx);
  recording?.end(result, 5);
  await recorder.end('done');
  const entries: Entry[] = [];
  for await (const entry of readEntries(sessionFile(home.directory, recorder.id))) entries.push(entry);
  return entries.slice(1, -1);
}

describe('what is recorded of a call', () => {
  it('is what it was given, what it told, the files that it saved, and what is left of the limits', async () => {
    const files = [{ path: '/x/fox_1.png', bytes: 7, mimeType: 'image/png', at: [0] }, { path: 5 }];
    const steps: object[] = [];
    const spaces = { start: ({ onLog }: SpaceCall) => onLog?.('painting') } as never;
    const entries = await record(
      async (ctx) => {
        ctx.progress({ progress: 1, message: 'half' });
        ctx.spaces.start({ space: 'a/b', arguments: {} });
        return {
          text: 'größer',
          images: [{ data: 'AAAA', mimeType: 'image/png' }],
          data: { files, zeroGpu: { remaining: 9, base: 10 } },
        };
      },
      { spaces, progress: (step) => steps.push(step) },
    );
    expect(entries).toMatchObject([
      { type: 'FunctionCall', tool: 'draw', arguments: { prompt: 'a fox' }, dryRun: true },
      { kind: 'progress', text: 'half' },
      { kind: 'log', text: 'painting' },
      { type: 'FunctionResponse', bytes: 8, images: 1, failed: false, milliseconds: 5 },
      { kind: 'limits', text: 'Left: api 4 of 5, zeroGpu 9 of 10' },
    ]);
    expect((entries[3] as { files: object }).files).toEqual([
      { path: '/x/fox_1.png', bytes: 7, mimeType: 'image/png' },
    ]);
    expect(steps).toEqual([{ progress: 1, message: 'half' }]);
  });

  it('is the code of its error', async () => {
    const [, response] = await record(() => Promise.reject(new HugwireError('gated', 'Closed.')));
    expect(response).toMatchObject({ failed: true, error: 'gated', summary: 'gated: Closed.' });
  });

  it('is what the user was asked and whether they agreed, and not what they typed', async () => {
    const question = { message: 'May I?', fields: {} };
    const entries = await record(
      async (ctx) => {
        await ctx.ask?.(question);
        return { text: '', data: {} };
      },
      { ask: async () => ({ action: 'accept', values: { word: 'typed-by-user' } }) },
    );
    expect(entries[1]).toMatchObject({ kind: 'notice', text: 'Asked the user (accept): May I?' });
    expect(JSON.stringify(entries)).not.toContain('typed-by-user');
    const unanswered = await record(
      async (ctx) => {
        await ctx.ask?.(question);
        return { text: '', data: {} };
      },
      { ask: () => Promise.reject(new HugwireError('timeout', 'Nobody there.')) },
    );
    expect(unanswered).toMatchObject([
      {},
      { text: 'Asked the user, without an answer: May I?' },
      { error: 'timeout' },
      {},
    ]);
  });
});
