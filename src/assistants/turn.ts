import type { Config } from '../config/schema.js';
import type { CallerHost } from '../engine/narrow.js';
import { type HugwireError, toHugwireError } from '../lib/errors.js';
import type { ApprovalStore } from '../sessions/approvals.js';
import type { Conversation, ConversationStore, Item, NewLine, StoredResponse } from '../sessions/items.js';
import { readThread } from '../sessions/thread.js';
import { textOf } from './context.js';
import { type FindOptions, findModel } from './find-model.js';
import { recordedHost, recordedTool, recordLines, recordOutcome } from './journal.js';
import { type Approvals, DEFAULT_LIMITS, runTurn, type TurnOptions } from './loop.js';
import { type AssistantTool, hugwireTools } from './tools.js';
import type { Assistant, Model, ModelChoice, Permission, TurnLimits, TurnOutcome } from './types.js';

/** What turns are taken with, by one caller. */
export interface TurnHost {
  /** hugwire's tools, as far as this caller may have them. */
  host: CallerHost;
  /** `assistants` of the config. */
  settings(): TurnSettings;
  store: ConversationStore;
  /** @throws HugwireError when there is none, with how to come by one */
  findModel(assistant: Assistant, signal: AbortSignal): Promise<Model>;
  /** Tools of the other MCP servers of an assistant, as far as the user has agreed to them. */
  otherTools?(assistant: Assistant, signal: AbortSignal): Promise<readonly AssistantTool[]>;
  /** Where what somebody must agree to waits. */
  approvals?(conversation: Conversation): Approvals;
}

export interface TurnHostOptions extends Omit<FindOptions, 'config' | 'network'> {
  host: CallerHost;
  store: ConversationStore;
  approvals?: ApprovalStore;
  otherTools?: TurnHost['otherTools'];
}

/**
 * What the turns of one caller are taken with.
 * @param options who calls, and what there is
 */
export function createTurnHost({ host, store, approvals, otherTools, ...search }: TurnHostOptions): TurnHost {
  const config = () => host.context(new AbortController().signal, () => {}).config;
  return {
    host,
    store,
    otherTools,
    settings: () => config().assistants,
    approvals:
      approvals && (({ head: { id, owner, assistant } }) => approvals.of({ conversation: id, owner, assistant })),
    async findModel({ model }, signal) {
      const { choice, settings } = search.token ? forGuest(model, config()) : { choice: model, settings: config() };
      return (await findModel(choice, { ...search, config: settings }, signal)).model;
    },
  };
}

/** A guest brings a token of the Hub, and pays with it; what this machine has is for its user, unless the config says so. */
function forGuest(choice: ModelChoice, config: Config): { choice: ModelChoice; settings: Config } {
  const { guests, provider = 'auto', endpointUrl, model, ...rest } = config.assistants;
  const name = choice.model ?? (endpointUrl === undefined ? model : undefined);
  if (guests || name === 'demo') return { choice, settings: config };
  return {
    choice: { model: name, provider: choice.provider ?? provider },
    settings: { ...config, assistants: { ...rest, guests, billTo: undefined } },
  };
}

interface TurnSettings {
  tools: Readonly<Record<string, Permission>>;
  limits: Partial<TurnLimits>;
  contextTokens?: number;
}

/** One turn that is to be taken. */
export interface TurnWish
  extends Pick<TurnOptions, 'callerTools' | 'request' | 'instructions' | 'ask' | 'signal' | 'onEvent'> {
  assistant: Assistant;
  /** Locked by whoever wants the turn. */
  conversation: Conversation;
  /** The response that this one goes on from, where others have gone on from there too. */
  until?: string;
  input: readonly Item[];
  /** Its id and what the caller wants kept of it; how it ends is put in. */
  response: StoredResponse;
  /** Whether calls may wait for somebody to agree; else they count as declined where nobody can be asked now. */
  canWait?: boolean;
  /** Calls of hugwire's tools within the turn. */
  maxToolCalls?: number;
}

/** Notes that are told to the model, and how long they are together. */
const NOTES = 5;
const NOTES_CHARS = 1500;

/**
 * Takes a turn: finds the model and the tools, runs it, and keeps in the conversation what came of it.
 * @returns how it ended, and the response as it is kept; a failure is an outcome too
 * @throws HugwireError `invalid_arguments` for input that decides on what was not asked; what the log throws when it cannot be written
 */
