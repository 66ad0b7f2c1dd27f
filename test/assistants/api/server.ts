import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createApi } from '../../../src/assistants/api/index.js';
import type { AssistantTool } from '../../../src/assistants/tools.js';
import { takeTurn } from '../../../src/assistants/turn.js';
import type { Assistant } from '../../../src/assistants/types.js';
import type { CallerHost } from '../../../src/engine/narrow.js';
import type { Caller } from '../../../src/http/callers.js';
import { createMemoryState } from '../../../src/http/state/memory.js';
import type { State } from '../../../src/http/state/types.js';
import { ApprovalStore } from '../../../src/sessions/approvals.js';
import { Conversations } from '../../../src/sessions/conversations.js';
import { FileLogs } from '../../../src/sessions/logs.js';
import type { ToolContext } from '../../../src/tools/tool.js';
import { ASSISTANT, call, end, makeTool, scriptModel, text } from '../turn.js';

const OTHER: Assistant = { ...ASSISTANT, name: 'other', title: 'Another' };
const CONFIG = {
  assistants: { tools: {}, limits: {} },
  tools: { dryRun: false },
  spaces: { pinned: [] },
  files: { readFrom: [] },
};
const HOST: CallerHost = {
  tools: () => [],
  knownTools: () => [],
  context: (signal, progress) => ({ signal, progress, config: CONFIG }) as unknown as ToolContext,
};

/** The user of this machine, with a key that may approve. */
export const ADA: Caller = { owner: 'key:ada', name: 'ada', host: HOST, mayApprove: true };
/** Somebody with a key of their own. */
export const BOB: Caller = { owner: 'key:bob', name: 'bob', host: HOST };

interface Options {
  /** Of another instance of the same server. */
  shared?: { directory: string; state: State };
}

/**
 * The API in this process. Its model repeats what it is told, but: `CALL name` calls a tool, `WAIT` waits until `release`, `FAIL`
 * fails, `COUNT` tells how many messages of users it was sent, `HALF` fails in the middle.
 */
export function openApi({ shared }: Options = {}) {
  const directory = shared?.directory ?? mkdtempSync(join(tmpdir(), 'hugwire-api-'));
  const state = shared?.state ?? createMemoryState();
  const waiting: (() => void)[] = [];
  const { model, requests } = scriptModel(({ messages }) => {
    const last = messages.at(-1);
    const said = typeof last?.content === 'string' ? last.content : JSON.stringify(last?.content);
    const all = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    const name = /CALL (\w+)/.exec(said)?.[1];
    if (last?.role !== 'tool' && name) return [text('I will. '), call(name, { n: 1 }), end()];
    if (said.includes('WAIT')) {
      const wait = (signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        });
      return [text('Wait'), wait, text('ed'), end()];
    }
    if (said.includes('FAIL')) return [new Error('the model is broken')];
    if (said.includes('HALF')) return [text('Half'), new Error('the model is broken')];
    if (said.includes('COUNT')) return [text(String(all.join('|'))), end()];
    return [text('You said: '), text(said), end()];
  });
  const act = makeTool('act', { effect: 'write' });
  const look = makeTool('look');
  const tools: AssistantTool[] = [act.tool, look.tool];
  const secrets = async () => new Set<string>();
  const store = new Conversations({
    logs: new FileLogs(join(directory, 'conversations')),
    secrets,
    keepDays: () => 30,
  });
  const approvals = new ApprovalStore({ logs: new FileLogs(join(directory, 'approvals')), secrets });
  const api = createApi({
    assistants: {
      list: async () => [ASSISTANT, OTHER],
      find: async (name) => [ASSISTANT, OTHER].find((one) => one.name === name),
    },
    conversations: () => store,
    approvals,
    take: ({ host }, wish) =>
      takeTurn(
        {
          host,
          store,
          settings: () => CONFIG.assistants,
          findModel: async () => model,
          otherTools: async () => tools,
          approvals: ({ head: { id, owner, assistant } }) => approvals.of({ conversation: id, owner, assistant }),
        },
        wish,
      ),
    state,
    log: () => {},
  });
  opened.push({ close: () => api.close(), directory });
  /** Sends a request; a body makes it a POST. */
  const send = (path: string, body?: unknown, options: Sent = {}) => {
    const { caller = ADA, method = body === undefined ? 'GET' : 'POST', headers, signal } = options;
    return api.fetch(new Request(`http://localhost/v1${path}`, { method, headers, signal }), caller, body);
  };
  /** The same, and reads the answer. */
  const ask = async (path: string, body?: unknown, options?: Sent) => {
    const response = await send(path, body, options);
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  };
  const respond = (body: object, options?: Sent) => ask('/responses', { model: 'helper', ...body }, options);
  return { api, store, approvals, requests, waiting, act, look, send, ask, respond, shared: { directory, state } };
}

interface Sent {
  caller?: Caller;
  method?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The events of a stream; `[DONE]` is the last. */
export async function readStream(response: Response) {
  const blocks = (await response.text()).split('\n\n').filter(Boolean);
  return blocks.map((block) => {
    const data = /^data: (.*)$/m.exec(block)?.[1] ?? '';
    // biome-ignore lint/suspicious/noExplicitAny: the same
    return (data === '[DONE]' ? { type: data } : JSON.parse(data)) as any;
  });
}

const opened: { close(): Promise<void>; directory: string }[] = [];
afterEach(async () => {
  for (const { close, directory } of opened.splice(0)) {
    await close();
    rmSync(directory, { recursive: true, force: true });
  }
});
