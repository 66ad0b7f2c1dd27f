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
  after = async () => {},
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
  await after();
  await recorder.end('done');
  const entries: Entry[] = [];
  for await (const entry of readEntries(sessionFile(home.directory, recorder.id))) entries.push(entry);
  return entries.slice(1, -1);
}

describe('what is recorded of a call', () => {
  it('is what it was given, what it told, the files that it saved, and what is left of the limits', async () => {
    const files = [{ path: '/x/fox_1.png', bytes: 7, mimeType: 'image/png', at: [0] }, { path: 5 }];
    const steps: object[] = [];
    const spaces = {
      start({ onLog }: SpaceCall) {
        onLog?.('painting');
        return { finished: new Promise(() => {}) };
      },
    } as never;
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

  it('is the job that it started, and how that ended after the answer', async () => {
    const end = { state: 'running', error: undefined as HugwireError | undefined };
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const job = { id: 'j_1', finished, ...end };
    const run = async (ctx: ToolContext) => {
      ctx.spaces.start({ space: 'a/b', arguments: {} });
      return { text: 'Still running', data: { job: 'j_1', state: 'running' } };
    };
    const entries = await record(run, { spaces: { start: () => job } as never }, async () => {
      Object.assign(job, { state: 'failed', error: new HugwireError('space_error', 'It broke.') });
      finish();
      await finished;
    });
    expect(entries).toMatchObject([
      {},
      { type: 'FunctionResponse', failed: false, job: { id: 'j_1', state: 'running' } },
      {},
      { kind: 'job', parent: 'e2', data: { job: 'j_1', state: 'failed', error: 'space_error' } },
    ]);
  });

  it.each([
    ['one of a Space that has ended', { job: 'j_1', state: 'done' }, 'done'],
    ['one that was left at its Space', { job: 'j_1', state: 'left' }, 'running'],
    ['one without a state', { job: 'j_1' }, 'running'],
    ["one on the Hub's machines", { job: { id: 'abc', stage: 'RUNNING' }, state: 'started' }, 'running'],
    ["one on the Hub's machines that has failed", { job: { id: 'abc', stage: 'ERROR' } }, 'failed'],
  ])('is the state of a job: %s', async (_, data, state) => {
    const [, response] = await record(async () => ({ text: '', data }));
    expect(response).toMatchObject({ job: { state } });
  });

  it('is no job where a tool tells of none', async () => {
    const [, response] = await record(async () => ({ text: '', data: { job: 7, jobs: [] } }));
    expect(response).not.toHaveProperty('job');
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
