import { createHash } from 'node:crypto';
import * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { parseJsonObject } from '../lib/json.js';
import { cleanLine, quote } from '../lib/text.js';
import { waitAtMost } from '../lib/time.js';
import {
  type Conversation,
  type ConversationHead,
  type ConversationInfo,
  type ConversationLine,
  type ConversationStore,
  type Item,
  newId,
  type StoredResponse,
  type Usage,
} from './items.js';
import { takeSecretsOut } from './journal.js';
import type { LogInfo, Logs } from './logs.js';
import { readThread } from './thread.js';

const count = z.number().min(0);
const moment = z.number().min(0);
const usage = z.looseObject({ input: count, cached: count, output: count, reasoning: count });
const context = z.looseObject({ used: count, window: count.optional() });
const status = z.enum(['in_progress', 'completed', 'incomplete', 'failed']);
const step = z.number().optional();
const metadata = z.record(z.string(), z.string());

const part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('input_text'), text: z.string() }),
  z.looseObject({ type: z.literal('input_image'), image_url: z.string(), detail: z.string().optional() }),
  z.looseObject({
    type: z.literal('input_file'),
    filename: z.string().optional(),
    file_data: z.string().optional(),
    file_url: z.string().optional(),
    file_id: z.string().optional(),
  }),
  z.looseObject({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: z.array(z.unknown()),
    logprobs: z.array(z.unknown()),
  }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

const named = { id: z.string(), name: z.string(), arguments: z.string() };
const item: z.ZodType<Item> = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('message'),
    id: z.string(),
    status,
    role: z.enum(['user', 'assistant', 'developer', 'system']),
    content: z.array(part),
  }),
  z.looseObject({
    type: z.literal('mcp_call'),
    ...named,
    server_label: z.string(),
    output: z.string().nullable(),
    error: z.string().nullable(),
    status,
    approval_request_id: z.string().nullable(),
    images: z.array(z.string()).optional(),
    step,
  }),
  z.looseObject({ type: z.literal('function_call'), ...named, call_id: z.string(), status, step }),
  z.looseObject({
    type: z.literal('function_call_output'),
    id: z.string(),
    call_id: z.string(),
    output: z.union([z.string(), z.array(part)]),
    status,
  }),
  z.looseObject({
    type: z.literal('mcp_approval_request'),
    ...named,
    server_label: z.string(),
    message: z.string().optional(),
    digest: z.string().optional(),
    after: z.string().optional(),
    step,
  }),
  z.looseObject({
    type: z.literal('mcp_approval_response'),
    id: z.string(),
    approval_request_id: z.string(),
    approve: z.boolean(),
    reason: z.string().optional(),
  }),
]);

const response: z.ZodType<StoredResponse> = z.looseObject({
  id: z.string(),
  previous: z.string().optional(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  model: z.string(),
  usage: usage.optional(),
  context: context.optional(),
  endedAt: moment.optional(),
  error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  reason: z.string().optional(),
  shown: z.record(z.string(), z.unknown()).optional(),
});

const anyLine = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('conversation'),
    version: z.literal(1),
    id: z.string(),
    owner: z.string(),
    assistant: z.string(),
    createdAt: moment,
    metadata,
  }),
  z.looseObject({
    type: z.literal('item'),
    time: moment,
    item,
    response: z.string().optional(),
    isInput: z.boolean().optional(),
  }),
  z.looseObject({ type: z.literal('response'), time: moment, response }),
  z.looseObject({ type: z.literal('summary'), time: moment, upTo: count, text: z.string() }),
  z.looseObject({ type: z.literal('metadata'), time: moment, metadata }),
  z.looseObject({
    type: z.literal('removed'),
    time: moment,
    item: z.string().optional(),
    response: z.string().optional(),
  }),
  z.looseObject({ type: z.literal('granted'), time: moment, key: z.string() }),
]);

/**
 * Reads one line of a log. Others than hugwire may have written there, so every field is checked.
 * @returns undefined for a line that was cut off, or whose type is not known
 */
function readLine(text: string, seq: number): ConversationLine | undefined {
  const value = parseJsonObject(text);
  // What it says of its place does not count.
  return anyLine.safeParse(value).success ? ({ ...value, seq } as ConversationLine) : undefined;
}

