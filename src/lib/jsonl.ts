import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** What is longer is skipped where a file is read in pieces, unless told: it was written by something else. */
const MAX_LINE_BYTES = 1024 * 1024;

/** A whole line of a file, without its end. */
export interface Line {
  text: string;
  /** Where the next line begins, in bytes from the start of what was read. */
  end: number;
}

/**
 * The whole lines in some bytes; empty ones are left out.
 * @param bytes of a file, from the start of a line on
 * @returns the lines, and where the last of them ends; what stands behind it may still be being written
 */
export function wholeLines(bytes: Buffer): { lines: Line[]; end: number } {
  const lines: Line[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    const text = bytes.toString('utf8', start, at);
    start = at + 1;
    if (text !== '') lines.push({ text, end: start });
  }
  return { lines, end: start };
}

/**
 * Reads the whole lines of a file in pieces; what stands behind the last line end is left out, and so are lines that are too
 * long.
 * @param path of the file
 * @param from byte to begin at; `end` of a line counts from the start of the file
 * @param longest bytes of a line; a megabyte unless told
 * @throws the system's error when the file cannot be read
 */
export async function* readLines(path: string, from = 0, longest = MAX_LINE_BYTES): AsyncGenerator<Line> {
  const file = await open(path, 'r');
  try {
    let chunk = Buffer.alloc(CHUNK_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    let at = from;
    let isTooLong = false;
    for (;;) {
      // Within a long line ever larger pieces are read, so that its bytes are not copied and searched again and again.
      if (rest.length > chunk.length) chunk = Buffer.alloc(rest.length);
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at + rest.length);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      if (isTooLong) {
        // Up to its end the line that was too long goes on.
        const end = rest.indexOf(NEWLINE) + 1;
        isTooLong = end === 0;
        at += end || rest.length;
        rest = rest.subarray(end || rest.length);
      }
      const { lines, end } = wholeLines(rest);
      for (const line of lines) yield { text: line.text, end: at + line.end };
      at += end;
      rest = rest.subarray(end);
      if (rest.length > longest) {
        isTooLong = true;
        at += rest.length;
        rest = Buffer.alloc(0);
      }
    }
  } finally {
    await file.close();
  }
}

/**
 * The whole lines within the last bytes of a file, the first of which may be cut off and is left out.
 * @param path of the file
 * @param bytes how many at most
 * @throws the system's error when the file cannot be read
 */
export async function readTail(path: string, bytes: number): Promise<string[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const tail = await readBytes(file, from, size - from);
    const start = from > 0 ? tail.indexOf(NEWLINE) + 1 || tail.length : 0;
    return wholeLines(tail.subarray(start)).lines.map(({ text }) => text);
  } finally {
    await file.close();
  }
}

/**
 * Reads a part of a file; less than was asked for where it ends before.
 * @param file open for reading
 */
export async function readBytes(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * The bytes of some lines.
 * @param lines without their ends
 */
export function lineBytes(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

/**
 * Adds bytes at the end of a file, however many the system takes at a time.
 * @param file open for appending
 * @throws the system's error; a part may be written then
 */
export async function appendBytes(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray((await file.write(rest)).bytesWritten);
}

/**
 * Adds lines at the end of a file, all or none of them. A half line that is there already, left by a process that died, is
 * ended first.
 * @param file open for reading and appending (`a+`)
 * @param lines without their ends
 * @throws the system's error; the file is then as before
 */
export async function appendLines(file: FileHandle, lines: readonly string[]): Promise<void> {
  const { size } = await file.stat();
  const isTorn = size > 0 && (await readBytes(file, size - 1, 1))[0] !== NEWLINE;
  try {
    await appendBytes(file, lineBytes(isTorn ? ['', ...lines] : lines));
    await file.datasync();
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}
