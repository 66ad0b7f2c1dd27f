import { Transform, type TransformCallback } from 'node:stream';
import { isObject } from '../lib/json.js';

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
interface Reading {
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

const NEWLINE = 0x0a;
const GLIMPSE = 2048;

/** What is known of a line that was too long to read. */
export interface LongLine {
  bytes: number;
  /** Its JSON-RPC id, when it stood in the first or last part of the line. */
  id?: string | number;
}

/**
 * Lets whole lines through and drops those that are too long, so that one of them costs the client an error and neither
 * the connection nor all memory.
 */
export class LineFilter extends Transform {
  readonly #maxBytes: number;
  readonly #onLong: (line: LongLine) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  #head = '';
  #tail = '';

  /**
   * @param maxBytes of one line, its newline not counted
   * @param onLong told of every line that was dropped
   */
  constructor(maxBytes: number, onLong: (line: LongLine) => void) {
    super();
    this.#maxBytes = maxBytes;
    this.#onLong = onLong;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#take(chunk.subarray(start));
    done();
  }

  override _flush(done: TransformCallback): void {
    // A last line without a newline still counts: shell scripts forget it.
    this.#endLine();
    done();
  }

  #take(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length <= this.#maxBytes) {
      this.#pieces.push(piece);
      return;
    }
    if (this.#pieces.length > 0) {
      const sofar = Buffer.concat(this.#pieces);
      this.#head = sofar.toString('utf8', 0, GLIMPSE);
      this.#tail = sofar.toString('utf8', Math.max(0, sofar.length - GLIMPSE));
      this.#pieces = [];
    }
    this.#head ||= piece.toString('utf8', 0, GLIMPSE);
    this.#tail = (this.#tail + piece.toString('utf8', Math.max(0, piece.length - GLIMPSE))).slice(-GLIMPSE);
  }

  #endLine(): void {
    if (this.#length > this.#maxBytes) this.#onLong({ bytes: this.#length, id: findId(this.#head, this.#tail) });
    else if (this.#length > 0) this.push(Buffer.concat([...this.#pieces, Buffer.from('\n')]));
    this.#pieces = [];
    this.#length = 0;
    this.#head = '';
    this.#tail = '';
  }
}

const VALUE = '("(?:[^"\\\\]|\\\\.)*"|-?\\d+)';
const FIRST_ID = new RegExp(`^\\s*\\{\\s*(?:"(?:jsonrpc|method)"\\s*:\\s*"[^"]*"\\s*,\\s*)*"id"\\s*:\\s*${VALUE}`);
const LAST_ID = new RegExp(`,\\s*"id"\\s*:\\s*${VALUE}\\s*\\}\\s*$`);

/** Clients write the id among the first members of a request or as its very last. */
function findId(head: string, tail: string): string | number | undefined {
  const found = FIRST_ID.exec(head)?.[1] ?? LAST_ID.exec(tail)?.[1];
  try {
    const id: unknown = JSON.parse(found ?? '');
    return typeof id === 'string' || Number.isSafeInteger(id) ? (id as string | number) : undefined;
  } catch {
    // No id, or one that is no JSON: there is nobody to answer.
    return undefined;
  }
}
