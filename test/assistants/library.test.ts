import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDefinition } from '../../src/assistants/definition.js';
import {
  checkNewName,
  fetchAssistant,
  findAdded,
  hashLaunch,
  openAssistant,
  readDefinition,
  removeAssistants,
  saveAssistant,
  searchAssistants,
} from '../../src/assistants/library.js';
import { loadConfig } from '../../src/config/load.js';
import { resolvePaths } from '../../src/config/paths.js';
import { readAdded } from '../../src/engine/assistants.js';
import { createRuntime, type Runtime } from '../../src/engine/runtime.js';
import type { HubClient } from '../../src/hub/types.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { hasModes } from '../platform.js';

let home: string;
let config: string;
let world: DemoHub;
let runtime: Runtime;
let hub: HubClient;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-library-'));
  config = join(home, 'config.json');
  world = await startDemoHub({ closed: true });
  const env = {
    HUGWIRE_HOME: home,
    HF_ENDPOINT: world.url,
    HF_HOME: join(home, 'hf'),
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
  };
  runtime = createRuntime({ loaded: loadConfig(config), env, paths: resolvePaths(env), log: () => {} });
  hub = runtime.context(new AbortController().signal, () => {}).hub;
});
afterEach(async () => {
  await runtime.close();
  await world.close();
  rmSync(home, { recursive: true, force: true });
});

interface More {
  allowed?: string[];
  source?: object;
  prompt?: string;
  isFolder?: boolean;
}
const save = (name: string, agent: object, more: More = {}) => {
  const files = { 'agent.json': JSON.stringify(agent), 'AGENTS.md': more.prompt ?? 'p' };
  const definition = parseDefinition(files, home, name);
  const { allowed = [], source, isFolder } = more;
  return saveAssistant(config, { name, files, definition, allowed, source: source as never, isFolder });
};
const SOURCE = { repo: 'datasets/a/b', path: '', commit: 'c'.repeat(40) };
const input = (id: string) => `\${input:${id}}`;

describe('assistants on the Hub', () => {
  it.each([
    ['maya/paper-scout', 'datasets/maya/paper-scout', ''],
    ['datasets/maya/paper-scout', 'datasets/maya/paper-scout', ''],
    ['hf://datasets/maya/paper-scout', 'datasets/maya/paper-scout', ''],
    ['hf://datasets/maya/paper-scout@main/agent.json', 'datasets/maya/paper-scout', ''],
    ['maya/trail-guide', 'datasets/tiny-agents/tiny-agents', 'maya/trail-guide'],
    ['tiny-agents/tiny-agents/open-atlas/map-clerk', 'datasets/tiny-agents/tiny-agents', 'open-atlas/map-clerk'],
    [
      'datasets/tiny-agents/tiny-agents/tree/main/open-atlas/map-clerk',
      'datasets/tiny-agents/tiny-agents',
      'open-atlas/map-clerk',
    ],
  ])('are found as %s, at a commit', async (word, repo, path) => {
    const { source, files } = await fetchAssistant(word, hub);
    expect(source).toEqual({ repo, path, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(files['agent.json']).toContain('servers');
  });

  it('are told of where there are none, with where was looked', async () => {
    await expect(fetchAssistant('maya/trail-signs', hub)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(
        /no agent\.json in the repository maya\/trail-signs, or in datasets\/tiny-agents\/tiny-agents\/maya\/trail-signs/,
      ),
    });
    await expect(fetchAssistant('nobody/nothing', hub)).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('assistants search'),
    });
    await expect(fetchAssistant('papers/2407.21783', hub)).rejects.toMatchObject({ code: 'invalid_arguments' });
  });

  it('are searched by all words of their id, title and description', async () => {
    const find = async (...words: string[]) => (await searchAssistants(words, 10, hub)).map(({ id }) => id);
    expect((await find()).sort()).toEqual(['maya/paper-scout', 'maya/trail-guide', 'open-atlas/map-clerk']);
    expect(await find('trail signs')).toEqual(['maya/trail-guide']);
    expect(await find('MAYA', 'papers')).toEqual(['maya/paper-scout']);
    expect(await find('nothing')).toEqual([]);
    expect(await searchAssistants(['map-clerk'], 10, hub)).toMatchObject([
      { servers: 1, model: 'Qwen/Qwen2.5-72B-Instruct' },
    ]);
  });
});

