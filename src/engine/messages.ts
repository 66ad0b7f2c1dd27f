import { isDeeper, isObject } from '../lib/json.js';
import { meta } from './mcp.js';

/** JSON-RPC's own codes. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INVALID_PARAMS = -32602;
/** What a client is told to speak that does not say a revision: the newest that begins with `initialize`. */
const DEFAULT_REVISION = '2025-11-25';

type JsonObject = Record<string, unknown>;

/**
 * An error that the SDK answers a request with; its own class would put the code before the words.
 * @param message what is wrong with the request's parameters
 */
export function invalidParams(message: string): Error {
  return Object.assign(new Error(message), { code: INVALID_PARAMS });
}

/** What is nested more deeply cannot be written back, recorded or checked. */
const MAX_LEVELS = 200;

/** A message that cannot be served, and what to say of it. */
export interface Refusal {
  code: number;
  message: string;
  /** Of the request, when it can be read: without one there is nobody to answer. */
  id?: string | number;
}

/** What came in: messages to serve, and what is wrong with the rest. */
export interface Reading {
  messages: JsonObject[];
  refusals: Refusal[];
}

/**
 * Reads what a client sent as JSON-RPC. The SDKs drop what they cannot parse without an answer, and answer what does not fit
 * their schemas with a dump of them; so what clients leave out in odd ways is read as left out, and requests that are wrong in
 * form are answered before they reach them. A batch (revision 2025-03-26) is taken apart.
 * @param parsed a message, or a batch of them
 */
export function readMessages(parsed: unknown): Reading {
  const items = Array.isArray(parsed) ? parsed : [parsed];
  if (items.length === 0) return { messages: [], refusals: [{ code: INVALID_REQUEST, message: 'Empty batch' }] };
  const reading: Reading = { messages: [], refusals: [] };
  for (const item of items) {
    const fault = findFault(item) ?? mendParams(item as JsonObject);
    if (fault) reading.refusals.push({ ...fault, id: isObject(item) ? readId(item.id) : undefined });
    else reading.messages.push(pickMembers(item as JsonObject));
  }
  return reading;
}

type Fault = Omit<Refusal, 'id'>;

function findFault(item: unknown): Fault | undefined {
  const fault = (message: string) => ({ code: INVALID_REQUEST, message: `Invalid request: ${message}` });
  if (!isObject(item)) return fault('a message is a JSON object');
  if (isDeeper(item, MAX_LEVELS)) return fault(`a message has at most ${MAX_LEVELS} levels`);
  if (item.jsonrpc !== '2.0') return fault('jsonrpc must be "2.0"');
  if ('id' in item && !(typeof item.id === 'string' || Number.isSafeInteger(item.id))) {
    return fault('id must be text or a whole number');
  }
  if ('result' in item || 'error' in item) return undefined;
  return typeof item.method === 'string' ? undefined : fault('method must be text');
}

/**
 * The members that a message of its kind has. The SDK drops one that has others without a word, but clients add some of
 * their own, or write those of other kinds as null.
 */
function pickMembers(item: JsonObject): JsonObject {
  const outcome = isLeftOut(item.error) ? 'result' : 'error';
  const names = ['jsonrpc', 'id', ...(typeof item.method === 'string' ? ['method', 'params'] : [outcome])];
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(item, name) ? [[name, item[name]]] : [])));
}

