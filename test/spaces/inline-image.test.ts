import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInlineImage } from '../../src/spaces/save-file.js';

/** The head of a PNG of any size; more than its head is not looked at. */
function png(width: number, height: number): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([head, size, Buffer.from('0806000000', 'hex')]);
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hugwire-inline-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function read(bytes: Buffer, mimeType = 'image/png', maxBytes = 1000) {
  const path = join(directory, 'a');
  await writeFile(path, bytes);
  return readInlineImage({ path, bytes: bytes.length, mimeType, at: [0] }, maxBytes);
}

describe('readInlineImage', () => {
  it('gives a picture that every host can show', async () => {
    const bytes = png(2000, 100);
    expect(await read(bytes)).toEqual({ data: bytes.toString('base64'), mimeType: 'image/png' });
  });

  it('leaves out what has too many bytes or pixels, is no picture, or is broken', async () => {
    expect(await read(png(10, 10), 'image/png', 20)).toBeUndefined();
    expect(await read(png(2001, 10))).toBeUndefined();
    expect(await read(png(10, 9000))).toBeUndefined();
    expect(await read(png(10, 10), 'image/svg+xml')).toBeUndefined();
    expect(await read(Buffer.from('no picture at all'))).toBeUndefined();
    expect(await read(Buffer.alloc(0))).toBeUndefined();
    expect(
      await readInlineImage({ path: join(directory, 'gone'), bytes: 10, mimeType: 'image/png', at: [0] }, 100),
    ).toBeUndefined();
  });
});
