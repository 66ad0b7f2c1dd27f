import * as z from 'zod';
import { isObject } from '../../lib/json.js';
import { cleanLine } from '../../lib/text.js';
import {
  type ContentPart,
  type Item,
  type MessageItem,
  newId,
  type StoredResponse,
  type Usage,
} from '../../sessions/items.js';
import type { ModelRequest, ModelTool, TurnEvent } from '../types.js';
import { ApiError, codeOf, failureOf } from './errors.js';

// --- What comes in.

/** Many clients send null for what they leave out. */
const optional = <Type extends z.ZodType>(type: Type) => type.nullish().transform((value) => value ?? undefined);

const MAX_ITEMS = 5_000;
const MAX_TOOLS = 128;

const detail = optional(z.string());
const contentPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input_text'), text: z.string() }),
  z.object({ type: z.literal('input_image'), image_url: z.string(), detail }),
  z.object({
    type: z.literal('input_file'),
    filename: optional(z.string()),
    file_data: optional(z.string()),
    file_url: optional(z.string()),
  }),
  z.object({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: z.array(z.unknown()).default([]),
    logprobs: z.array(z.unknown()).default([]),
  }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
]);

/** A part as this API has it, from one of chat completions, or of either with what people leave out. */
function readPart(part: unknown, role: unknown): unknown {
  const text = role === 'assistant' ? 'output_text' : 'input_text';
  if (typeof part === 'string') return { type: text, text: part };
  if (!isObject(part)) return part;
  const { type, image_url, file } = part;
  if (type === 'text' || ((type === 'input_text' || type === 'output_text') && type !== text)) {
    return { type: text, text: part.text };
  }
  if (type === 'image_url' || type === 'input_image') {
    const image = isObject(image_url) ? { detail: image_url.detail, image_url: image_url.url } : part;
    if (image.image_url === undefined && part.file_id) throw noFiles('A picture');
    return { ...image, type: 'input_image' };
  }
  const given = type === 'file' && isObject(file) ? file : part;
  if (type !== 'file' && type !== 'input_file') return part;
  if (given.file_id && !given.file_data && !given.file_url) throw noFiles('A file');
  return { ...given, type: 'input_file' };
}

const noFiles = (what: string) =>
  new ApiError(
    400,
    `${what} cannot be given by file_id: no files are kept here. Send it as a data: URL, or its address.`,
    {
      code: 'unsupported_value',
      param: 'input',
    },
  );

const content = (role: unknown) =>
  z.preprocess(
    (value) => (value === null ? [] : Array.isArray(value) ? value : [value]).map((part) => readPart(part, role)),
    z.array(contentPart).max(MAX_ITEMS),
  );

const itemId = optional(z.string().regex(/^[a-z]{1,12}_[\w-]{1,120}$/, 'must be an id, such as msg_1'));
const callId = z.string().min(1).max(200);

/** Roles of messages; each may only have parts of its own. */
const message = z
  .object({
    id: z.unknown().optional(),
    role: z.enum(['user', 'assistant', 'system', 'developer']),
    content: z.unknown().optional(),
  })
  .transform(({ id, role, content: given }, ctx) => {
    const { data, error } = content(role).safeParse(given);
    for (const { path, message } of error?.issues ?? []) {
      ctx.addIssue({ code: 'custom', path: ['content', ...path], message });
    }
    // An id that clients made up, such as Gradio's, means nothing here.
    const known = itemId.safeParse(id).data;
    return { type: 'message' as const, id: known, status: 'completed' as const, role, content: data ?? [] };
  });

const inputItems = {
  message,
  function_call: z.object({
    type: z.literal('function_call'),
    id: itemId,
    call_id: callId,
    name: z.string().min(1).max(200),
    arguments: z.preprocess((value) => (isObject(value) ? JSON.stringify(value) : value), z.string()),
  }),
  function_call_output: z.object({
    type: z.literal('function_call_output'),
    id: itemId,
    call_id: callId,
    output: z.preprocess(
      (value) => (Array.isArray(value) ? value.map((part) => readPart(part, 'user')) : value),
      z.union([z.string(), z.array(contentPart).max(MAX_ITEMS)]),
    ),
  }),
  mcp_call: z.object({
    type: z.literal('mcp_call'),
    id: itemId,
    server_label: z.string().max(200),
    name: z.string().min(1).max(200),
    arguments: z.string(),
    output: optional(z.string()),
    error: z.unknown().optional(),
    approval_request_id: optional(z.string()),
  }),
  mcp_approval_request: z.object({
    type: z.literal('mcp_approval_request'),
    id: itemId,
    server_label: z.string().max(200),
    name: z.string().min(1).max(200),
    arguments: z.string(),
  }),
  mcp_approval_response: z.object({
    type: z.literal('mcp_approval_response'),
    id: itemId,
    approval_request_id: z.string().min(1).max(200),
    approve: z.boolean(),
    reason: optional(z.string().max(10_000)),
  }),
  item_reference: z.object({ type: z.literal('item_reference'), id: z.string().min(1).max(200) }),
};

