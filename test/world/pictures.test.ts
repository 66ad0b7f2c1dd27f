import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawDigit, encodePng, startLandscape } from '../../src/world/pictures.js';

/** The chunks of a PNG file, each with its checksum as written. */
function readChunks(png: Buffer) {
  const chunks: { type: string; data: Buffer; checksum: number; body: Buffer }[] = [];
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    const body = png.subarray(at + 4, end);
    const type = body.toString('latin1', 0, 4);
    chunks.push({ type, data: body.subarray(4), checksum: png.readUInt32BE(end), body });
    at = end + 4;
  }
  return chunks;
}

/** Undoes the filter of rows that are all stored as their difference from the one above. */
function readRows(data: Buffer, stride: number): number[] {
  const rows = inflateSync(data);
  const pixels: number[] = [];
  for (let at = 0; at < rows.length; at += stride + 1) {
    expect(rows[at]).toBe(2);
    for (let i = 1; i <= stride; i += 1) pixels.push(((rows[at + i] ?? 0) + (pixels.at(-stride) ?? 0)) % 256);
  }
  return pixels;
}

function paint(prompt: string, seed: number, size: number): Uint8Array {
  const { pixels, paintRows } = startLandscape(prompt, seed, size);
  paintRows(0, size);
  return pixels;
}

describe('encodePng', () => {
  it('writes what a reader of the format gets back', () => {
    const pixels = Uint8Array.from({ length: 5 * 4 * 3 }, (_, index) => (index * 37) % 256);
    const chunks = readChunks(encodePng(pixels, 5, 4));
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    for (const { body, checksum } of chunks) expect(crc32(body)).toBe(checksum);
    expect([...(chunks[0]?.data ?? [])]).toEqual([0, 0, 0, 5, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
    expect(readRows(chunks[1]?.data ?? Buffer.of(), 15)).toEqual([...pixels]);
  });
});

describe('startLandscape', () => {
  it('is the same in bands as at once', () => {
    const { pixels, paintRows } = startLandscape('dawn', 3, 40);
    for (const top of [0, 10, 20, 30]) paintRows(top, top + 10);
    expect(pixels).toEqual(paint('dawn', 3, 40));
  });

  it('takes its colours from the prompt, its shapes from prompt and seed', () => {
    const brightness = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(brightness(paint('a starry night', 1, 32))).toBeLessThan(brightness(paint('a bright morning', 1, 32)) - 40);
    expect(paint('forest', 1, 32)).not.toEqual(paint('forest', 2, 32));
    expect(paint('a green forest', 1, 32)).not.toEqual(paint('forest', 1, 32));
  });
});

it('draws digits that differ', () => {
  const pictures = Array.from({ length: 10 }, (_, digit) => drawDigit(digit).toString('base64'));
  expect(new Set(pictures).size).toBe(10);
  expect(drawDigit(3).subarray(1, 4).toString()).toBe('PNG');
});
