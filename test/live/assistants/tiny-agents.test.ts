import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findModel } from '../../../src/assistants/find-model.js';
import { openAssistant } from '../../../src/assistants/library.js';
import { hugwireTools } from '../../../src/assistants/tools.js';
import { loadConfig } from '../../../src/config/load.js';
import { resolvePaths } from '../../../src/config/paths.js';
import { createRuntime } from '../../../src/engine/runtime.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';
import { makeConversation } from '../../assistants/turn.js';
import { type ScriptedModel, startScriptedModel } from '../../doubles/scripted-model.js';
import { BIN } from '../../e2e/server-process.js';
import { Shell } from '../../e2e/shell.js';
import { npmPackages, packageBin } from '../packages.js';
import { pythonAvailable, pythonEnv } from '../python.js';

// One folder, in both tiny-agents and in hugwire: the same instructions reach the model, and the same tool runs.

const INSTRUCTIONS = 'You are the keeper of the lighthouse.';
const QUESTION = 'CALL hub_search {"query": "whisper"}';
const tinyAgents = await npmPackages('tiny-agents', { '@huggingface/tiny-agents': '0.3.4' });
const hasPython = pythonAvailable();

let hub: DemoHub;
let model: ScriptedModel;
let shell: Shell;
let folder: string;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 10_000, resolvers: 10_000, pages: 10_000 } });
  model = await startScriptedModel();
  shell = new Shell({ HF_ENDPOINT: hub.url });
  folder = join(shell.home, 'keeper');
  mkdirSync(folder);
  const env = { PATH: process.env.PATH, HF_ENDPOINT: hub.url, HUGWIRE_HOME: shell.home };
  const server = {
    type: 'stdio',
    command: process.execPath,
    args: [BIN],
    env,
    allowed_tools: ['hub_search', 'hub_read'],
  };
  const agent = {
    name: 'Keeper',
    model: 'scripted',
    provider: 'auto',
    endpointUrl: model.url,
    apiKey: 'a-key-of-the-model',
    servers: [server],
    hugwire: { tools: { hub_search: 'allow' }, memory: 'off', limits: { steps: 4 } },
  };
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(agent));
  writeFileSync(join(folder, 'AGENTS.md'), INSTRUCTIONS);
});
afterAll(async () => {
  await model.close();
  await hub.close();
  shell.remove();
});
beforeEach(() => {
  model.requests.length = 0;
});

const toolNames = () => model.requests[0]?.body.tools?.map(({ function: { name } }) => name).sort();

function expectSame(): void {
  const [first, second] = model.requests.map(({ body }) => body.messages);
  expect(JSON.stringify(first?.find(({ role }) => role === 'system'))).toContain(INSTRUCTIONS);
  const answer = second?.find(({ role }) => role === 'tool');
  expect(answer?.content).toContain('openai/whisper');
}

/** Asks at the prompt of a program, and waits until the model was told what the tool had found. */
async function ask(child: ChildProcess): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  try {
    await vi.waitFor(() => expect(said).toMatch(/> |Agent loaded/), { timeout: 90_000 });
    child.stdin?.write(`${QUESTION}\n`);
    await vi.waitFor(() => expect(model.requests.length, said).toBeGreaterThan(1), { timeout: 60_000 });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

describe('a folder of an assistant', () => {
  it('runs in hugwire', async () => {
    expect((await shell.run('assistants', 'add', folder, '--yes')).code).toBe(0);
    const env = { ...shell.env, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' };
    const paths = resolvePaths(env);
    const loaded = loadConfig(join(paths.config, 'config.json'));
    const runtime = createRuntime({ loaded, env, paths, log: () => {} });
    const { signal } = new AbortController();
    try {
      const { assistant, notes } = await openAssistant(loaded.path, 'keeper', { env });
      expect(notes).toEqual([]);
      const found = await findModel(assistant.model, { config: loaded.config, env, paths }, signal);
      const tools = hugwireTools(runtime, assistant);
      const { outcome } = await makeConversation({ model: found.model, assistant, tools }).say(QUESTION);
      expect(outcome.status).toBe('completed');
      expect(toolNames()).toEqual(['hub_read', 'hub_search']);
      expectSame();
    } finally {
      await runtime.close();
    }
  });

  it.skipIf(!tinyAgents)('runs in tiny-agents for JS', async () => {
    const bin = packageBin(tinyAgents as string, '@huggingface/tiny-agents', 'tiny-agents');
    await ask(spawn(process.execPath, [bin, 'run', folder], { env: shell.env, cwd: shell.home }));
    // It loads every tool, whatever the folder allows.
    expect(toolNames()).toEqual(expect.arrayContaining(['hub_read', 'hub_search']));
    expectSame();
  });

  it.skipIf(!hasPython)('runs in tiny-agents for Python', async () => {
    const python = await pythonEnv('tiny-agents', ['huggingface_hub[mcp]==2.4.0']);
    const start = 'from huggingface_hub.inference._mcp.cli import app; app()';
    await ask(
      spawn(python, ['-c', start, 'run', folder], { env: { ...shell.env, PYTHONUNBUFFERED: '1' }, cwd: shell.home }),
    );
    expect(toolNames()).toEqual(expect.arrayContaining(['hub_read', 'hub_search']));
    expectSame();
  });
});