const MAX_ID = 256;
/** Conversations that are read side by side. */
const AT_ONCE = 16;
const TITLE = 80;
/** Conversations of which it is remembered what was told. */
const MAX_TOLD = 10_000;
const DAY_MS = 86_400_000;
const PRUNE_EVERY_MS = DAY_MS / 24;
/** What the user of this machine owns. */
export const LOCAL_OWNER = 'local';

const hash = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);
const prefixOf = (owner: string): string => `${hash(owner, 16)}-`;
/** Nothing that a caller invents gets into it. */
const nameOf = ({ id, owner }: { id: string; owner: string }): string => `${prefixOf(owner)}${hash(id, 32)}`;

const describeId = (id: string): string => quote(cleanLine(id, 60));

export interface ConversationsOptions {
  logs: Logs;
  /** Values that must not be kept. */
  secrets(): Promise<ReadonlySet<string>>;
  /** Days that a conversation is kept after its last line; asked as others are begun. Without, all stay. */
  keepDays?(): number;
}

/** Conversations in logs. What was told of one is remembered until it changes. */
export class Conversations implements ConversationStore {
  readonly #logs: Logs;
  readonly #secrets: ConversationsOptions['secrets'];
  readonly #told = new Map<string, { mark: string; info?: ConversationInfo }>();
  /** The end of the last turn of each conversation that this process was asked for. */
  readonly #turns = new Map<string, Promise<unknown>>();

  readonly #keepDays: ConversationsOptions['keepDays'];
  #prunedAt = Number.NEGATIVE_INFINITY;

  /** @param options where they are */
  constructor({ logs, secrets, keepDays }: ConversationsOptions) {
    this.#logs = logs;
    this.#secrets = secrets;
    this.#keepDays = keepDays;
  }

