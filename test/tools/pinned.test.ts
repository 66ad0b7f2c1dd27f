import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { configSchema, DEFAULT_PIN } from '../../src/config/schema.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { LockEntry } from '../../src/spaces/lock.js';
import { pinSpace } from '../../src/spaces/pinned.js';
import type { Job, SpaceApp, SpaceCall, SpaceOutcome, Spaces } from '../../src/spaces/types.js';
import { describeTool } from '../../src/tools/describe.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { runTool } from '../../src/tools/run.js';
import type { AnyTool, ToolContext } from '../../src/tools/tool.js';
import { endpointOf, recordedApp, SITE } from '../gradio/recorded.js';

const app = recordedApp('6.25.0', 'endpoints');
const entry = pinSpace(app, endpointOf(app, '/generate'), 'draw', new Date(0));
const pin = { space: 'owner/name', endpoint: '/generate', tool: 'draw', enabled: true, token: 'auto' } as const;
const config = configSchema.parse({});

const approved = (entries: LockEntry[], altered: LockEntry[] = []) => ({ entries, altered });

function onlyTool(lock: LockEntry[] = [entry]): AnyTool {
  const { tools, warnings } = pinnedTools([pin], approved(lock));
  expect(warnings).toEqual([]);
  const [tool] = tools;
  if (!tool || tools.length > 1) throw new Error('one tool expected');
  return tool;
}

/** Runs a tool against a Space that answers "done"; tells what was asked of it. */
async function call(tool: AnyTool, args: unknown, live: SpaceApp = app) {
  const calls: SpaceCall[] = [];
  const fitted: unknown[] = [];
  const start = (wanted: SpaceCall): Job => {
    calls.push(wanted);
    const outcome = {
      site: SITE,
      endpoint: endpointOf(app, '/generate'),
      data: ['x', 1],
      logs: [],
      seconds: 1,
      files: [],
      sent: [],
    };
    const job: Partial<Record<keyof Job, unknown>> = { id: 'j_1', space: wanted.space, status: '', startedAt: 0 };
    job.wait = async () => {
      try {
        const { arguments: sent, notes } = (await wanted.adapt?.(live)) ?? { arguments: wanted.arguments, notes: [] };
        fitted.push(sent);
        job.outcome = { ...outcome, notes } as SpaceOutcome;
      } catch (error) {
        job.error = error;
      }
    };
    return job as unknown as Job;
  };
  const ctx = { spaces: { start } as Partial<Spaces>, config, signal: new AbortController().signal, progress() {} };
  return { result: await runTool(tool, args, ctx as unknown as ToolContext), calls, fitted };
}

