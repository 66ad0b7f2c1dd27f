import type { Caller } from '../../http/callers.js';
import { isObject } from '../../lib/json.js';
import type { Item, StoredResponse, Usage } from '../../sessions/items.js';
import type { TurnEvent } from '../types.js';
import { type ApiRequest, openConversation } from './conversations.js';
import { ApiError, failureOf } from './errors.js';
import type { Api } from './responses.js';
import { passingConversation, type Run, responseId } from './turns.js';
import {
  BETWEEN,
  describeResponse,
  KEEP_ALIVE_MS,
  readChatBody,
  readItems,
  SSE_END,
  sseEvent,
  streamResponse,
  textOf,
  toModelTools,
  withId,
} from './wire.js';

/**
 * `POST /v1/chat/completions`: what a caller who knows nothing of items and conversations sees of a turn is its words.
 * Tools of the assistant run unseen, and nobody can be asked.
 */
export async function serveChat(api: Api, caller: Caller, { body, signal }: ApiRequest): Promise<Response> {
  const asked = readChatBody(body);
  const assistant = await api.findAssistant(asked.model, caller);
  const messages = readMessages(asked.messages);
  const opening = messages.findIndex((item) => item.type !== 'message' || !isInstruction(item));
  const told = messages.slice(0, opening < 0 ? undefined : opening);
  const said = opening < 0 ? [] : messages.slice(opening);
  // What comes after the last answer is said now; the rest was said before.
  const now = said.findLastIndex(
    (item) => item.type === 'function_call' || (item.type === 'message' && item.role === 'assistant'),
  );
  const { conversation: named } = asked;
  const conversation =
    named === undefined
      ? passingConversation(caller.owner, assistant.name, said.slice(0, now + 1))
      : await openConversation(api.options, caller, named, assistant.name);
  const id = responseId(named === undefined ? '' : conversation.head.id);
  const response: StoredResponse = {
    id,
    status: 'in_progress',
    model: asked.model,
    shown: describeResponse(id, asked, named && conversation.head.id),
  };
  const shape = { id: id.replace(/^resp/, 'chatcmpl'), created: Math.floor(Date.now() / 1000), model: asked.model };
  const chunks = asked.stream ? new Chunks(shape, asked.stream_options?.include_usage === true) : undefined;
  const run = await api.turns.start({
    assistant,
    caller,
    conversation,
    response,
    callerTools: toModelTools(asked.tools),
    instructions: told.flatMap((item) => (item.type === 'message' ? textOfParts(item) : [])).join('\n\n') || undefined,
    request: {
      toolChoice: asked.tool_choice,
      parallelToolCalls: asked.parallel_tool_calls,
      maxOutputTokens: asked.max_completion_tokens ?? asked.max_tokens,
      temperature: asked.temperature,
      topP: asked.top_p,
      responseFormat: asked.response_format?.type === 'text' ? undefined : asked.response_format,
      reasoningEffort: asked.reasoning_effort,
    },
    canWait: false,
    signal,
    watch: chunks && ((event) => chunks.tell(event)),
    prepare() {
      const input = said.slice(now + 1);
      if (input.length > 0) return input;
      throw new ApiError(400, 'messages: the last one must be of the user, or a tool.', {
        param: 'messages',
        code: 'invalid_value',
      });
    },
  });
  if (chunks) {
    void run.ended.then(() => chunks.end(run));
    return streamResponse(chunks.stream(() => run.abort.abort()));
  }
  await run.ended;
  const { outcome, output } = run;
  if (!outcome) throw new ApiError(500, 'The answer could not be kept.', { code: 'internal' });
  const failure = outcome.error && failureOf(outcome.error);
  if (failure && output.length === 0) throw failure;
  const calls = callsOf(output);
  return Response.json({
    ...shape,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: finishOf(run),
        logprobs: null,
        message: {
          role: 'assistant',
          content: textOf(output) || null,
          refusal: null,
          ...(calls.length > 0 ? { tool_calls: calls.map(({ index: _, ...call }) => call) } : {}),
        },
      },
    ],
    usage: showUsage(outcome.usage),
    // What was said before it failed is worth more than the failure alone.
    ...(failure ? { error: failure.body } : {}),
    ...(named === undefined ? {} : { conversation: named }),
  });
}

const isInstruction = ({ role }: { role: string }) => role === 'system' || role === 'developer';

const textOfParts = ({ content }: Item & { type: 'message' }) =>
  content.flatMap((part) => (part.type === 'input_text' || part.type === 'output_text' ? [part.text] : []));

