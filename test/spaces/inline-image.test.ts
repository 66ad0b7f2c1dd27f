import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInlineImage } from '../../src/spaces/save-file.js';

/** A white PNG of any size. */
function png(width: number, height: number): Buffer {
  const chunk = (kind: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    // Nobody looks at the checksum.
    return Buffer.concat([length, Buffer.from(kind), data, Buffer.alloc(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 1;
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
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

  it('leaves out what has too many bytes or pixels, is no picture, or is gone', async () => {
    expect(await read(png(10, 10), 'image/png', 20)).toBeUndefined();
    expect(await read(png(2001, 10))).toBeUndefined();
    expect(await read(png(10, 9000))).toBeUndefined();
    expect(await read(png(10, 10), 'image/svg+xml')).toBeUndefined();
    expect(await read(Buffer.alloc(0))).toBeUndefined();
    expect(
      await readInlineImage({ path: join(directory, 'gone'), bytes: 10, mimeType: 'image/png', at: [0] }, 100),
    ).toBeUndefined();
  });

  it('tells of a picture that nobody can show', async () => {
    expect(await read(Buffer.from('no picture at all'))).toBe('damaged');
    expect(await read(png(20, 20).subarray(0, -20))).toBe('damaged');
  });
});