describe('pinnedTools', () => {
  it('lists what was recorded, byte by byte the same every time', () => {
    const listing = describeTool(onlyTool());
    expect(listing).toMatchObject({
      name: 'draw',
      description: 'Makes a picture. Runs /generate of the Space owner/name.',
      annotations: { readOnlyHint: false, openWorldHint: true },
    });
    expect(listing.inputSchema.required).toEqual(['prompt']);
    expect(JSON.stringify(describeTool(onlyTool()))).toBe(JSON.stringify(listing));
  });

  it('hands the arguments on under their recorded names, to the endpoint that was pinned', async () => {
    const { result, calls } = await call(onlyTool(), { Prompt: 'a cat', Seed: '3' });
    expect(result.isError).toBeUndefined();
    expect(calls).toMatchObject([
      { space: 'owner/name', endpoint: '/generate', pinned: true, arguments: { prompt: 'a cat', seed: 3 } },
    ]);
  });

  it('takes arguments as JSON text', async () => {
    expect((await call(onlyTool(), '{"prompt":"a cat"}')).calls[0]?.arguments).toEqual({ prompt: 'a cat' });
    const { result, calls } = await call(onlyTool(), 'a cat');
    expect(result).toMatchObject({ isError: true, data: { error: { code: 'invalid_arguments' } } });
    expect(calls).toEqual([]);
  });

  it.each<[string, unknown, object]>([
    ['a list by place', ['a cat', '3', 'true'], { prompt: 'a cat', seed: 3, randomize_seed: true }],
    ['a list as JSON text', '["a cat"]', { prompt: 'a cat' }],
    ['what is left out', { prompt: 'a cat', seed: 'None', randomize_seed: {}, width: '' }, { prompt: 'a cat' }],
    ['an object for a text', { prompt: { text: 'a cat' } }, { prompt: { text: 'a cat' } }],
  ])('takes %s', async (_, args, meant) => {
    const { result, calls } = await call(onlyTool(), args);
    expect(result.isError).toBeUndefined();
    expect(calls[0]?.arguments).toMatchObject(meant);
    expect(JSON.stringify(calls[0]?.arguments)).not.toMatch(/None|""|\{\}/);
  });

  it('does not take what programs add for what is missing', async () => {
    const { result, calls } = await call(onlyTool(), { toolCallId: 'c', sessionId: 's', chatInput: 'a cat' });
    expect(result).toMatchObject({ isError: true, data: { error: { message: expect.stringContaining('"prompt"') } } });
    expect(calls).toEqual([]);
  });

  it.each([
    ['nothing', undefined, /^invalid_arguments: draw needs "prompt"\./],
    ['a number out of bounds', { prompt: 'x', seed: -1 }, /^invalid_arguments: "seed" must be at least 0, not -1\./],
  ])('refuses %s before anyone is asked', async (_, args, words) => {
    const { result, calls } = await call(onlyTool(), args);
    expect(result).toMatchObject({ isError: true, text: expect.stringMatching(words) });
    expect(calls).toEqual([]);
  });

  it('says what changed since, and still answers', async () => {
    const endpoints = app.endpoints.map((one) =>
      one.name === '/generate' ? { ...one, parameters: one.parameters.filter(({ name }) => name !== 'style') } : one,
    );
    const { result, fitted } = await call(onlyTool(), { prompt: 'a cat', style: 'ink' }, { ...app, endpoints });
    expect(result.isError).toBeUndefined();
    expect(result.text).toMatch(
      /has changed since it was pinned: "style" is gone\.\nNot sent: "style"\.\nThe user can .*refresh draw`\.$/,
    );
    expect(fitted).toEqual([{ prompt: 'a cat' }]);
  });

  it('does not call what would now read a file', async () => {
    const endpoints = app.endpoints.map((one) =>
      one.name === '/generate'
        ? { ...one, parameters: one.parameters.map((parameter) => ({ ...parameter, file: 'file' as const })) }
        : one,
    );
    const { result } = await call(onlyTool(), { prompt: '/etc/hostname' }, { ...app, endpoints });
    expect(result).toMatchObject({ isError: true, data: { error: { code: 'blocked' } } });
  });

  it('makes the tool of the Space that ships with hugwire without a lock file', () => {
    const pinned = configSchema.parse({ spaces: { pinned: [DEFAULT_PIN] } }).spaces.pinned;
    const { tools, warnings } = pinnedTools(pinned, approved([]));
    expect(warnings).toEqual([]);
    expect(tools.map(({ name }) => name)).toEqual(['generate_image']);
    expect(encode(JSON.stringify(tools.map(describeTool))).length).toBeLessThanOrEqual(250);
  });

  it('prefers what the user pinned over what ships', () => {
    const [pinned] = configSchema.parse({}).spaces.pinned;
    if (!pinned) throw new Error('one pinned Space ships');
    const own = { ...entry, space: 'Black-Forest-Labs/flux.1-schnell', endpoint: '/infer', tool: 'generate_image' };
    expect(pinnedTools([pinned], approved([own])).tools[0]?.description).toBe(entry.description);
  });

  it('leaves out what is off, unknown, or would take the name of another tool, and says so', () => {
    expect(pinnedTools([{ ...pin, enabled: false }], approved([entry]))).toEqual({ tools: [], warnings: [] });
    expect(pinnedTools([pin], approved([])).warnings).toEqual([
      expect.stringMatching(/spaces\.lock\.json does not have it/),
    ]);
    expect(pinnedTools([{ ...pin, endpoint: '/chain' }], approved([entry])).warnings).toHaveLength(1);
    expect(pinnedTools([pin], approved([entry]), ['draw']).warnings).toEqual([
      expect.stringMatching(/name of another tool/),
    ]);
    const twice = pinnedTools([pin, pin], approved([entry]));
    expect(twice.tools).toHaveLength(1);
    expect(twice.warnings).toHaveLength(1);
  });

  it('leaves out what an assistant has proposed, even where it is said to be on', () => {
    expect(pinnedTools([{ ...pin, proposed: true }], approved([entry]))).toEqual({ tools: [], warnings: [] });
  });

  it('leaves out what was changed since it was approved, and names the command that approves it', () => {
    const { tools, warnings } = pinnedTools([pin], approved([], [entry]));
    expect(tools).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/changed since it was approved.*`hugwire spaces enable draw`/)]);
  });

  it('says with which command a tool without a record is approved', () => {
    const { warnings } = pinnedTools([pin], approved([]));
    expect(warnings).toEqual([expect.stringContaining('`hugwire spaces add owner/name/generate --tool draw`')]);
  });

  it('reports a failure of the Space as every tool does', async () => {
    const tool = onlyTool();
    const failing = {
      start: () => ({ wait: async () => 'failed', error: new HugwireError('quota_exceeded', 'Used up.') }),
    };
    const ctx = { spaces: failing, config, signal: new AbortController().signal, progress() {} };
    expect(await runTool(tool, { prompt: 'x' }, ctx as unknown as ToolContext)).toMatchObject({
      isError: true,
      text: 'quota_exceeded: Used up.',
    });
  });
});