  async create({ owner, assistant, id, metadata = {} }: Parameters<ConversationStore['create']>[0]) {
    if (id !== undefined && (id === '' || id.length > MAX_ID || cleanLine(id, MAX_ID) !== id)) {
      throw new HugwireError('invalid_arguments', `${describeId(id)} cannot be the id of a conversation.`, {
        hint: `Give a line of at most ${MAX_ID} characters without control characters, such as lead-42.`,
      });
    }
    const head: ConversationHead = {
      type: 'conversation',
      version: 1,
      id: id ?? newId('conv'),
      owner,
      assistant,
      createdAt: Date.now(),
      metadata,
    };
    await this.#prune();
    const safe = takeSecretsOut({ metadata }, await this.#secrets());
    if (!(await this.#logs.begin(nameOf(head), JSON.stringify({ ...head, ...safe })))) {
      throw new HugwireError('invalid_arguments', `The conversation ${describeId(head.id)} already exists.`, {
        hint: 'Go on with it, or choose another id.',
      });
    }
    return this.#opened(head);
  }

  async open(id: string, owner: string): Promise<Conversation | undefined> {
    const { head, lines } = await this.#read(nameOf({ id, owner }));
    const createdAt = timeOf(lines[0]);
    if (createdAt === undefined) return undefined;
    // The first line may be spoiled; what was said is there all the same.
    return this.#opened(
      head ?? { type: 'conversation', version: 1, id, owner, assistant: 'hugwire', createdAt, metadata: {} },
    );
  }

  async list({
    owner,
    metadata = {},
    limit = Number.POSITIVE_INFINITY,
  }: Parameters<ConversationStore['list']>[0] = {}) {
    const logs = await this.#logs.list(owner === undefined ? '' : prefixOf(owner));
    const wanted = Object.entries(metadata);
    const found: ConversationInfo[] = [];
    for (let at = 0; at < logs.length && found.length < limit; at += AT_ONCE) {
      const next = await Promise.all(logs.slice(at, at + AT_ONCE).map((log) => this.#describe(log)));
      const fits = (one: ConversationInfo) => wanted.every(([key, value]) => one.metadata[key] === value);
      found.push(...next.flatMap((one) => (one && fits(one) ? one : [])));
    }
    return found.slice(0, limit);
  }

  async remove(id: string, owner: string): Promise<boolean> {
    return this.#logs.remove(nameOf({ id, owner }));
  }

  /** Now and then, the old ones go. */
  async #prune(): Promise<void> {
    if (!this.#keepDays || performance.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = performance.now();
    // What cannot be removed now is tried again later.
    await this.#logs.prune(Date.now() - this.#keepDays() * DAY_MS).catch(() => {});
  }

  #opened(head: ConversationHead): Conversation {
    const name = nameOf(head);
    return {
      head,
      read: async () => (await this.#read(name)).lines.filter(({ type }) => type !== 'conversation'),
      append: async (lines) => {
        const secrets = await this.#secrets();
        const time = Date.now();
        const texts = lines.map(({ type, ...line }) =>
          JSON.stringify(takeSecretsOut({ type, time, ...line }, secrets)),
        );
        if (texts.length === 0 || (await this.#logs.add(name, texts))) return;
        throw new HugwireError(
          'not_found',
          `The conversation ${describeId(head.id)} is no longer there: it was removed.`,
          {
            hint: 'Start another one.',
          },
        );
      },
      exclusively: (work, waitMs) => this.#inTurn(name, head.id, work, waitMs),
    };
  }

  /** Turns that this process was asked for come in that order. */
  async #inTurn<Result>(name: string, id: string, work: () => Promise<Result>, waitMs: number): Promise<Result> {
    const busy = new HugwireError(
      'unavailable',
      `Another turn of the conversation ${describeId(id)} is not over yet.`,
      {
        hint: 'Try again when it is, or stop it.',
        retryAfterSeconds: 5,
      },
    );
    const until = performance.now() + waitMs;
    const before = this.#turns.get(name);
    const turn = (async () => {
      await waitAtMost(waitMs, before);
      return this.#logs.alone(name, work, Math.max(0, until - performance.now()), busy);
    })();
    this.#turns.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name);
    }
  }

  async #describe({ name, changedAt, bytes }: LogInfo): Promise<ConversationInfo | undefined> {
    const mark = `${changedAt} ${bytes}`;
    const told = this.#told.get(name);
    if (told?.mark === mark) return told.info;
    const { head, lines } = await this.#read(name);
    let info: ConversationInfo | undefined;
    if (head) {
      const { type: _, version: __, ...facts } = head;
      info = { ...facts, ...describe(lines), bytes };
    }
    // What was removed is in it, too.
    if (this.#told.size > MAX_TOLD) this.#told.clear();
    this.#told.set(name, { mark, info });
    return info;
  }

  /** All lines of a log; the head as it is by now. */
  async #read(name: string): Promise<{ head?: ConversationHead; lines: ConversationLine[] }> {
    const lines: ConversationLine[] = [];
    let head: ConversationHead | undefined;
    let seq = -1;
    for await (const text of this.#logs.read(name)) {
      seq += 1;
      const line = readLine(text, seq);
      if (!line) continue;
      lines.push(line);
      // One that belongs to another log does not count.
      if (line.type === 'conversation' && !head && nameOf(line) === name) head = line;
      if (line.type === 'metadata' && head) head = { ...head, metadata: line.metadata };
    }
    return { head, lines };
  }
}

/** What lists show beside the head, made of all lines. */
function describe(lines: readonly ConversationLine[]): Omit<ConversationInfo, keyof ConversationHead | 'bytes'> {
  const { items, responses } = readThread(lines);
  const last = [...responses.values()].at(-1);
  // What was taken back has cost its tokens all the same.
  const all = new Map(lines.flatMap((line) => (line.type === 'response' ? [[line.response.id, line.response]] : [])));
  const title = items.map(({ item }) => titleOf(item)).find((words) => words !== '');
  return {
    messages: items.filter(({ item }) => isSpeech(item)).length,
    calls: items.filter(({ item: { type } }) => type === 'mcp_call' || type === 'function_call').length,
    usage: [...all.values()].reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE),
    context: last?.context,
    title: title ?? '',
    status: last?.status,
    lastAt: timeOf(lines.at(-1)) ?? 0,
  };
}

const isSpeech = (item: Item): boolean =>
  item.type === 'message' && (item.role === 'user' || item.role === 'assistant');

const timeOf = (line: ConversationLine | undefined): number | undefined =>
  line?.type === 'conversation' ? line.createdAt : line?.time;

const NO_USAGE: Usage = { input: 0, cached: 0, output: 0, reasoning: 0 };

function addUsage(sum: Usage, more: Usage = NO_USAGE): Usage {
  return {
    input: sum.input + more.input,
    cached: sum.cached + more.cached,
    output: sum.output + more.output,
    reasoning: sum.reasoning + more.reasoning,
  };
}

function titleOf(item: Item): string {
  if (item.type !== 'message' || item.role !== 'user') return '';
  const text = item.content.find((one) => one.type === 'input_text')?.text ?? '';
  // Not all of a long text is looked at for its first words.
  return cleanLine(text.slice(0, 10 * TITLE), TITLE);
}
