import { isObject } from '../schema/json-schema.js';

/** JSON-RPC's own codes. */
const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;

/**
 * An error that the SDK answers a request with; its own class would put the code before the words.
 * @param message what is wrong with the request's parameters
 */
export function invalidParams(message: string): Error {
  return Object.assign(new Error(message), { code: INVALID_PARAMS });
}

/** A message that cannot be served, and what to say of it. */
export interface Refusal {
  code: number;
  message: string;
  /** Of the request, when it can be read: without one there is nobody to answer. */
  id?: string | number;
}

/** What a line holds: messages to serve, and what is wrong with the rest. */
export interface Reading {
  messages: object[];
  refusals: Refusal[];
}

/**
 * Reads one line as JSON-RPC. The SDK drops what it cannot parse without an answer, which leaves a client waiting; so
 * requests that are wrong in form are answered before they reach it. A batch (revision 2025-03-26) is taken apart.
 * @param line as it came, without its newline
 */
export function readLine(line: string): Reading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return { messages: [], refusals: [{ code: PARSE_ERROR, message: 'Parse error: the line is not JSON' }] };
  }
  const items = Array.isArray(parsed) ? parsed : [parsed];
  if (items.length === 0) return { messages: [], refusals: [{ code: INVALID_REQUEST, message: 'Empty batch' }] };
  const reading: Reading = { messages: [], refusals: [] };
  for (const item of items) {
    mendCall(item);
    const fault = findFault(item);
    if (fault) reading.refusals.push({ ...fault, id: isObject(item) ? readId(item.id) : undefined });
    else reading.messages.push(item as object);
  }
  return reading;
}

/** Some clients write the arguments of a call as JSON text, or null for none. */
function mendCall(item: unknown): void {
  if (!isObject(item) || item.method !== 'tools/call' || !isObject(item.params)) return;
  const { params } = item;
  if (params.arguments === null) delete params.arguments;
  if (typeof params.arguments !== 'string') return;
  try {
    params.arguments = JSON.parse(params.arguments);
  } catch {
    // Left as it is, to be refused.
  }
}

function findFault(item: unknown): Omit<Refusal, 'id'> | undefined {
  if (!isObject(item)) return { code: INVALID_REQUEST, message: 'Invalid request: a message is a JSON object' };
  if (item.jsonrpc !== '2.0') return { code: INVALID_REQUEST, message: 'Invalid request: jsonrpc must be "2.0"' };
  if ('id' in item && readId(item.id) === undefined) {
    return { code: INVALID_REQUEST, message: 'Invalid request: id must be text or a whole number' };
  }
  if ('result' in item || 'error' in item) return undefined;
  if (typeof item.method !== 'string')
    return { code: INVALID_REQUEST, message: 'Invalid request: method must be text' };
  if ('params' in item && !isObject(item.params)) {
    return { code: INVALID_PARAMS, message: 'Invalid params: params must be an object' };
  }
  return item.method === 'tools/call' ? findCallFault(item.params) : undefined;
}

function findCallFault(params: unknown): Omit<Refusal, 'id'> | undefined {
  const { name, arguments: args = {} } = isObject(params) ? params : {};
  if (typeof name !== 'string') return { code: INVALID_PARAMS, message: 'Invalid params: name must name a tool' };
  if (!isObject(args)) return { code: INVALID_PARAMS, message: 'Invalid params: arguments must be an object' };
  return undefined;
}

function readId(id: unknown): string | number | undefined {
  return typeof id === 'string' || Number.isInteger(id) ? (id as string | number) : undefined;
}