/** The messages as items: a message that calls tools is several. */
function readMessages(messages: readonly unknown[]): Item[] {
  return messages.flatMap((message, index) => {
    const path = `messages[${index}]`;
    if (!isObject(message))
      throw new ApiError(400, `${path} must be an object.`, { param: path, code: 'invalid_type' });
    const { role, content, tool_calls, tool_call_id } = message;
    if (role === 'tool') {
      const output = { type: 'function_call_output', call_id: tool_call_id, output: content ?? '' };
      return toItems([output], path);
    }
    const said =
      content === undefined || content === null || content === '' ? [] : [{ type: 'message', role, content }];
    const calls = Array.isArray(tool_calls) ? tool_calls : [];
    if (said.length === 0 && calls.length === 0)
      return toItems([{ type: 'message', role, content: [] }], path).slice(0, 0);
    const asItems = calls.map((call) => {
      const { name, arguments: args } = isObject(call) && isObject(call.function) ? call.function : {};
      return { type: 'function_call', call_id: isObject(call) ? call.id : undefined, name, arguments: args ?? '' };
    });
    return toItems([...said, ...asItems], path);
  });
}

function toItems(values: readonly unknown[], path: string): Item[] {
  return values.flatMap((value) =>
    readItems(value, path).flatMap((item) =>
      item.type === 'item_reference' ? [] : [withId({ ...item, id: undefined })],
    ),
  );
}

function callsOf(output: readonly Item[]) {
  return output
    .filter((item) => item.type === 'function_call')
    .map(({ call_id, name, arguments: args }, index) => ({
      index,
      id: call_id,
      type: 'function',
      function: { name, arguments: args },
    }));
}

function finishOf({ outcome, output }: Run): string {
  if (outcome?.reason === 'content_filter') return 'content_filter';
  if (outcome?.status !== 'completed') return 'length';
  return output.some(({ type }) => type === 'function_call') ? 'tool_calls' : 'stop';
}

function showUsage({ input, cached, output, reasoning }: Usage) {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** The chunks of one answer. */
class Chunks {
  readonly #shape: Record<string, unknown>;
  readonly #wantsUsage: boolean;
  readonly #encoder = new TextEncoder();
  #pending: string[] = [];
  #controller?: ReadableStreamDefaultController<Uint8Array>;
  #beat?: NodeJS.Timeout;
  #calls = 0;
  /** That is being told. */
  #message?: string;

  constructor(shape: Record<string, unknown>, wantsUsage: boolean) {
    this.#shape = { ...shape, object: 'chat.completion.chunk' };
    this.#wantsUsage = wantsUsage;
    this.#choose({ role: 'assistant', content: '' });
  }

  /** Only what the assistant says goes out, and what it thinks, where clients look for that. */
  tell(event: TurnEvent): void {
    if (event.type === 'text.delta') {
      const { id } = event.item;
      const isNext = this.#message !== undefined && this.#message !== id;
      this.#message = id;
      this.#choose({ content: isNext ? BETWEEN + event.delta : event.delta });
    }
    if (event.type === 'reasoning.delta') this.#choose({ reasoning_content: event.delta });
    if (event.type === 'item.done' && event.item.type === 'function_call') {
      const [call] = callsOf([event.item]);
      this.#choose({ tool_calls: [{ ...call, index: this.#calls }] });
      this.#calls += 1;
    }
  }

  end(run: Run): void {
    const { outcome } = run;
    const failure = outcome?.error && failureOf(outcome.error);
    // Clients throw what a chunk says in this key.
    if (failure) this.#send(sseEvent({ error: failure.body }));
    else {
      this.#choose({}, finishOf(run));
      if (this.#wantsUsage && outcome) {
        this.#send(sseEvent({ ...this.#shape, choices: [], usage: showUsage(outcome.usage) }));
      }
    }
    this.#send(SSE_END);
    clearInterval(this.#beat);
    try {
      this.#controller?.close();
    } catch {
      // The caller has gone.
    }
  }

  #choose(delta: Record<string, unknown>, finish_reason: string | null = null): void {
    const usage = this.#wantsUsage ? { usage: null } : {};
    this.#send(sseEvent({ ...this.#shape, choices: [{ index: 0, delta, finish_reason }], ...usage }));
  }

  #send(text: string): void {
    if (!this.#controller) this.#pending.push(text);
    else {
      try {
        this.#controller.enqueue(this.#encoder.encode(text));
      } catch {
        // The caller has gone.
      }
    }
  }

  stream(onGone: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        for (const text of this.#pending.splice(0)) this.#send(text);
        this.#beat = setInterval(() => this.#send(': \n\n'), KEEP_ALIVE_MS).unref();
      },
      cancel: () => {
        clearInterval(this.#beat);
        onGone();
      },
    });
  }
}
