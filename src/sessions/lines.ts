import { type FileHandle, open } from 'node:fs/promises';

const CHUNK = 64 * 1024;
const NEWLINE = 0x0a;
/** No entry is that long: what is, is no line of a journal. */
const MAX_LINE = 1024 * 1024;

/** A whole line of a file, and where the next one begins. */
export interface Line {
  text: string;
  /** Bytes from the begin of the file. */
  end: number;
}

/**
 * Reads the whole lines of a file, a piece at a time; what stands after the last line end is left out, since it may still
 * be being written.
 * @param path of the file
 * @param from byte to begin at
 * @throws the system's error when the file cannot be read
 */
export async function* readLines(path: string, from = 0): AsyncGenerator<Line> {
  const file = await open(path, 'r');
  try {
    yield* linesOf(file, from);
  } finally {
    await file.close();
  }
}

async function* linesOf(file: FileHandle, from: number): AsyncGenerator<Line> {
  const chunk = Buffer.alloc(CHUNK);
  let rest: Buffer = Buffer.alloc(0);
  let at = from;
  let tooLong = false;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK, at + rest.length);
    if (bytesRead === 0) return;
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE, start)) {
      const text = rest.toString('utf8', start, end);
      start = end + 1;
      if (!tooLong && text !== '') yield { text, end: at + start };
      tooLong = false;
    }
    at += start;
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE) {
      tooLong = true;
      at += rest.length;
      rest = Buffer.alloc(0);
    }
  }
}

/**
 * The lines within the last bytes of a file, the first of which may be cut off and is left out.
 * @param path of the file
 * @param bytes how many at most
 * @throws the system's error when the file cannot be read
 */
export async function readTail(path: string, bytes: number): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    lines.pop();
    return from > 0 ? lines.slice(1) : lines;
  } finally {
    await file.close();
  }
}
