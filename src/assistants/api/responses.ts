import { createHash } from 'node:crypto';
import type { Caller } from '../../http/callers.js';
import { toHugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import type { Conversation, Item, StoredResponse } from '../../sessions/items.js';
import { readThread, type Thread } from '../../sessions/thread.js';
import { openRequests } from '../consent.js';
import type { Assistant } from '../types.js';
import { mayNotApprove } from './approvals.js';
import { type ApiRequest, listed, openConversation, showList } from './conversations.js';
import { ApiError, failureOf } from './errors.js';
import { type ApiOptions, conversationOf, passingConversation, type Run, responseId, type Turns } from './turns.js';
import {
  describeResponse,
  type GivenItem,
  isOutput,
  type ResponseBody,
  readItems,
  readResponseBody,
  SSE_END,
  showResponse,
  sseEvent,
  streamResponse,
  textOf,
  toModelTools,
  toResponseFormat,
  withId,
} from './wire.js';

/** How long a request with an `Idempotency-Key` is known. */
const KNOWN_MS = 24 * 3_600_000;

/** The parts of the API that its routes share. */
export interface Api {
  options: ApiOptions;
  turns: Turns;
  /** @throws ApiError when there is none of that name for this caller */
  findAssistant(name: string, caller: Caller): Promise<Assistant>;
}

/**
 * Everything below `/v1/responses`.
 * @param path what follows it, piece by piece
 * @returns undefined where there is no such route
 */
export async function serveResponses(
  api: Api,
  caller: Caller,
  path: readonly string[],
  request: ApiRequest,
): Promise<Response | undefined> {
  const [id, kind] = path;
  const { method, url, body } = request;
  if (id === undefined) return method === 'POST' ? createOnce(api, caller, body, request) : undefined;
  switch (`${method} ${kind ?? ''}`) {
    case 'GET ':
      return retrieve(api, caller, id, url);
    case 'DELETE ':
      return remove(api, caller, id);
    case 'POST cancel':
      return cancel(api, caller, id);
    case 'GET input_items': {
      const { thread } = await load(api, caller, id);
      const first = thread.items.findIndex(({ response, isInput }) => response === id && !isInput);
      const before = thread.items.slice(0, first < 0 ? undefined : first);
      return showList(
        before.map(({ item }) => listed(item)),
        url,
      );
    }
    default:
      return undefined;
  }
}

// --- A new one.

/** A request that is sent again with the same `Idempotency-Key` is answered with what the first one made. */
async function createOnce(api: Api, caller: Caller, body: unknown, request: ApiRequest): Promise<Response> {
  const asked = readResponseBody(body);
  const key = request.headers.get('idempotency-key');
  if (key === null) return answer(await begin(api, caller, asked, request.signal), asked);
  const { state } = api.options;
  const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
  const name = `once:${digest([caller.owner, key.slice(0, 1_000)])}`;
  const sent = digest(body);
  if (await state.set(name, { sent }, KNOWN_MS, { ifAbsent: true })) {
    try {
      const run = await begin(api, caller, asked, request.signal);
      await state.set(name, { sent, id: run.id }, KNOWN_MS);
      return await answer(run, asked);
    } catch (error) {
      await state.del(name);
      throw error;
    }
  }
  const known = await state.get(name);
  if (!isObject(known) || known.sent !== sent) {
    throw new ApiError(400, 'This Idempotency-Key was sent with another request: each request wants one of its own.', {
      code: 'idempotency_key_reused',
    });
  }
  if (typeof known.id !== 'string') {
    throw new ApiError(409, 'The first request with this Idempotency-Key is only beginning: try again in a second.', {
      code: 'idempotency_key_in_use',
      headers: { 'Retry-After': '1' },
    });
  }
  if (!asked.stream && !asked.background) await api.turns.find(known.id, caller.owner)?.ended;
  return retrieve(api, caller, known.id, new URL(asked.stream ? '?stream=true' : '?', request.url));
}

/** Gives what a turn gives, as the caller wants it. */
async function answer(run: Run, { stream, background }: ResponseBody): Promise<Response> {
  if (stream) return streamResponse(run.stream(-1, background ? undefined : () => run.abort.abort()));
  if (background) return Response.json(run.response);
  await run.ended;
  const { outcome } = run;
  if (!outcome) throw new ApiError(500, 'The answer could not be kept.', { code: 'internal' });
  // With nothing said there is only the error, which is what clients look for.
  if (outcome.status === 'failed' && outcome.error && run.output.length === 0) throw failureOf(outcome.error);
  return showWhole(run.response, run.output);
}

/** The text stands beside the items, for whoever reads JSON with no more than a path. */
const showWhole = (response: Record<string, unknown>, output: readonly Item[]) =>
  Response.json({ ...response, output_text: textOf(output) });

async function begin(api: Api, caller: Caller, asked: ResponseBody, signal: AbortSignal): Promise<Run> {
  const { background = false, store = true, previous_response_id: previous, conversation: named } = asked;
  if (previous !== undefined && named !== undefined) {
    throw new ApiError(400, 'previous_response_id and conversation exclude each other: send one of them.', {
      param: 'previous_response_id',
      code: 'invalid_value',
    });
  }
  if (background && !store) {
    throw new ApiError(400, 'A response in the background is asked for later: it needs store.', {
      param: 'store',
      code: 'invalid_value',
    });
  }
  const assistant = await api.findAssistant(asked.model, caller);
  const given = readItems(asked.input, 'input');
  const references = await findReferences(api, caller, given);
  const prepare = (thread: Pick<Thread, 'items'>) => prepareInput(thread, given, references, caller);
  // What is wrong with the first words of a conversation is said before there is one.
  const beforeBegin = () => void prepare({ items: [] });
  const point = await findPoint(api, caller, assistant, { ...asked, given, beforeBegin });
  if (!point) beforeBegin();
  const start = ({ conversation, until }: Point, impatient: boolean) => {
    const id = responseId(store ? conversation.head.id : '');
    const response: StoredResponse = {
      id,
      previous: until,
      status: 'in_progress',
      model: asked.model,
      shown: describeResponse(id, asked, named && conversation.head.id),
    };
    return api.turns.start({
      assistant,
      caller,
      conversation,
      until,
      response,
      callerTools: toModelTools(asked.tools),
      instructions: asked.instructions,
      request: {
        toolChoice: asked.tool_choice,
        parallelToolCalls: asked.parallel_tool_calls,
        maxOutputTokens: asked.max_output_tokens,
        temperature: asked.temperature,
        topP: asked.top_p,
        responseFormat: asked.text && toResponseFormat(asked.text),
        reasoningEffort: asked.reasoning?.effort,
      },
      maxToolCalls: asked.max_tool_calls,
      canWait: store,
      background,
      include: asked.include,
      signal,
      impatient,
      prepare,
    });
  };
  if (!store) {
    const items = point ? await itemsUntil(point) : [];
    return start({ conversation: passingConversation(caller.owner, assistant.name, items) }, false);
  }
  if (!point) return start({ conversation: await newConversation(api, caller, assistant) }, false);
  // Somebody who goes on from one response several times at once gets several conversations; so does who goes on from the
  // middle of one that has a name, which holds no more than what was said to it.
  const mayPart = point.until !== undefined && !given.some(({ type }) => type === 'mcp_approval_response');
  if (mayPart && point.isNamed) return start(await part(api, caller, assistant, point), false);
  try {
    return await start(point, mayPart);
  } catch (error) {
    if (!mayPart || !(error instanceof ApiError) || error.code !== 'conversation_locked') throw error;
    return start(await part(api, caller, assistant, point), false);
  }
}

/** Where a turn goes on. */
interface Point {
  conversation: Conversation;
  /** The response before; undefined after all that was said. */
  until?: string;
  /** Whether the caller gave the conversation its name, or asked for one. */
  isNamed?: boolean;
}

interface Beginning extends Pick<ResponseBody, 'previous_response_id' | 'conversation'> {
  given: readonly GivenItem[];
  /** Called before a conversation begins. */
  beforeBegin(): void;
}

/** @returns undefined where a conversation begins */
async function findPoint(
  api: Api,
  caller: Caller,
  assistant: Assistant,
  { previous_response_id: previous, conversation: named, given, beforeBegin }: Beginning,
): Promise<Point | undefined> {
  if (named !== undefined) {
    const conversation = await openConversation(api.options, caller, named, assistant.name, beforeBegin);
    // What was said without a name may have gone several ways: the last one counts.
    const last = [...readThread(await conversation.read()).responses.values()].at(-1);
    return { conversation, until: last?.previous === undefined ? undefined : last.id };
  }
  if (previous !== undefined) {
    const found = await tryLoad(api, caller, previous);
    if (!found) {
      throw new ApiError(400, `Previous response with id '${previous.slice(0, 100)}' not found.`, {
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      });
    }
    const { conversation, response } = found;
    return { conversation, until: previous, isNamed: isObject(response.shown?.conversation) };
  }
  // Some clients send all again, with a word on what they were asked: that belongs where it was asked.
  const decision = given.find((item) => item.type === 'mcp_approval_response');
  const asked = decision && (await api.turns.findItem(decision.approval_request_id, caller));
  if (asked) {
    const request = asked.thread.items.find(({ item }) => item.id === decision.approval_request_id);
    return { conversation: asked.conversation, until: request?.response };
  }
  return undefined;
}

const newConversation = ({ options }: Api, caller: Caller, { name }: Assistant) =>
  options.conversations(caller).create({ owner: caller.owner, assistant: name });

const itemsUntil = async ({ conversation, until }: Point) => {
  const thread = readThread(await conversation.read(), until);
  return thread.items.map(({ item }) => item);
};

/** The same point in a conversation of its own. */
async function part(api: Api, caller: Caller, assistant: Assistant, point: Point): Promise<Point> {
  const conversation = await newConversation(api, caller, assistant);
  await conversation.append((await itemsUntil(point)).map((item) => ({ type: 'item', item, isInput: true })));
  return { conversation };
}

/** The items that are given by their ids alone. */
async function findReferences(api: Api, caller: Caller, given: readonly GivenItem[]): Promise<Map<string, Item>> {
  const found = new Map<string, Item>();
  for (const reference of given) {
    if (reference.type !== 'item_reference' || found.has(reference.id)) continue;
    const place = await api.turns.findItem(reference.id, caller);
    if (!place) {
      throw new ApiError(400, `Item with id '${reference.id.slice(0, 100)}' not found.`, {
        param: 'input',
        code: 'item_not_found',
      });
    }
    for (const { item } of place.thread.items) found.set(item.id, item);
  }
  return found;
}

/** What is new of what a caller sends. */
function prepareInput(
  { items }: Pick<Thread, 'items'>,
  given: readonly GivenItem[],
  references: ReadonlyMap<string, Item>,
  caller: Caller,
): Item[] {
  const before = items.map(({ item }) => item);
  const taken = new Set(before.map(({ id }) => id));
  // Whoever sends all again has said anew only what comes after the last thing that is known.
  const isKnown = (item: GivenItem) => item.id !== undefined && taken.has(item.id);
  const decides = given.some(({ type }) => type === 'mcp_approval_response');
  const fresh = decides ? given.slice(given.findLastIndex(isKnown) + 1) : given;
  const input = fresh.flatMap((one): Item[] => {
    if (one.type === 'mcp_approval_request') return [];
    if (one.type !== 'item_reference') return [withId(one, taken)];
    const item = references.get(one.id);
    return !item || isKnown(one) || item.type === 'mcp_approval_request' ? [] : [item];
  });
  checkDecisions(before, input, caller);
  const calls = new Set([...before, ...input].flatMap((item) => (item.type === 'function_call' ? [item.call_id] : [])));
  const stray = input.find((item) => item.type === 'function_call_output' && !calls.has(item.call_id));
  if (stray?.type === 'function_call_output') {
    throw new ApiError(400, `No tool call found for function call output with call_id ${stray.call_id}.`, {
      param: 'input',
      code: 'invalid_value',
    });
  }
  if (input.length === 0 && before.length === 0) {
    throw new ApiError(400, 'input: say something.', { param: 'input', code: 'missing_required_parameter' });
  }
  return input;
}

function checkDecisions(before: readonly Item[], input: readonly Item[], caller: Caller): void {
  const open = openRequests(before);
  for (const item of input) {
    if (item.type !== 'mcp_approval_response') continue;
    const id = item.approval_request_id.slice(0, 100);
    if (!open.has(item.approval_request_id)) {
      throw new ApiError(
        400,
        `No request for approval ${id} waits here: it was decided already, or is of another conversation.`,
        {
          param: 'input',
          code: 'approval_not_found',
        },
      );
    }
    if (!caller.mayApprove) throw mayNotApprove(caller, id);
  }
}

// --- One that is there.

interface Loaded {
  conversation: Conversation;
  thread: Thread;
  response: StoredResponse;
}

async function tryLoad({ options }: Api, caller: Caller, id: string): Promise<Loaded | undefined> {
  const place = conversationOf(id);
  const conversation = place === undefined ? undefined : await options.conversations(caller).open(place, caller.owner);
  const thread = conversation && readThread(await conversation.read(), id);
  const response = thread?.responses.get(id);
  return conversation && thread && response ? { conversation, thread, response } : undefined;
}

async function load(api: Api, caller: Caller, id: string): Promise<Loaded> {
  const found = await tryLoad(api, caller, id);
  if (!found)
    throw new ApiError(404, `Response with id '${id.slice(0, 100)}' not found.`, { code: 'response_not_found' });
  return found.response.status === 'in_progress' && !api.turns.find(id, caller.owner) ? settle(found) : found;
}

/** One that is in progress and that nobody works on is over: the server that made it was stopped. */
async function settle(found: Loaded): Promise<Loaded> {
  const { conversation, response } = found;
  const error = {
    code: 'interrupted',
    message:
      'The server was stopped while it made this response. What it had said is kept: send the next message to go on.',
  };
  const end = async (): Promise<Loaded> => {
    const thread = readThread(await conversation.read(), response.id);
    const now = thread.responses.get(response.id) ?? response;
    if (now.status !== 'in_progress') return { conversation, thread, response: now };
    const ended: StoredResponse = { ...now, status: 'failed', error, endedAt: Date.now() };
    await conversation.append([{ type: 'response', response: ended }]);
    return { conversation, thread, response: ended };
  };
  try {
    return await conversation.exclusively(end, 0);
  } catch (caught) {
    // Another instance is at it.
    if (toHugwireError(caught).code === 'unavailable') return found;
    throw caught;
  }
}

function showLoaded({ thread, response }: Loaded): { response: Record<string, unknown>; output: Item[] } {
  const isOver = response.status !== 'in_progress';
  const output = thread.items
    .filter((one) => one.response === response.id && !one.isInput && isOutput(one.item))
    .map(({ item }) =>
      isOver && 'status' in item && item.status === 'in_progress' ? ({ ...item, status: 'incomplete' } as Item) : item,
    );
  const shown = { ...describeResponse(response.id, { model: response.model }), ...response.shown };
  return { response: showResponse({ ...response, shown }, output), output };
}

async function retrieve(api: Api, caller: Caller, id: string, { searchParams }: URL): Promise<Response> {
  const after = Number(searchParams.get('starting_after') ?? -1);
  if (!Number.isInteger(after) || after < -1) {
    throw new ApiError(400, 'starting_after must be a sequence number.', {
      param: 'starting_after',
      code: 'invalid_value',
    });
  }
  const isStream = searchParams.get('stream') === 'true';
  const run = api.turns.find(id, caller.owner);
  if (run) return isStream ? streamResponse(run.stream(after)) : showWhole(run.response, run.output);
  const loaded = await load(api, caller, id);
  const { response, output } = showLoaded(loaded);
  return isStream ? tellAgain(api, caller, loaded, after) : showWhole(response, output);
}

/** The events are kept for a while, and where they came about: later, and elsewhere, the end says all. */
async function tellAgain(api: Api, caller: Caller, loaded: Loaded, after: number): Promise<Response> {
  const { id } = loaded.response;
  if (loaded.response.status === 'in_progress') {
    await api.turns.untilEnded(id, async () => (await load(api, caller, id)).response.status !== 'in_progress');
  }
  const { response } = showLoaded(await load(api, caller, id));
  const { status } = loaded.response;
  const begun = { ...response, status: 'in_progress', output: [], completed_at: null, usage: null, error: null };
  const events = [
    ...(after < 0 ? ['response.created', 'response.in_progress'].map((type) => ({ type, response: begun })) : []),
    {
      type: status === 'failed' ? 'response.failed' : `response.${status === 'completed' ? status : 'incomplete'}`,
      response,
    },
  ];
  const text = events.map((event, index) => sseEvent({ ...event, sequence_number: after + 1 + index }, event.type));
  return streamResponse(new Blob([...text, SSE_END]).stream() as ReadableStream<Uint8Array>);
}

async function cancel(api: Api, caller: Caller, id: string): Promise<Response> {
  const isOver = async () => (await load(api, caller, id)).response.status !== 'in_progress';
  await api.turns.stop(id, caller.owner, isOver);
  return retrieve(api, caller, id, new URL('http://localhost'));
}

async function remove(api: Api, caller: Caller, id: string): Promise<Response> {
  const { conversation } = await load(api, caller, id);
  await cancel(api, caller, id);
  await conversation.append([{ type: 'removed', response: id }]);
  return Response.json({ id, object: 'response', deleted: true });
}