/** Thoughts of a model are sent back by some clients; none is kept here, so none is wanted. */
const SKIPPED = new Set(['reasoning', 'compaction', 'mcp_list_tools']);

/** Points at an item that is kept here. */
export interface ItemReference {
  type: 'item_reference';
  id: string;
}

/** An item of a request: an id of its own is only there if the caller gave one. */
export type GivenItem =
  | (Item extends infer One ? (One extends Item ? Omit<One, 'id'> & { id?: string } : never) : never)
  | ItemReference;

function readItem(value: unknown, path: string): GivenItem | undefined {
  if (!isObject(value)) throw new ApiError(400, `${path} must be an object.`, { param: path, code: 'invalid_type' });
  const type = value.type ?? (value.role === undefined ? undefined : 'message');
  if (typeof type === 'string' && SKIPPED.has(type)) return undefined;
  if (typeof type !== 'string' || !Object.hasOwn(inputItems, type)) {
    const known = Object.keys(inputItems).join(', ');
    const said =
      type === undefined
        ? 'has neither a type nor a role'
        : `has a type that is not taken here: ${cleanLine(type, 60)}`;
    throw new ApiError(400, `${path} ${said}. Types: ${known}.`, { param: `${path}.type`, code: 'invalid_value' });
  }
  const schema: z.ZodType = inputItems[type as keyof typeof inputItems];
  const item = check(schema, { ...value, type }, path) as GivenItem;
  if (item.type === 'mcp_call') {
    const { output = null, error, approval_request_id = null } = item;
    const failed =
      error === undefined || error === null ? null : typeof error === 'string' ? error : JSON.stringify(error);
    return { ...item, output, error: failed, approval_request_id, status: failed === null ? 'completed' : 'failed' };
  }
  if (item.type === 'function_call' || item.type === 'function_call_output') return { ...item, status: 'completed' };
  return item;
}

/**
 * Reads the items of a request.
 * @param value text, an item, or a list of them
 * @param path of it within the body
 * @throws ApiError that says which item is wrong, and how
 */
export function readItems(value: unknown, path: string): GivenItem[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [typeof value === 'string' ? { role: 'user', content: value } : value];
  if (list.length > MAX_ITEMS) {
    throw new ApiError(400, `${path} has more than ${MAX_ITEMS} items.`, {
      param: path,
      code: 'array_above_max_length',
    });
  }
  return list.flatMap((item, index) => {
    const where = Array.isArray(value) ? `${path}[${index}]` : path;
    return readItem(typeof item === 'string' ? { role: 'user', content: item } : item, where) ?? [];
  });
}

const PREFIX: Record<Item['type'], string> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fco',
  mcp_call: 'mcp',
  mcp_approval_request: 'mcpr',
  mcp_approval_response: 'mcpa',
};

/**
 * The item with an id: the one that it came with, unless another item has that.
 * @param taken the ids there are
 */
export function withId(item: Exclude<GivenItem, ItemReference>, taken: ReadonlySet<string> = new Set()): Item {
  const { id = '' } = item;
  return { ...item, id: id === '' || taken.has(id) ? newId(PREFIX[item.type]) : id } as Item;
}

/** Of a conversation, and of a response. */
export const metadata = z.preprocess(
  (value) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, one]) => [
            key,
            typeof one === 'number' || typeof one === 'boolean' ? String(one) : one,
          ]),
        )
      : (value ?? {}),
  z
    .record(z.string().max(64), z.string().max(512))
    .refine((value) => Object.keys(value).length <= 16, 'has more than 16 keys'),
);

/**
 * Holds a value against a schema.
 * @throws ApiError that names the key
 */