export async function takeTurn(
  with_: TurnHost,
  wish: TurnWish,
): Promise<{ outcome: TurnOutcome; response: StoredResponse }> {
  const { store } = with_;
  const { assistant, conversation, input, signal } = wish;
  const recording = with_.host.recordTurn?.({ conversation: conversation.head.id, response: wish.response.id });
  const host = recordedHost(with_.host, recording);
  const settings = with_.settings();
  const thread = readThread(await conversation.read(), wish.until);
  const { config } = host.context(signal, () => {});
  const begun: StoredResponse = { ...wish.response, status: 'in_progress' };
  await conversation.append([{ type: 'response', response: begun }]);
  const limits = limitsFor(assistant, settings.limits);
  let isKept = false;
  const keep = async (lines: readonly NewLine[]) => {
    await conversation.append(lines);
    recordLines(lines, recording);
    isKept = true;
  };
  const take = async (): Promise<TurnOutcome> => {
    const model = await with_.findModel(assistant, signal);
    const others = (await with_.otherTools?.(assistant, signal)) ?? [];
    return runTurn({
      ...wish,
      assistant: { ...assistant, contextTokens: contextFor(assistant, settings.contextTokens) },
      model,
      thread,
      tools: [...hugwireTools(host, assistant), ...others.map((tool) => recordedTool(tool, recording))],
      permissions: settings.tools,
      toolInstructions: host.instructions,
      notes: assistant.memory === 'off' ? [] : await findNotes(host, input, signal),
      limits: { ...limits, toolCalls: wish.maxToolCalls },
      usedToday: limits.tokensPerDay === undefined ? undefined : await countToday(store, assistant.name),
      readFrom: config.files.readFrom,
      dryRun: config.tools.dryRun,
      response: begun.id,
      keep,
      approvals: wish.canWait ? with_.approvals?.(conversation) : undefined,
    });
  };
  const outcome = await take().catch(async (error: unknown) => {
    const failure = toHugwireError(error);
    if (failure.code === 'invalid_arguments') {
      await conversation.append([{ type: 'removed', response: begun.id }]);
      throw failure;
    }
    // What was said is not lost because nobody answers.
    if (!isKept) await keep(input.map((item) => ({ type: 'item', item, response: begun.id, isInput: true })));
    return failed(failure, begun.model);
  });
  const { status, reason, error, usage, context, model } = outcome;
  const endedAt = Date.now();
  const response: StoredResponse = { ...begun, status, endedAt, reason, error, usage, context, model };
  await conversation.append([{ type: 'response', response }]);
  recordOutcome(outcome, recording);
  return { outcome, response };
}

/**
 * How far a turn of an assistant may go: as it says, or, where somebody else wrote it, no further than the config says.
 * @param assistant whose limits count first
 * @param ours `assistants.limits` of the config
 */
export function limitsFor(
  { limits, isShared }: Pick<Assistant, 'limits' | 'isShared'>,
  ours: Partial<TurnLimits>,
): Partial<TurnLimits> {
  const all = { ...ours, ...limits };
  if (!isShared) return all;
  const most: Partial<TurnLimits> = { ...DEFAULT_LIMITS, ...ours };
  const keys = (Object.keys(all) as (keyof TurnLimits)[]).filter((key) => all[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, Math.min(all[key] as number, most[key] ?? Infinity)]));
}

function contextFor({ contextTokens, isShared }: Assistant, ours: number | undefined): number | undefined {
  if (!isShared || contextTokens === undefined || ours === undefined) return contextTokens ?? ours;
  return Math.min(contextTokens, ours);
}

/** A turn that could not be taken at all. */
function failed({ code, message, hint }: HugwireError, model: string): TurnOutcome {
  const usage = { input: 0, cached: 0, output: 0, reasoning: 0 };
  return { status: 'failed', error: { code, message, hint }, usage, context: { used: 0 }, model };
}

async function findNotes(host: CallerHost, input: readonly Item[], signal: AbortSignal): Promise<string[]> {
  const words = input.flatMap((item) =>
    item.type === 'message' && item.role === 'user' ? [textOf(item.content)] : [],
  );
  const memory = await host.context(signal, () => {}).memory?.();
  const found = await memory?.search({ words: words.join(' ').slice(0, 1000), limit: NOTES });
  const notes: string[] = [];
  let left = NOTES_CHARS;
  for (const { text } of found?.notes ?? []) {
    if (text.length > left) continue;
    notes.push(text);
    left -= text.length;
  }
  return notes;
}

/** Tokens that an assistant has used since midnight, in all conversations. */
async function countToday(store: ConversationStore, assistant: string): Promise<number> {
  const midnight = new Date().setHours(0, 0, 0, 0);
  let tokens = 0;
  for (const info of await store.list()) {
    if (info.assistant !== assistant || info.lastAt < midnight) continue;
    const conversation = await store.open(info.id, info.owner);
    for (const line of (await conversation?.read()) ?? []) {
      if (line.type !== 'response' || line.time < midnight) continue;
      tokens += (line.response.usage?.input ?? 0) + (line.response.usage?.output ?? 0);
    }
  }
  return tokens;
}