/** The SDK does not take a fraction as an id, but its client waits for an answer that names it. */
function readId(id: unknown): string | number | undefined {
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** Whether a client means that it leaves something out. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Reads the parameters of a request or notification, in place. */
function mendParams(item: JsonObject): Fault | undefined {
  if (typeof item.method !== 'string' || !('params' in item)) return checkParams(item, {});
  if (isLeftOut(item.params)) {
    delete item.params;
    return checkParams(item, {});
  }
  if (!isObject(item.params)) return { code: INVALID_PARAMS, message: 'Invalid params: params must be an object' };
  mendMeta(item.params);
  return checkParams(item, item.params);
}

/** What the SDK cannot read of the metadata means nothing. */
function mendMeta(params: JsonObject): void {
  if (!('_meta' in params)) return;
  const { _meta } = params;
  if (!isObject(_meta)) {
    delete params._meta;
    return;
  }
  if (typeof _meta.progressToken !== 'string' && !Number.isSafeInteger(_meta.progressToken)) delete _meta.progressToken;
  mendEnvelope(_meta);
  delete _meta['io.modelcontextprotocol/related-task'];
}

const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** What a client says of itself with every request of revision 2026-07-28: all of it, or the SDK refuses the request. */
function mendEnvelope(_meta: JsonObject): void {
  const [capabilities, info, level] = ['clientCapabilities', 'clientInfo', 'logLevel'].map(meta) as [
    string,
    string,
    string,
  ];
  if (_meta[capabilities] === null) delete _meta[capabilities];
  if (_meta[capabilities] !== undefined) _meta[capabilities] = readCapabilities(_meta[capabilities]);
  if (isObject(_meta[info]) && typeof _meta[info].name === 'string') _meta[info] = readInfo(_meta[info]);
  else delete _meta[info];
  if (!LOG_LEVELS.includes(_meta[level] as string)) delete _meta[level];
}

/** Makes the parameters of each method such as the SDK takes, or says what is wrong with them. */
function checkParams(item: JsonObject, params: JsonObject): Fault | undefined {
  const invalid = (message: string) => ({ code: INVALID_PARAMS, message: `Invalid params: ${message}` });
  const keep = (fields: JsonObject) => {
    item.params = { ...fields, ...('_meta' in params ? { _meta: params._meta } : {}) };
  };
  switch (item.method) {
    case 'initialize':
      keep(readInitializeParams(params));
      return undefined;
    case 'tools/list':
    case 'ping':
      if ('params' in item) keep({});
      return undefined;
    case 'resources/list':
    case 'resources/templates/list': {
      const { cursor } = params;
      if (!isLeftOut(cursor) && typeof cursor !== 'string') return invalid('cursor must be text');
      if ('params' in item) keep(isLeftOut(cursor) ? {} : { cursor });
      return undefined;
    }
    case 'resources/read':
      return typeof params.uri === 'string' ? undefined : invalid('uri must name a resource');
    case 'tools/call': {
      const { name, task: _, ...rest } = params;
      // Of revision 2026-07-28 alone.
      if (!isObject(params._meta) || params._meta[meta('protocolVersion')] === undefined) {
        delete rest.requestState;
        delete rest.inputResponses;
      }
      if (typeof name !== 'string') return invalid('name must name a tool');
      const args = readCallArguments(rest.arguments);
      if (args !== undefined && !isObject(args)) return invalid('arguments must be an object');
      item.params = { ...rest, name, arguments: args };
      return undefined;
    }
    default:
      return undefined;
  }
}

/** Some clients write the arguments of a call as JSON text, or as a list by place, which the SDK does not let through. */
function readCallArguments(value: unknown): unknown {
  if (isLeftOut(value)) return undefined;
  if (Array.isArray(value)) return { positional: value };
  if (typeof value !== 'string') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : readCallArguments(parsed);
  } catch {
    return value;
  }
}

/** Clients forget half of it, and the SDK takes nothing but the whole. */
function readInitializeParams({ protocolVersion, clientInfo, capabilities, ...rest }: JsonObject): JsonObject {
  return {
    ...rest,
    protocolVersion: asText(protocolVersion, DEFAULT_REVISION),
    clientInfo: readInfo(clientInfo),
    capabilities: readCapabilities(capabilities),
  };
}

function readInfo(value: unknown): JsonObject {
  const info = isObject(value) ? value : {};
  return { ...pickTexts(info), name: asText(info.name, 'unknown'), version: asText(info.version, '0') };
}

function asText(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function pickTexts({ title, websiteUrl }: JsonObject): JsonObject {
  return {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof websiteUrl === 'string' ? { websiteUrl } : {}),
  };
}

/** What a client can do; of what it says in detail, only how it can ask its user matters here. */
function readCapabilities(capabilities: unknown): JsonObject {
  if (!isObject(capabilities)) return {};
  const told = Object.entries(capabilities).flatMap(([name, value]) => {
    if (!isObject(value)) return [];
    const modes = Object.entries(value).filter(([, mode]) => isObject(mode));
    return [[name, name === 'elicitation' ? Object.fromEntries(modes.map(([mode]) => [mode, {}])) : {}]];
  });
  return Object.fromEntries(told);
}
