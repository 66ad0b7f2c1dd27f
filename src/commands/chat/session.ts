import { responseId } from '../../assistants/api/turns.js';
import { describeResponse, isOutput, showResponse, textOf } from '../../assistants/api/wire.js';
import { openRequests, permissionFor } from '../../assistants/consent.js';
import { askForSummary } from '../../assistants/context.js';
import { type FoundModel, findModel } from '../../assistants/find-model.js';
import type { ToolServers } from '../../assistants/servers.js';
import { hugwireTools } from '../../assistants/tools.js';
import { createTurnHost, type TurnHost, takeTurn } from '../../assistants/turn.js';
import type { Assistant, ModelChoice, Permission, TurnEvent, TurnOutcome } from '../../assistants/types.js';
import { approvalsDirectory, conversationsDirectory, type Paths } from '../../config/paths.js';
import type { CallerHost } from '../../engine/narrow.js';
import type { RunningService } from '../../engine/service.js';
import { HugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { cleanLine, quote } from '../../lib/text.js';
import { ApprovalStore } from '../../sessions/approvals.js';
import { Conversations, LOCAL_OWNER } from '../../sessions/conversations.js';
import {
  type ApprovalRequestItem,
  type ContentPart,
  type Conversation,
  type ConversationInfo,
  type Item,
  newId,
  type StoredResponse,
  type ToolCallItem,
} from '../../sessions/items.js';
import { FileLogs } from '../../sessions/logs.js';
import { readThread, type Thread } from '../../sessions/thread.js';
import type { Answer, Question } from '../../tools/tool.js';
import type { ServeOptions } from '../serve.js';

export interface ChatOptions extends Pick<ServeOptions, 'env' | 'paths'> {
  service: RunningService;
  /** The other MCP servers of the assistant, which its first turn starts. */
  servers: ToolServers;
  assistant: Assistant;
  /** `-m`: another model than the assistant's own. */
  model?: string;
  /** Whether the user lets the router have their token; missing where nobody can be asked. */
  mayUseRouter?(source: string): Promise<boolean>;
}

/** What a turn needs of whoever looks on. */
export interface Onlooker {
  signal: AbortSignal;
  onEvent(event: TurnEvent): void;
  /** Asks the user; missing where they are not there: what they must agree to then waits for them. */
  ask?(question: Question, call: ToolCallItem): Promise<Answer>;
}

/** What a turn came to. */
export interface Said {
  outcome: TurnOutcome;
  response: StoredResponse;
  output: Item[];
}

/** Another turn of the conversation, such as one over the API, is waited for so long. */
const WAIT_MS = 30_000;

/** A conversation with an assistant, by the user of this machine. */
export class Chat {
  readonly assistant: Assistant;
  readonly store: Conversations;
  #choice: ModelChoice;
  /** What the user allows until they leave. */
  #allowed: Record<string, Permission> = {};
  readonly #options: ChatOptions;
  readonly #approvals: ApprovalStore;
  readonly #turns: TurnHost;
  #conversation?: Conversation;

  constructor(options: ChatOptions) {
    const { service, servers, env, paths, assistant, model, mayUseRouter } = options;
    this.#options = options;
    this.assistant = assistant;
    this.#choice = model === undefined ? assistant.model : { ...assistant.model, model };
    const secrets = () => service.secrets?.() ?? Promise.resolve(new Set<string>());
    const keepDays = () => service.context(new AbortController().signal, () => {}).config.sessions.keepDays;
    this.store = new Conversations({ logs: new FileLogs(conversationsDirectory(paths)), secrets, keepDays });
    this.#approvals = new ApprovalStore({ logs: new FileLogs(approvalsDirectory(paths)), secrets });
    const { store } = this;
    this.#turns = createTurnHost({
      host: this.#host(),
      env,
      paths,
      store,
      approvals: this.#approvals,
      mayUseRouter,
      otherTools: (assistant, signal) => servers.tools(assistant, signal),
    });
  }

  /** The service, without a line of the log for every call: the screen shows them. */
  #host(): CallerHost {
    return { ...this.#options.service, onCall: undefined };
  }

  #config() {
    return this.#host().context(new AbortController().signal, () => {}).config;
  }

  /** The id of the conversation; undefined while nothing was said. */
  get id(): string | undefined {
    return this.#conversation?.head.id;
  }

  /** The assistant, with what the user has chosen since. */
  #asChosen(): Assistant {
    const { assistant } = this;
    return { ...assistant, model: this.#choice, tools: { ...assistant.tools, ...this.#allowed } };
  }

  /** Goes on with a conversation. */
  async resume(id: string): Promise<void> {
    this.#conversation = await this.store.open(id, LOCAL_OWNER);
  }

  /** Begins another conversation with what is said next. */
  begin(): void {
    this.#conversation = undefined;
  }

  /** Finds the model that answers. @param name another one from now on */
  async findModel(signal: AbortSignal, name?: string): Promise<FoundModel> {
    const { env, paths, mayUseRouter } = this.#options;
    const choice = name === undefined ? this.#choice : { ...this.assistant.model, model: name };
    const found = await findModel(choice, { config: this.#config(), env, paths, mayUseRouter }, signal);
    this.#choice = choice;
    return found;
  }

  /** What was said so far. */
  async thread(): Promise<Thread> {
    return readThread((await this.#conversation?.read()) ?? []);
  }

  /** The tools, with what the assistant may do with each. */
  tools(): { name: string; permission: Permission }[] {
    const assistant = this.#asChosen();
    return hugwireTools(this.#host(), assistant).map((tool) => ({
      name: tool.name,
      permission: permissionFor(tool, assistant, this.#config().assistants.tools),
    }));
  }

  /**
   * Lets a tool that runs something go without a question until the user leaves.
   * @throws HugwireError for one that does not exist, writes, or that the user may not be spared
   */
  allow(name: string): void {
    const tool = hugwireTools(this.#host(), this.assistant).find((one) => one.name === name);
    const names = this.tools().map((one) => one.name);
    if (!tool) {
      throw new HugwireError('invalid_arguments', `There is no tool ${JSON.stringify(name.slice(0, 60))}.`, {
        hint: `There are: ${names.join(', ')}.`,
      });
    }
    if (tool.effect === 'write') {
      throw new HugwireError('invalid_arguments', `${name} changes things: it asks each time.`, {
        hint: '`hugwire config set write.allow` names repositories that need no question.',
      });
    }
    this.#allowed = { ...this.#allowed, [name]: 'allow' };
  }

  /** The requests that wait for a yes or no. */
  async waiting(): Promise<ApprovalRequestItem[]> {
    const { items } = await this.thread();
    return [...openRequests(items.map(({ item }) => item)).values()];
  }

  /** Says something. */
  say(content: ContentPart[], onlooker: Onlooker): Promise<Said> {
    return this.#take([{ type: 'message', id: newId('msg'), status: 'completed', role: 'user', content }], onlooker);
  }

  /** Decides on what waits, and lets the assistant go on. */
  async decide(requests: readonly ApprovalRequestItem[], approve: boolean, onlooker: Onlooker): Promise<Said> {
    const items = requests.map(({ id }): Item => {
      return { type: 'mcp_approval_response', id: newId('mcpa'), approval_request_id: id, approve };
    });
    return this.#take(items, { ...onlooker, ask: undefined });
  }

  async #take(input: readonly Item[], { signal, onEvent, ask }: Onlooker): Promise<Said> {
    this.#conversation ??= await this.store.create({ owner: LOCAL_OWNER, assistant: this.assistant.name });
    const conversation = this.#conversation;
    const id = responseId(conversation.head.id);
    const shown = describeResponse(
      id,
      { model: this.assistant.name, conversation: conversation.head.id },
      conversation.head.id,
    );
    const output: Item[] = [];
    const wish = {
      assistant: this.#asChosen(),
      conversation,
      input,
      response: { id, status: 'in_progress' as const, model: this.assistant.name, shown },
      canWait: ask === undefined,
      signal,
      ask,
      onEvent(event: TurnEvent) {
        if (event.type === 'item.done' && isOutput(event.item)) output.push(event.item);
        onEvent(event);
      },
    };
    const turn = await conversation.exclusively(() => takeTurn(this.#turns, wish), WAIT_MS);
    return { ...turn, output };
  }

  /**
   * Takes the last turn back: it is shown and sent no more.
   * @returns what the user had said; undefined where there is nothing to take back
   */
  async undo(): Promise<string | undefined> {
    const { items, responses } = await this.thread();
    const last = [...responses.keys()].at(-1);
    if (last === undefined || !this.#conversation) return undefined;
    const words = items
      .filter(({ response, isInput }) => response === last && isInput)
      .map(({ item }) => wordsOf(item))
      .join('\n');
    await this.#conversation.append([{ type: 'removed', response: last }]);
    return words;
  }

  /**
   * Has the model summarise all that was said, and keeps it: the model is sent the summary in its place from now on.
   * @returns undefined where nothing was said since the last one
   */
  async summarise(signal: AbortSignal): Promise<string | undefined> {
    const { items, summary } = await this.thread();
    const since = items.filter(({ seq }) => seq > (summary?.upTo ?? 0));
    const last = since.at(-1);
    if (!last || !this.#conversation) return undefined;
    const { model } = await this.findModel(signal);
    const { contextLength } = await model.info(signal);
    let text = '';
    const request = askForSummary(
      since.map(({ item }) => item),
      summary?.text,
      contextLength,
    );
    for await (const piece of model.stream(request, signal)) if (piece.type === 'text') text += piece.text;
    if (text.trim() === '') return undefined;
    await this.#conversation.append([{ type: 'summary', upTo: last.seq, text: text.trim() }]);
    return text.trim();
  }
}

/**
 * Finds a conversation of the user's.
 * @param paths hugwire's directories
 * @param wanted the beginning of an id, else the last one; of one assistant, where that is said
 * @returns undefined where there is none at all
 * @throws HugwireError `not_found` for an id that there is not; `invalid_arguments` for one that several begin with
 */
export async function findConversation(
  paths: Paths,
  wanted: { id?: string; assistant?: string },
): Promise<ConversationInfo | undefined> {
  const store = new Conversations({
    logs: new FileLogs(conversationsDirectory(paths)),
    secrets: async () => new Set(),
  });
  const all = await store.list({ owner: LOCAL_OWNER });
  const { id, assistant } = wanted;
  if (id === undefined) return all.find((one) => assistant === undefined || one.assistant === assistant);
  const exact = all.find((one) => one.id === id);
  const begun = all.filter((one) => one.id.startsWith(id) || one.id.startsWith(`conv_${id}`));
  if (exact || begun.length === 1) return exact ?? begun[0];
  if (begun.length > 1) {
    throw new HugwireError(
      'invalid_arguments',
      `${plural(begun.length, 'conversation')} begin with ${quote(cleanLine(id, 80))}.`,
      {
        hint: 'Give more of the id.',
      },
    );
  }
  throw new HugwireError('not_found', `There is no conversation ${quote(cleanLine(id, 80))}.`, {
    hint: '`hugwire chat --continue` goes on with the last one.',
  });
}

/** What a person said, without what hugwire put with it. */
export function wordsOf(item: Item): string {
  if (item.type !== 'message') return '';
  const [first] = item.content;
  return first?.type === 'input_text' || first?.type === 'output_text' ? first.text : '';
}

/** The response object, as the API gives it. */
export function toJson({ response, output }: Said): Record<string, unknown> {
  return { ...showResponse(response, output), output_text: textOf(output) };
}
