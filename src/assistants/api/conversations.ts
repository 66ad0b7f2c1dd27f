import * as z from 'zod';
import type { Caller } from '../../http/callers.js';
import { toHugwireError } from '../../lib/errors.js';
import type { Conversation, Item } from '../../sessions/items.js';
import { readThread } from '../../sessions/thread.js';
import { ApiError } from './errors.js';
import type { ApiOptions } from './turns.js';
import { check, metadata, readItems, showItem, withId } from './wire.js';

/** Items that one request puts into a conversation. */
const MAX_ADDED = 1_000;
const MAX_PAGE = 100;
const PAGE = 20;

const newConversation = z.object({ metadata: metadata.optional(), items: z.unknown().optional() });

/**
 * Opens a conversation. One with an id that the caller made up begins when it is first named: whoever has an id of a
 * customer, and no place to keep another, needs no more than that.
 * @param beforeBegin throws what is wrong with the first words
 * @throws ApiError when there is none, or the id cannot be one
 */
export async function openConversation(
  options: ApiOptions,
  caller: Caller,
  id: string,
  assistant: string,
  beforeBegin = () => {},
): Promise<Conversation> {
  const { owner } = caller;
  const conversations = options.conversations(caller);
  const found = await conversations.open(id, owner);
  if (found) return found;
  if (id.startsWith('conv_')) throw noConversation(id, 'conversation');
  beforeBegin();
  try {
    return await conversations.create({ owner, assistant, id });
  } catch (error) {
    // Another request may have been first.
    const made = await conversations.open(id, owner);
    if (made) return made;
    const { message, code } = toHugwireError(error);
    if (code === 'invalid_arguments')
      throw new ApiError(400, message, { param: 'conversation', code: 'invalid_value' });
    throw error;
  }
}

function noConversation(id: string, param: string | null = null): ApiError {
  return new ApiError(404, `Conversation with id '${id.slice(0, 100)}' not found.`, {
    param,
    code: 'conversation_not_found',
  });
}

/**
 * A part of a list, as the query asks for it.
 * @param items the oldest first
 * @param url with `order`, `after`, `limit`
 */
export function showList<One extends { id: string }>(items: readonly One[], { searchParams }: URL): Response {
  const order = searchParams.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw badQuery('order', 'must be asc or desc');
  const limit = Number(searchParams.get('limit') ?? PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) throw badQuery('limit', `must be 1 to ${MAX_PAGE}`);
  const ordered = order === 'asc' ? items : [...items].reverse();
  const after = searchParams.get('after');
  const at = after === null ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== null && at < 0) throw badQuery('after', 'is not the id of one in this list');
  const data = ordered.slice(at + 1, at + 1 + limit);
  return Response.json({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: at + 1 + limit < ordered.length,
  });
}

const badQuery = (param: string, what: string) =>
  new ApiError(400, `${param} ${what}.`, { param, code: 'invalid_value' });

/** What lists show of an item. */
export const listed = (item: Item) => ({ ...showItem(item), id: item.id });

function show({ head }: Conversation, data: Record<string, string> = head.metadata) {
  return { id: head.id, object: 'conversation', created_at: Math.floor(head.createdAt / 1000), metadata: data };
}

/** What a request is about: its method, address and body. */
export interface ApiRequest {
  method: string;
  url: URL;
  body: unknown;
  headers: Headers;
  signal: AbortSignal;
}

/**
 * Everything below `/v1/conversations`.
 * @param path what follows it, piece by piece
 * @returns undefined where there is no such route
 */