describe('assistants that were added', () => {
  it('are kept as a folder and a record, for the user alone', async () => {
    await save('helper', { name: 'Hub helper', description: 'Finds' });
    expect(readdirSync(join(home, 'assistants', 'helper')).sort()).toEqual(['AGENTS.md', 'agent.json']);
    if (hasModes) expect(statSync(join(home, 'assistants', 'helper', 'AGENTS.md')).mode & 0o777).toBe(0o600);
    expect(readAdded(config)).toMatchObject([
      { name: 'helper', title: 'Hub helper', description: 'Finds', servers: {} },
    ]);
    await removeAssistants(config, ['helper']);
    expect(readdirSync(join(home, 'assistants'))).toEqual([]);
    expect(readAdded(config)).toEqual([]);
  });

  it('lose none to each other when several are added at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, at) => save(`a${at}`, {})));
    expect(readAdded(config)).toHaveLength(8);
  });

  it('are written through no link that stands in their place', async () => {
    const target = join(home, 'other');
    writeFileSync(target, 'mine');
    mkdirSync(join(home, 'assistants', 'helper'), { recursive: true });
    symlinkSync(target, join(home, 'assistants', 'helper', 'AGENTS.md'));
    await save('helper', {});
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });

  it('have names that are free, and are found by them', async () => {
    await save('helper', {});
    expect(checkNewName(config, 'other')).toBe('other');
    for (const name of ['helper', 'hugwire', '../x', 'A', '', 'a/b', '.a', 'a.', 'x'.repeat(65)]) {
      expect(() => checkNewName(config, name)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
    }
    expect(() => findAdded(config, 'helpr')).toThrow(/Did you mean helper\?/);
  });

  it("of somebody else's are not opened once their files are other than was agreed to; one's own are", async () => {
    await save('theirs', {}, { source: SOURCE });
    await save('own', {});
    await expect(openAssistant(config, 'theirs', { env: {} })).resolves.toMatchObject({
      assistant: { isShared: true },
    });
    for (const name of ['theirs', 'own']) writeFileSync(join(home, 'assistants', name, 'AGENTS.md'), 'changed');
    await expect(openAssistant(config, 'theirs', { env: {} })).rejects.toMatchObject({
      code: 'blocked',
      hint: expect.stringContaining('refresh theirs'),
    });
    await expect(openAssistant(config, 'own', { env: {} })).resolves.toMatchObject({
      assistant: { isShared: false, instructions: 'changed' },
    });
  });

  it('that came from a folder can only narrow what the config allows, whatever is edited in them', async () => {
    await save('given', {}, { isFolder: true });
    await save('given', {});
    const { assistant } = await openAssistant(config, 'given', { env: {} });
    expect(assistant.isShared).toBe(true);
  });

  it('say which record cannot be used, and where', () => {
    writeFileSync(join(home, 'assistants.lock.json'), '{');
    expect(() => readAdded(config)).toThrow(/assistants\.lock\.json is not a record of hugwire/);
  });

  it('have the words of their record cleaned, and names that are folders', () => {
    const entry = { hash: '', servers: {}, title: 'a\u202Eb\nc' };
    writeFileSync(
      join(home, 'assistants.lock.json'),
      JSON.stringify({ version: 1, assistants: { good: entry, '../bad': entry, none: 3 } }),
    );
    expect(readAdded(config)).toMatchObject([{ name: 'good', title: 'ab c' }]);
  });
});

