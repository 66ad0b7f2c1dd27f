import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startDemoApi, startScriptedApi } from '../../e2e/api-server.js';
import { pythonAvailable, pythonEnv } from '../python.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('clients.py', import.meta.url));

describe.skipIf(!pythonAvailable())('clients in Python', () => {
  let python: string;
  let demo: ApiServer;
  let scripted: ApiServer;
  beforeAll(async () => {
    [python, demo, scripted] = await Promise.all([
      pythonEnv('openai', ['openai==3.57.0', 'openresponses-types==2.4.0']),
      startDemoApi(),
      startScriptedApi(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([demo, scripted].map((server) => server.close()));
  });
  const ask = async ({ base, key }: ApiServer, kind: string) => {
    const { stdout } = await run(python, [SCRIPT, kind], { env: { PATH: process.env.PATH, BASE: base, KEY: key } });
    return JSON.parse(stdout);
  };

  it('openai does all that it can', async () => {
    const told = await ask(demo, 'sdk');
    expect(told).toMatchObject({
      previous: expect.stringContaining('Ada'),
      output: ['message', 'mcp_call', 'message'],
      call: ['{"query":"whisper","limit":3}'],
      conversation: expect.stringContaining('Bob'),
      items: ['user', 'assistant', 'user', 'assistant'],
      approved: ['mcp_call'],
      usage: true,
      models: ['hugwire'],
      cancelled: 'cancelled',
      error: ['model_not_found', 'model', 404],
    });
    expect(told.streamed).toBe(told.chat);
  });

  it('the schema of Open Responses takes every event, and every response', async () => {
    const told = await ask(scripted, 'validate');
    const { failed, cut, ...rest } = told;
    expect(failed).toEqual({ last: 'response.failed', code: 'quota_exceeded' });
    expect(cut).toMatchObject({ last: 'response.incomplete', status: 'incomplete' });
    for (const [name, one] of Object.entries(rest)) {
      expect(one, name).toMatchObject({ last: 'response.completed', status: 'completed' });
    }
    expect(told.tool.events).toContain('response.function_call_arguments.done');
    expect(told.text.events).toEqual([
      'response.completed',
      'response.content_part.added',
      'response.content_part.done',
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_text.delta',
      'response.output_text.done',
    ]);
  });
});
