import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeTurn } from '../../src/assistants/turn.js';
import { listCommand } from '../../src/commands/sessions/list.js';
import { showCommand } from '../../src/commands/sessions/show.js';
import { loadConfig } from '../../src/config/load.js';
import { approvalsDirectory, configPath, conversationsDirectory, resolvePaths } from '../../src/config/paths.js';
import { createService, type RunningService } from '../../src/engine/service.js';
import { ApprovalStore } from '../../src/sessions/approvals.js';
import { Conversations } from '../../src/sessions/conversations.js';
import { describeSession, listNames } from '../../src/sessions/directory.js';
import type { Entry } from '../../src/sessions/entries.js';
import { openHistory } from '../../src/sessions/history.js';
import { type Conversation, type Item, newId } from '../../src/sessions/items.js';
import { FileLogs } from '../../src/sessions/logs.js';
import { sessionFile, sessionsDirectory } from '../../src/sessions/names.js';
import { readEntries } from '../../src/sessions/reader.js';
import { history as historyTool } from '../../src/tools/history.js';
import { ASSISTANT, call, end, makeTool, scriptModel, text } from './turn.js';

const TOKEN = `hf_${'Ab3'.repeat(12)}`;
let home: string;
let service: RunningService;
let approvals: ApprovalStore;
let store: Conversations;
let conversation: Conversation;
let directory: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-turns-'));
  const env = { HUGWIRE_HOME: home, HF_HUB_OFFLINE: '1' };
  const paths = resolvePaths(env);
  directory = sessionsDirectory(paths.state);
  service = createService({ loaded: loadConfig(configPath(paths.config)), env, paths, log: () => {} });
  const secrets = async () => new Set<string>();
  approvals = new ApprovalStore({ logs: new FileLogs(approvalsDirectory(paths)), secrets });
  store = new Conversations({ logs: new FileLogs(conversationsDirectory(paths)), secrets });
  conversation = await store.create({ owner: 'local', assistant: 'helper', id: 'lead-42' });
});
afterEach(async () => {
  await service.close();
  await service.end('done');
  rmSync(home, { recursive: true, force: true });
});

async function turn(input: readonly Item[], model: ReturnType<typeof scriptModel>['model'], tool = other()) {
  return takeTurn(
    {
      host: service,
      settings: () => ({ tools: {}, limits: {} }),
      store,
      findModel: async () => model,
      otherTools: async () => [tool],
      approvals: ({ head }) => approvals.of({ conversation: head.id, owner: head.owner, assistant: head.assistant }),
    },
    {
      assistant: ASSISTANT,
      conversation,
      input,
      response: { id: newId('resp'), status: 'in_progress', model: '' },
      canWait: true,
      signal: new AbortController().signal,
      onEvent: () => {},
    },
  );
}

const other = () => makeTool('send_mail', { server: 'mail', effect: 'write' }).tool;
const user = (words: string): Item => ({
  type: 'message',
  id: newId('msg'),
  status: 'completed',
  role: 'user',
  content: [{ type: 'input_text', text: words }],
});

async function readAll(): Promise<Entry[]> {
  const entries: Entry[] = [];
  const [name] = await listNames(directory);
  for await (const entry of readEntries(sessionFile(directory, name?.id ?? ''))) entries.push(entry);
  return entries;
}

it('records what was said, called, agreed to and used, by conversation and turn', async () => {
  const { model } = scriptModel(
    (_, count) =>
      [
        [text('Let me look.'), call('hub_whoami'), end(100, 10)],
        [call('send_mail', { to: 'ada', text: 'hi' }), end(120, 10)],
        [text('Sent.'), end(150, 5)],
      ][count - 1] ?? [end()],
    { contextLength: 100_000 },
  );
  const first = await turn([user(`Who am I? ${TOKEN}`)], model);
  const [waiting] = await approvals.list();
  if (!waiting) throw new Error('nothing waits');
  await approvals.decide(waiting, { approve: true }, 'key:boss');
  const second = await turn([user('Go on')], model);
  expect([first.outcome.status, second.outcome.status]).toEqual(['completed', 'completed']);
  await service.end('done');

  const entries = (await readAll()).filter(({ conversation: id }) => id === 'lead-42');
  const told = entries.map((entry) => [
    entry.type,
    'tool' in entry ? entry.tool : 'kind' in entry ? entry.kind : 'text' in entry ? entry.text : '',
  ]);
  expect(told).toEqual([
    ['HumanMessage', 'Who am I? [token]'],
    ['AssistantMessage', 'Let me look.'],
    ['FunctionCall', 'hub_whoami'],
    ['FunctionResponse', 'hub_whoami'],
    ['ToolMessage', 'approval'],
    ['ToolMessage', 'usage'],
    ['HumanMessage', 'Go on'],
    ['FunctionCall', 'send_mail'],
    ['FunctionResponse', 'send_mail'],
    ['AssistantMessage', 'Sent.'],
    ['ToolMessage', 'usage'],
  ]);
  const [one, two] = [first.response.id, second.response.id];
  expect(entries.map(({ response }) => response)).toEqual([...Array(6).fill(one), ...Array(5).fill(two)]);
  expect(entries[4]).toMatchObject({ data: { id: waiting.id, tool: 'send_mail', arguments: { to: 'ada' } } });
  expect(entries[5]).toMatchObject({
    text: expect.stringContaining('tokens'),
    data: { input: 220, output: 20, tokens: 240, window: 100_000, status: 'completed' },
  });

  // The list, the whole session and the history show it.
  const [name] = await listNames(directory);
  if (!name) throw new Error('nothing was recorded');
  expect(await describeSession(directory, name)).toMatchObject({ calls: 2, failed: 0, messages: 4, tokens: 395 });
  const place = { directory, style: pc.createColors(false), now: new Date() };
  expect((await listCommand({}, place)).text).toMatch(/said[^\n]*\n.*4 messages, 395 tokens/);
  let shown = '';
  for await (const piece of showCommand(name.id, {}, { ...place, note: () => {} })) shown += piece;
  expect(shown.match(/conversation lead-42/g)).toHaveLength(1);
  expect(shown).toContain('assistant Sent.');
  expect(shown).toContain('2 calls, 4 messages, 395 tokens');
  const history = openHistory(directory, name.id, async () => {});
  const found = await historyTool.run({ limit: 10 } as never, { history } as never);
  expect(found.text).toContain('in lead-42 send_mail');
});

it('counts what was said in a session that was killed, too', async () => {
  const { model } = scriptModel(() => [text('Hello.'), end(30, 3)]);
  await turn([user('Hi')], model);
  service.settleNow();
  const [name] = await listNames(directory);
  expect(name && (await describeSession(directory, name))).toMatchObject({ messages: 2, tokens: 33, calls: 0 });
});

it('records how a turn failed, and takes one also where nothing is recorded', async () => {
  await turn([user('Hi')], scriptModel(() => [new Error('no such model')]).model);
  service.settleNow();
  expect((await readAll()).at(-1)).toMatchObject({ kind: 'usage', text: expect.stringContaining('no such model') });
  const { model } = scriptModel(() => [text('Hello.'), end()]);
  service = { ...service, recordTurn: undefined };
  expect((await turn([user('Hi')], model)).outcome.status).toBe('completed');
});