export function check<Type extends z.ZodType>(schema: Type, value: unknown, path = ''): z.output<Type> {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as z.output<Type>;
  const [issue] = error.issues;
  const param = (issue?.path ?? []).reduce<string>(
    (at, key) => (typeof key === 'number' ? `${at}[${key}]` : at === '' ? String(key) : `${at}.${String(key)}`),
    path,
  );
  const name = cleanLine(param, 120);
  throw new ApiError(400, `${name || 'The body'}: ${cleanLine(issue?.message, 300)}.`, {
    param: name || null,
    code: issue?.code === 'invalid_type' ? 'invalid_type' : 'invalid_value',
  });
}

const toolName = z.string().regex(/^[\w-]{1,64}$/, 'must be letters, digits, _ and -, at most 64');

/** A tool that the caller runs, as Responses or as chat completions have it. */
const callerTool = z.preprocess(
  (value) =>
    isObject(value) && isObject(value.function) ? { ...value.function, type: value.type ?? 'function' } : value,
  z.object({
    type: z.literal('function', {
      error: ({ input }) =>
        `${cleanLine(String(input), 60)} is not available: an assistant brings its own tools, and runs functions of the caller beside them`,
    }),
    name: toolName,
    description: optional(z.string()),
    parameters: optional(z.record(z.string(), z.unknown())),
    strict: optional(z.boolean()),
  }),
);

const toolChoice = z.preprocess(
  (value) => {
    if (!isObject(value)) return value;
    if (value.type === 'allowed_tools') return value.mode ?? 'auto';
    return { name: isObject(value.function) ? value.function.name : value.name };
  },
  z.union([z.enum(['auto', 'none', 'required']), z.object({ name: z.string().min(1).max(200) })], {
    error: 'must be auto, none, required, or {"type":"function","name":…}',
  }),
);

/** What Responses and chat completions have in common. */
const common = {
  model: z.string({ error: 'name an assistant: GET /v1/models lists them' }).min(1).max(200),
  stream: optional(z.boolean()),
  tools: optional(z.array(callerTool).max(MAX_TOOLS)),
  tool_choice: optional(toolChoice),
  parallel_tool_calls: optional(z.boolean()),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number().min(0).max(1)),
  presence_penalty: optional(z.number()),
  frequency_penalty: optional(z.number()),
  metadata: optional(metadata),
  store: optional(z.boolean()),
};
const tokens = optional(z.number().int().min(1));
const named = optional(
  z.preprocess((value) => (isObject(value) ? value.id : value), z.union([z.string(), z.number()]).transform(String)),
);

const responseBody = z.object({
  ...common,
  input: z.unknown().optional(),
  instructions: optional(z.string()),
  previous_response_id: optional(z.string().min(1).max(1200)),
  conversation: named,
  max_output_tokens: tokens,
  max_tool_calls: optional(z.number().int().min(1)),
  background: optional(z.boolean()),
  include: optional(z.array(z.string()).max(50)),
  text: optional(z.looseObject({ format: optional(z.looseObject({ type: z.string() })) })),
  reasoning: optional(z.looseObject({ effort: optional(z.string().max(20)) })),
  truncation: optional(z.string().max(20)),
  service_tier: optional(z.string().max(40)),
  top_logprobs: optional(z.number().int()),
  safety_identifier: optional(z.string().max(200)),
  prompt_cache_key: optional(z.string().max(200)),
});
export type ResponseBody = z.output<typeof responseBody>;
export const readResponseBody = (body: unknown): ResponseBody => check(responseBody, body);

const chatBody = z.object({
  ...common,
  messages: z.array(z.unknown(), { error: 'must be a list of messages' }).min(1).max(MAX_ITEMS),
  conversation: named,
  max_tokens: tokens,
  max_completion_tokens: tokens,
  n: optional(z.literal(1, { error: 'one answer is given: leave n out' })),
  response_format: optional(z.looseObject({ type: z.string() })),
  reasoning_effort: optional(z.string().max(20)),
  stream_options: optional(z.object({ include_usage: optional(z.boolean()) })),
});
export const readChatBody = (body: unknown) => check(chatBody, body);

/** The tools of a caller, as a model is told of them. */
export function toModelTools(tools: ResponseBody['tools'] = []): ModelTool[] {
  return tools.map(({ name, description, parameters, strict }) => ({
    name,
    description,
    parameters: (parameters ?? { type: 'object', properties: {} }) as ModelTool['parameters'],
    strict,
  }));
}

/** The format of the answer as chat completions have it. */
export function toResponseFormat({ format }: NonNullable<ResponseBody['text']>): ModelRequest['responseFormat'] {
  if (!format || format.type === 'text') return undefined;
  const { type, ...rest } = format;
  return type === 'json_schema' ? { type, json_schema: rest } : format;
}