describe('an assistant that is opened', () => {
  const agent = {
    apiKey: input('model-key'),
    servers: [
      { name: 'files', command: 'npx', args: ['files'], env: { KEY: input('files-key') } },
      { name: 'web', url: 'http://127.0.0.1:9/mcp' },
    ],
  };

  it('has only the servers that were allowed, and as they were allowed', async () => {
    await save('helper', agent, { allowed: ['web'] });
    const opened = await openAssistant(config, 'helper', { env: { MODEL_KEY: 'm' } });
    expect(opened.assistant.servers.map(({ name }) => name)).toEqual(['web']);
    expect(opened.notes).toEqual([expect.stringContaining('hugwire assistants allow helper files')]);
    // The same name, another program: a yes holds for what was shown.
    const changed = { ...agent, servers: [agent.servers[0], { name: 'web', command: 'sh', args: ['-c', 'evil'] }] };
    writeFileSync(join(home, 'assistants', 'helper', 'agent.json'), JSON.stringify(changed));
    expect((await openAssistant(config, 'helper', { env: { MODEL_KEY: 'm' } })).assistant.servers).toEqual([]);
  });

  it('asks for what it uses alone, and keeps it nowhere', async () => {
    await save('helper', agent, { allowed: ['files'] });
    const asked: string[] = [];
    const ask = async ({ id }: { id: string }) => {
      asked.push(id);
      return `told-${id}`;
    };
    const { assistant } = await openAssistant(config, 'helper', { env: { FILES_KEY: 'from-env' }, ask });
    expect(asked).toEqual(['model-key']);
    expect(assistant.model.apiKey).toBe('told-model-key');
    expect(assistant.servers).toMatchObject([{ launch: { env: { KEY: 'from-env' } } }]);
    const kept = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join();
    expect(kept).not.toMatch(/told-|from-env/);
  });

  it('goes without what needs an input that nobody tells', async () => {
    await save('helper', agent, { allowed: ['files', 'web'] });
    const { assistant, notes } = await openAssistant(config, 'helper', { env: {} });
    expect(assistant.servers.map(({ name }) => name)).toEqual(['web']);
    expect(assistant.model.apiKey).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining('MODEL_KEY'), expect.stringContaining('FILES_KEY')]);
  });

  it('takes no token of the Hub from the environment, whatever it calls it', async () => {
    const greedy = {
      apiKey: input('hf-token'),
      servers: [{ name: 'web', url: 'http://127.0.0.1:9', headers: { A: input('other') } }],
    };
    await save('greedy', greedy, { allowed: ['web'], source: SOURCE });
    const token = `hf_${'a'.repeat(34)}`;
    const { assistant } = await openAssistant(config, 'greedy', { env: { HF_TOKEN: token, OTHER: token } });
    expect(JSON.stringify(assistant)).not.toContain('hf_');
    expect(assistant.servers).toEqual([]);
  });

  it('is the built-in one where its name is hugwire', async () => {
    await expect(openAssistant(config, 'hugwire', { env: {} })).resolves.toMatchObject({
      assistant: { name: 'hugwire', isShared: false },
      notes: [],
    });
  });
});

it('a yes to a server stands for every word of how it is launched, in whatever order', () => {
  const hash = (launch: object) => hashLaunch({ launch } as never);
  const base = { type: 'stdio', command: 'npx', args: ['a'], env: { A: '1', B: '2' } };
  expect(hash({ args: ['a'], env: { B: '2', A: '1' }, command: 'npx', type: 'stdio' })).toBe(hash(base));
  for (const other of [{ args: ['a', 'b'] }, { args: ['a '] }, { command: 'npx ' }, { env: { A: '1' } }, { cwd: '/' }])
    expect(hash({ ...base, ...other })).not.toBe(hash(base));
});

it('a definition that was saved reads as it was', async () => {
  await save('helper', { name: 'x', hugwire: { memory: 'read' } });
  await expect(readDefinition(config, findAdded(config, 'helper'))).resolves.toMatchObject({
    assistant: { name: 'helper', memory: 'read' },
  });
});
