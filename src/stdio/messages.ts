import { PARSE_ERROR, type Reading, readMessages } from '../engine/messages.js';

/**
 * Reads one line as JSON-RPC.
 * @param line as it came, without its newline; a byte order mark before it is no fault
 */
export function readLine(line: string): Reading {
  try {
    return readMessages(JSON.parse(line.startsWith('\uFEFF') ? line.slice(1) : line));
  } catch {
    return { messages: [], refusals: [{ code: PARSE_ERROR, message: 'Parse error: the line is not JSON' }] };
  }
}

const NEWLINE = 0x0a;
const GLIMPSE = 2048;

/** What is known of a line that was too long to read. */
export interface LongLine {
  bytes: number;
  /** Its JSON-RPC id, when it stood in the first or last part of the line. */
  id?: string | number;
}

/** Who takes the lines. */
interface LineTaker {
  line(text: string): void;
  tooLong(line: LongLine): void;
}

/**
 * Cuts bytes into lines and drops those that are too long, so that one of them costs the client an error and neither the
 * connection nor all memory. Empty lines are left out.
 */
export class LineReader {
  readonly #maxBytes: number;
  readonly #taker: LineTaker;
  #pieces: Buffer[] = [];
  #length = 0;
  #head = '';
  #tail = '';

  /**
   * @param maxBytes of one line, its newline not counted
   * @param taker of the lines
   */
  constructor(maxBytes: number, taker: LineTaker) {
    this.#maxBytes = maxBytes;
    this.#taker = taker;
  }

  /** Takes the next bytes, cut anywhere. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end));
      this.end();
      start = end + 1;
    }
    this.#take(chunk.subarray(start));
  }

  /** Ends the line that is open: a last line without a newline still counts, since shell scripts forget it. */
  end(): void {
    const [length, pieces, head, tail] = [this.#length, this.#pieces, this.#head, this.#tail];
    this.#pieces = [];
    this.#length = 0;
    this.#head = '';
    this.#tail = '';
    if (length > this.#maxBytes) return this.#taker.tooLong({ bytes: length, id: findId(head, tail) });
    const text = Buffer.concat(pieces).toString('utf8');
    if (text.trim() !== '') this.#taker.line(text);
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