// --- What goes out.

/**
 * What a response says beside its output and how it stands, every key of it.
 * @param id of the response
 * @param body of the request
 * @param conversation its id, where the caller named one
 */
export function describeResponse(
  id: string,
  body: Partial<ResponseBody> & Pick<ResponseBody, 'model'>,
  conversation?: string,
): Record<string, unknown> {
  const { tools = [], tool_choice } = body;
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    completed_at: null,
    background: body.background ?? false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: body.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: body.service_tier ?? 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: showFormat(body.text?.format) },
    tool_choice: typeof tool_choice === 'object' ? { type: 'function', ...tool_choice } : (tool_choice ?? 'auto'),
    tools: tools.map(({ description, parameters, strict, ...tool }) => ({
      ...tool,
      description: description ?? null,
      parameters: parameters ?? null,
      strict: strict ?? null,
    })),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    presence_penalty: body.presence_penalty ?? 0,
    frequency_penalty: body.frequency_penalty ?? 0,
    truncation: body.truncation ?? 'disabled',
    metadata: body.metadata ?? {},
    ...(conversation === undefined ? {} : { conversation: { id: conversation } }),
  };
}

function showFormat(format: NonNullable<ResponseBody['text']>['format'] = { type: 'text' }) {
  return format.type === 'json_schema' ? { description: null, strict: false, ...format } : format;
}

/** An item as callers see it, without what is hugwire's own. */
export function showItem(item: Item): Record<string, unknown> {
  const {
    step: _,
    digest: __,
    after: ___,
    ...shown
  } = item as Item & { step?: unknown; digest?: unknown; after?: unknown };
  return shown;
}

/** Why a response is incomplete; clients know these, and one more that stands for all limits. */
const KNOWN_REASONS = ['content_filter', 'max_tool_calls'];

/**
 * The response object.
 * @param standing as it is kept
 * @param output its items
 */
export function showResponse(
  { status, usage, error, reason = '', shown, endedAt }: StoredResponse,
  output: readonly Item[],
): Record<string, unknown> {
  return {
    ...shown,
    status,
    completed_at: status === 'completed' && endedAt !== undefined ? Math.floor(endedAt / 1000) : null,
    error: error ? { code: codeOf(error.code), message: failureOf(error).message } : null,
    incomplete_details:
      status === 'incomplete' ? { reason: KNOWN_REASONS.includes(reason) ? reason : 'max_output_tokens' } : null,
    output: output.map(showItem),
    usage: usage ? showUsage(usage) : null,
  };
}

/** What is put between two messages where they are told as one. */
export const BETWEEN = '\n\n';

/** What a response says in words, all its messages together. */
export function textOf(output: readonly Item[]): string {
  const texts = output.map((item) =>
    item.type === 'message' && item.role === 'assistant'
      ? item.content.map((part) => (part.type === 'output_text' ? part.text : '')).join('')
      : '',
  );
  return texts.filter(Boolean).join(BETWEEN);
}

