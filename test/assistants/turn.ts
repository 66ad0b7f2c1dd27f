import { type Approvals, type Decision, runTurn, type TurnOptions } from '../../src/assistants/loop.js';
import type { AssistantTool } from '../../src/assistants/tools.js';
import type { Assistant, Model, ModelPiece, ModelRequest, TurnEvent } from '../../src/assistants/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import {
  type ApprovalRequestItem,
  type ConversationLine,
  type Item,
  type NewLine,
  newId,
} from '../../src/sessions/items.js';
import { readThread } from '../../src/sessions/thread.js';

type Reply = ModelPiece | Error | ((signal: AbortSignal) => Promise<void>);

/** A model that says what a script tells it to, and notes what it was asked. */
export function scriptModel(
  script: (request: ModelRequest, count: number) => readonly Reply[],
  info: Awaited<ReturnType<Model['info']>> = {},
) {
  const requests: ModelRequest[] = [];
  const model: Model = {
    id: 'scripted',
    where: 'this test',
    info: async () => info,
    async *stream(request, signal) {
      requests.push(structuredClone(request) as ModelRequest);
      for (const reply of script(request, requests.length)) {
        signal.throwIfAborted();
        if (reply instanceof Error) throw reply;
        if (typeof reply === 'function') await reply(signal);
        else yield reply;
      }
    },
  };
  return { model, requests };
}

export const text = (words: string): ModelPiece => ({ type: 'text', text: words });
export const call = (name: string, args: unknown = {}): ModelPiece => ({
  type: 'call',
  id: `call_${Math.random().toString(36).slice(2)}`,
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
});
export const end = (input = 10, output = 5): ModelPiece => ({
  type: 'end',
  finish: 'stop',
  usage: { input, output, cached: 0, reasoning: 0 },
});

export const ASSISTANT: Assistant = {
  name: 'helper',
  instructions: 'Help.',
  model: {},
  isShared: false,
  tools: {},
  memory: 'off',
  limits: {},
  examples: [],
  servers: [],
};

/** A tool that notes what it was called with. */
export function makeTool(name: string, more: Partial<AssistantTool> = {}) {
  const calls: Record<string, unknown>[] = [];
  const tool: AssistantTool = {
    name,
    description: name,
    parameters: { type: 'object' },
    server: 'hugwire',
    effect: 'read',
    asksItself: false,
    bringsText: false,
    grantFor: () => undefined,
    async run(args) {
      calls.push(args);
      return { text: `answer of ${name} ${calls.length}` };
    },
    ...more,
  };
  return { tool, calls };
}

/** Requests for approval, in memory. */
export class MemoryApprovals implements Approvals {
  readonly asked = new Map<string, ApprovalRequestItem>();
  readonly decisions = new Map<string, Decision>();
  readonly used = new Set<string>();
  async ask(request: ApprovalRequestItem) {
    this.asked.set(request.id, request);
  }
  async decided(id: string) {
    return this.decisions.get(id) ?? (this.asked.has(id) ? 'waiting' : 'gone');
  }
  async decide(id: string, decision: Decision) {
    if (this.decisions.has(id)) throw new HugwireError('invalid_arguments', 'decided already');
    this.decisions.set(id, decision);
  }
  async use(id: string) {
    const isFirst = !this.used.has(id);
    this.used.add(id);
    return isFirst;
  }
}

/** A conversation whose log is in memory. */
export function makeConversation(given: Partial<TurnOptions> & Pick<TurnOptions, 'model'>) {
  const lines: ConversationLine[] = [];
  const keep = async (added: readonly NewLine[]) => {
    for (const line of added)
      lines.push({ ...structuredClone(line), seq: lines.length + 1, time: 0 } as ConversationLine);
  };
  const say = async (input: string | Item[], more: Partial<TurnOptions> = {}) => {
    const events: TurnEvent[] = [];
    const items: Item[] = typeof input === 'string' ? [userMessage(input)] : input;
    const outcome = await runTurn({
      assistant: ASSISTANT,
      tools: [],
      permissions: {},
      signal: new AbortController().signal,
      ...given,
      ...more,
      thread: readThread(lines),
      input: items,
      keep,
      onEvent: (event) => events.push(structuredClone(event)),
    });
    return { outcome, events, items: readThread(lines).items.map(({ item }) => item) };
  };
  return { say, lines, items: () => readThread(lines).items.map(({ item }) => item) };
}

const userMessage = (words: string): Item => ({
  type: 'message',
  id: newId('msg'),
  status: 'completed',
  role: 'user',
  content: [{ type: 'input_text', text: words }],
});

export const approve = (id: string, yes = true): Item => ({
  type: 'mcp_approval_response',
  id: newId('mcpa'),
  approval_request_id: id,
  approve: yes,
});
