import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { appendLines, type Line, readLines, readTail } from '../../src/lib/jsonl.js';
import { interceptWrites } from './file-writes.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hugwire-jsonl-'));
  path = join(directory, 'lines.jsonl');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

async function collect(from?: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(path, from)) lines.push(line);
  return lines;
}

describe('the lines of a file', () => {
  it('are read whole, with where each ends, from any line on', async () => {
    writeFileSync(path, 'ä\n\ntwo\nhalf');
    expect(await collect()).toEqual([
      { text: 'ä', end: 3 },
      { text: 'two', end: 8 },
    ]);
    expect(await collect(3)).toEqual([{ text: 'two', end: 8 }]);
    expect(await collect(8)).toEqual([]);
  });

  it('are left out where they are far too long, whatever they end in', async () => {
    const long = 'x'.repeat(3_000_000);
    writeFileSync(path, `one\n${long}\ntwo\n${long}`);
    expect(await collect()).toEqual([
      { text: 'one', end: 4 },
      { text: 'two', end: 3_000_009 },
    ]);
  });

  it('are read from the end, but for one that is cut off there', async () => {
    writeFileSync(path, 'one\ntwo\nthree\nhalf');
    expect(await readTail(path, 100)).toEqual(['one', 'two', 'three']);
    expect(await readTail(path, 13)).toEqual(['three']);
    expect(await readTail(path, 3)).toEqual([]);
  });

  it('are added all or none, behind a half one as well', async () => {
    writeFileSync(path, 'one\nhalf');
    const file = await open(path, 'a+');
    await appendLines(file, ['two', 'three']);
    expect(readFileSync(path, 'utf8')).toBe('one\nhalf\ntwo\nthree\n');
    let count = 0;
    await interceptWrites(async (bytes, take) => {
      count += 1;
      if (count > 1) throw new Error('full');
      return take(bytes.subarray(0, 2));
    });
    await expect(appendLines(file, ['four'])).rejects.toThrow('full');
    await file.close();
    expect(readFileSync(path, 'utf8')).toBe('one\nhalf\ntwo\nthree\n');
  });
});
