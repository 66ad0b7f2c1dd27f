import { Transform, type TransformCallback } from 'node:stream';

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