export async function serveConversations(
  api: ApiOptions,
  caller: Caller,
  path: readonly string[],
  request: ApiRequest,
): Promise<Response | undefined> {
  const { owner } = caller;
  const conversations = api.conversations(caller);
  const { method, url, body } = request;
  const [id, kind, item] = path;
  if (id === undefined) {
    if (method === 'GET') return listConversations(api, caller, url);
    return method === 'POST' ? create(api, caller, body) : undefined;
  }
  const conversation = await conversations.open(id, owner);
  if (!conversation) throw noConversation(id);
  const thread = readThread(await conversation.read());
  const route = `${method} ${kind ?? ''}${item === undefined ? '' : '/id'}`;
  switch (route) {
    case 'GET ':
      return Response.json(show(conversation, thread.metadata));
    case 'POST ': {
      const { metadata: data } = check(z.object({ metadata }), body);
      await conversation.append([{ type: 'metadata', metadata: data }]);
      return Response.json(show(conversation, data));
    }
    case 'DELETE ':
      await conversations.remove(id, owner);
      return Response.json({ id, object: 'conversation.deleted', deleted: true });
    case 'GET items':
      return showList(
        thread.items.map((one) => listed(one.item)),
        url,
      );
    case 'POST items': {
      const { items } = check(z.object({ items: z.unknown().optional() }), body);
      const added = readAdded(items, new Set(thread.items.map((one) => one.item.id)));
      await conversation.append(added.map((item) => ({ type: 'item', item, isInput: true })));
      return showList(added.map(listed), new URL(`?order=asc&limit=${MAX_PAGE}`, url));
    }
    case 'GET items/id':
    case 'DELETE items/id': {
      const found = thread.items.find((one) => one.item.id === item)?.item;
      if (!found)
        throw new ApiError(404, `Item with id '${item?.slice(0, 100)}' not found.`, { code: 'item_not_found' });
      if (method === 'GET') return Response.json(listed(found));
      await conversation.append([{ type: 'removed', item: found.id }]);
      return Response.json(show(conversation, thread.metadata));
    }
    default:
      return undefined;
  }
}

async function create(api: ApiOptions, caller: Caller, body: unknown): Promise<Response> {
  const { owner, assistants } = caller;
  const asked = check(newConversation, body ?? {});
  const items = readAdded(asked.items, new Set());
  const [first] = assistants ?? (await api.assistants.list()).map(({ name }) => name);
  const conversation = await api
    .conversations(caller)
    .create({ owner, assistant: first ?? '', metadata: asked.metadata });
  await conversation.append(items.map((item) => ({ type: 'item', item, isInput: true })));
  return Response.json(show(conversation));
}

/** The items that a request puts into a conversation. */
function readAdded(value: unknown, taken: Set<string>): Item[] {
  const items = readItems(value, 'items').map((given) => {
    // Both stand for what happened in turns of this server, and are made by these alone.
    if (
      given.type === 'item_reference' ||
      given.type === 'mcp_approval_response' ||
      given.type === 'mcp_approval_request'
    ) {
      throw new ApiError(400, `items: ${given.type} cannot be put into a conversation.`, {
        param: 'items',
        code: 'invalid_value',
      });
    }
    const item = withId(given, taken);
    taken.add(item.id);
    return item;
  });
  if (items.length > MAX_ADDED) {
    throw new ApiError(400, `items has more than ${MAX_ADDED}.`, { param: 'items', code: 'array_above_max_length' });
  }
  return items;
}

/** A route of our own: which conversations there are, the newest first; `?metadata[customer]=42` narrows it. */
async function listConversations(api: ApiOptions, caller: Caller, url: URL): Promise<Response> {
  const wanted = [...url.searchParams].flatMap(([name, value]): [string, string][] => {
    const key = name.startsWith('metadata[') && name.endsWith(']') ? name.slice('metadata['.length, -1) : '';
    return key ? [[key, value]] : [];
  });
  const found = await api.conversations(caller).list({ owner: caller.owner, metadata: Object.fromEntries(wanted) });
  const shown = found.map((info) => ({
    id: info.id,
    object: 'conversation',
    created_at: Math.floor(info.createdAt / 1000),
    last_active_at: Math.floor(info.lastAt / 1000),
    metadata: info.metadata,
    assistant: info.assistant,
    title: info.title,
    messages: info.messages,
    calls: info.calls,
    status: info.status ?? null,
    context: info.context ?? null,
  }));
  return showList(shown.reverse(), url);
}