function showUsage({ input, cached, output, reasoning }: Usage) {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

/** Whether an item is part of what a response gives: notices to the model are not. */
export const isOutput = (item: Item) =>
  item.type === 'message'
    ? item.role === 'assistant'
    : item.type !== 'function_call_output' && item.type !== 'mcp_approval_response';

/** An event of a response, without its number. */
export type ResponseEvent = { type: string; [key: string]: unknown };

/** Makes the events of a response out of what happens in its turn, and keeps its output as it grows. */
export class ResponseEvents {
  readonly output: Item[] = [];
  /** By the id of a message: what of it was told. */
  readonly #told = new Map<string, { part: number; text: string }>();
  readonly #extended: boolean;

  /** @param include what the caller asked for beside the events that every client knows */
  constructor(include: readonly string[] = []) {
    this.#extended = include.includes('hugwire:progress');
  }

  /** The events that tell of something that happened. */
  *next(event: TurnEvent): Generator<ResponseEvent> {
    switch (event.type) {
      case 'item.added':
        if (isOutput(event.item)) yield* this.#add(event.item);
        return;
      case 'text.delta':
        if (isOutput(event.item)) yield* this.#say(event.item, event.delta);
        return;
      case 'item.done':
        if (isOutput(event.item)) yield* this.#end(event.item);
        return;
      default:
        // Some clients give up at an event that they do not know, so it goes only to who asked for it.
        if (!this.#extended) return;
        if (event.type === 'progress') {
          const { message = null, progress = null, total = null } = event;
          yield { type: 'hugwire:progress', ...this.#at(event.item), message, progress, total };
        } else if (event.type === 'notice') yield { type: 'hugwire:notice', text: event.text };
        else yield { type: 'hugwire:reasoning', delta: event.delta };
    }
  }

  #at({ id }: Item) {
    return { item_id: id, output_index: this.#index(id) };
  }

  #index(id: string): number {
    return this.output.findIndex((item) => item.id === id);
  }

  *#add(item: Item): Generator<ResponseEvent> {
    if (this.#index(item.id) >= 0) return;
    const begun = { ...item } as Item;
    if ('status' in begun) begun.status = 'in_progress';
    this.output.push(begun);
    const shown = showItem(begun);
    // Clients put together what comes piece by piece.
    if (shown.type === 'message') shown.content = [];
    if (shown.type === 'function_call' || shown.type === 'mcp_call') shown.arguments = '';
    yield { type: 'response.output_item.added', output_index: this.output.length - 1, item: shown };
    if (item.type === 'mcp_call') yield { type: 'response.mcp_call.in_progress', ...this.#at(item) };
    if (item.type === 'mcp_call') yield* this.#spell(item, 'response.mcp_call_arguments');
  }

  *#spell(
    item: Item & { arguments: string },
    type: string,
    more: Record<string, unknown> = {},
  ): Generator<ResponseEvent> {
    const at = this.#at(item);
    yield { type: `${type}.delta`, ...at, delta: item.arguments };
    yield { type: `${type}.done`, ...at, ...more, arguments: item.arguments };
  }

  *#say(item: Item, delta: string): Generator<ResponseEvent> {
    yield* this.#add(item);
    const message = this.output[this.#index(item.id)] as MessageItem;
    const at = this.#at(item);
    let told = this.#told.get(item.id);
    if (!told) {
      told = { part: 0, text: '' };
      this.#told.set(item.id, told);
      const part: ContentPart = { type: 'output_text', text: '', annotations: [], logprobs: [] };
      message.content = [part];
      yield { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part } };
    }
    told.text += delta;
    message.content = [{ type: 'output_text', text: told.text, annotations: [], logprobs: [] }];
    yield { type: 'response.output_text.delta', ...at, content_index: told.part, delta, logprobs: [] };
  }

  *#end(item: Item): Generator<ResponseEvent> {
    yield* this.#add(item);
    if (item.type === 'message') yield* this.#endMessage(item);
    if (item.type === 'function_call') {
      yield* this.#spell(item, 'response.function_call_arguments', { name: item.name });
    }
    const at = this.#at(item);
    this.output[at.output_index] = item;
    if (item.type === 'mcp_call') {
      yield {
        type: `response.mcp_call.${item.error === null && item.status === 'completed' ? 'completed' : 'failed'}`,
        ...at,
      };
    }
    yield { type: 'response.output_item.done', output_index: at.output_index, item: showItem(item) };
  }

  *#endMessage(item: MessageItem): Generator<ResponseEvent> {
    const at = this.#at(item);
    for (const [content_index, part] of item.content.entries()) {
      const where = { ...at, content_index };
      if (part.type === 'output_text') {
        const told = content_index === 0 ? this.#told.get(item.id) : undefined;
        if (!told) yield { type: 'response.content_part.added', ...where, part: { ...part, text: '' } };
        const rest = part.text.slice(told?.text.length ?? 0);
        if (rest) yield { type: 'response.output_text.delta', ...where, delta: rest, logprobs: [] };
        yield { type: 'response.output_text.done', ...where, text: part.text, logprobs: [] };
      } else if (part.type === 'refusal') {
        yield { type: 'response.content_part.added', ...where, part: { ...part, refusal: '' } };
        yield { type: 'response.refusal.delta', ...where, delta: part.refusal };
        yield { type: 'response.refusal.done', ...where, refusal: part.refusal };
      } else continue;
      yield { type: 'response.content_part.done', ...where, part };
    }
  }
}

/** A stream of server-sent events. */
export const sseEvent = (data: unknown, type?: string) =>
  `${type ? `event: ${type}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
export const SSE_END = 'data: [DONE]\n\n';
/** Proxies end what is silent for long. */
export const KEEP_ALIVE_MS = 15_000;

/** An answer that is a stream of events; proxies are told not to gather them. */
export function streamResponse(body: ReadableStream<Uint8Array>): Response {
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}
