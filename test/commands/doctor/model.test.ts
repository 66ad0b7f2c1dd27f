import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkModel } from '../../../src/commands/doctor/model.js';
import { configSchema } from '../../../src/config/schema.js';
import { type ScriptedModel, startScriptedModel } from '../../doubles/scripted-model.js';
import { brief, contextWith } from './context.js';

let server: ScriptedModel;
beforeAll(async () => {
  const providers = [{ provider: 'a', status: 'live', context_length: 8192, supports_tools: false }];
  server = await startScriptedModel({
    models: [
      { id: 'able', max_model_len: 8192 },
      { id: 'unable', providers },
    ],
  });
});
afterAll(() => server.close());

const check = async (assistants: object, env: NodeJS.ProcessEnv = {}) => {
  const config = configSchema.parse({ assistants });
  const context = contextWith({ config });
  return checkModel({ ...context, env: { ...context.env, ...env } });
};

it('says which model would answer, and what its server gets', async () => {
  const endpointUrl = server.url;
  expect(brief([await check({ endpointUrl })])).toEqual([
    `ok: able (${server.url}; no token is sent; window 8,192 tokens)`,
  ]);
  const apiKey = { source: 'env', name: 'MY_KEY' };
  const keyed = await check({ endpointUrl, model: 'able', apiKey }, { MY_KEY: 'sk-secret-123456' });
  expect(keyed).toMatchObject({ status: 'ok', detail: expect.stringContaining('the key from env MY_KEY is sent') });
  expect(JSON.stringify(keyed)).not.toContain('sk-secret');
  expect(await check({ model: 'demo' })).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('demo (a script'),
  });
});

it('says what is wrong with the one that is set up', async () => {
  expect(await check({ endpointUrl: server.url, model: 'unable' })).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('it cannot call tools'),
  });
  const gone = await startScriptedModel();
  await gone.close();
  expect(await check({ endpointUrl: gone.url, model: 'able' })).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining('does not answer'),
  });
  expect(await check({ provider: 'auto' })).toMatchObject({
    status: 'problem',
    advice: expect.stringContaining('hf auth login'),
  });
});
