import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const UP_FILTER = 2;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * Writes pixels as a PNG file (8 bits a channel, RGB; PNG specification, third edition).
 * @param pixels three bytes a pixel, row by row
 * @param width pixels
 * @param height pixels
 */
export function encodePng(pixels: Uint8Array, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = filterRows(pixels, width * 3, height);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.of()),
  ]);
}

/** Each row as its difference from the one above, which smooth pictures compress best with. */
function filterRows(pixels: Uint8Array, stride: number, height: number): Uint8Array {
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y += 1) {
    const target = y * (stride + 1);
    const source = y * stride;
    rows[target] = UP_FILTER;
    for (let i = 0; i < stride; i += 1) {
      const above = y === 0 ? 0 : (pixels[source - stride + i] ?? 0);
      rows[target + 1 + i] = (pixels[source + i] ?? 0) - above;
    }
  }
  return rows;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

type Colour = readonly [red: number, green: number, blue: number];

interface Palette {
  /** A prompt with this word gets the palette. */
  word: RegExp;
  zenith: Colour;
  horizon: Colour;
  sun: Colour;
  /** The farthest and the nearest hills; those between are mixed. */
  far: Colour;
  near: Colour;
}

const PALETTES: readonly Palette[] = [
  {
    word: /night|moon|star|midnight/i,
    zenith: [8, 12, 40],
    horizon: [52, 66, 122],
    sun: [236, 240, 255],
    far: [44, 54, 104],
    near: [6, 9, 26],
  },
  {
    word: /sunset|evening|dusk|warm/i,
    zenith: [58, 36, 92],
    horizon: [255, 148, 92],
    sun: [255, 224, 150],
    far: [196, 92, 96],
    near: [42, 18, 44],
  },
  {
    word: /dawn|morning|spring|pink/i,
    zenith: [120, 160, 220],
    horizon: [255, 214, 204],
    sun: [255, 250, 228],
    far: [190, 164, 196],
    near: [58, 70, 96],
  },
  {
    word: /forest|green|jungle|meadow/i,
    zenith: [110, 176, 214],
    horizon: [226, 240, 214],
    sun: [255, 252, 226],
    far: [142, 186, 154],
    near: [16, 58, 42],
  },
  {
    word: /sea|ocean|ice|winter|snow|blue/i,
    zenith: [64, 126, 190],
    horizon: [214, 236, 246],
    sun: [255, 255, 246],
    far: [138, 182, 208],
    near: [18, 62, 98],
  },
];

const RIDGES = 6;
const SUN_RADIUS = 0.07;

/** A picture in progress: the caller paints it band by band, so that other requests do not have to wait. */
export interface Painting {
  pixels: Uint8Array;
  /** Paints the rows from `top` up to but not including `bottom`. */
  paintRows(top: number, bottom: number): void;
}

/**
 * Starts a landscape: sky, sun and rows of hills. The same prompt, seed and size always give the same picture.
 * @param prompt words such as "night" or "forest" choose the colours, all of it the shapes
 * @param seed another one gives another landscape in the same colours
 * @param size width and height, pixels
 */
export function startLandscape(prompt: string, seed: number, size: number): Painting {
  const bytes = createHash('sha256').update(`${seed}\n${prompt}`).digest();
  const unit = (index: number) => (bytes[index % bytes.length] ?? 0) / 255;
  const palette = PALETTES.find(({ word }) => word.test(prompt)) ?? paletteAt(unit(0));
  const sun = { x: 0.15 + 0.7 * unit(1), y: 0.12 + 0.28 * unit(2) };
  const ridges = Array.from({ length: RIDGES }, (_, ridge) => ridgeLine(ridge, size, unit));
  const pixels = new Uint8Array(size * size * 3);
  const paintRows = (top: number, bottom: number) => {
    for (let y = top; y < bottom; y += 1) {
      for (let x = 0; x < size; x += 1) {
        const u = x / size;
        const v = y / size;
        const ridge = ridges.findLastIndex((line) => v >= (line[x] ?? 1));
        const colour = ridge < 0 ? skyAt(u, v, sun, palette) : hillAt(v - (ridges[ridge]?.[x] ?? 0), ridge, palette);
        pixels.set(colour, (y * size + x) * 3);
      }
    }
  };
  return { pixels, paintRows };
}

function paletteAt(position: number): Palette {
  return PALETTES[Math.floor(position * (PALETTES.length - 1))] as Palette;
}

/** Height of a ridge over every column, 0 at the top of the picture and 1 at its foot: waves of falling size. */
function ridgeLine(ridge: number, size: number, unit: (index: number) => number): Float64Array {
  const base = 0.5 + 0.44 * (ridge / RIDGES);
  const heights = new Float64Array(size);
  for (let x = 0; x < size; x += 1) {
    let height = base;
    for (let wave = 0; wave < 5; wave += 1) {
      const phase = unit(3 + ridge * 5 + wave) * 2 * Math.PI;
      const frequency = (1.3 + unit(7 + ridge + wave)) * 1.9 ** wave;
      height += (0.055 / 1.75 ** wave) * Math.sin(2 * Math.PI * frequency * (x / size) + phase);
    }
    heights[x] = height;
  }
  return heights;
}

function skyAt(u: number, v: number, sun: { x: number; y: number }, palette: Palette): Colour {
  const distance = Math.hypot(u - sun.x, v - sun.y);
  const disc = smooth(SUN_RADIUS + 0.004, SUN_RADIUS - 0.004, distance);
  const glow = 0.55 * Math.exp(-distance * 5);
  return mix(mix(palette.zenith, palette.horizon, Math.min(1, v / 0.62)), palette.sun, Math.max(disc, glow));
}

/** Hills are darker the nearer they are, and misty at their feet. */
function hillAt(depth: number, ridge: number, palette: Palette): Colour {
  const colour = mix(palette.far, palette.near, ridge / (RIDGES - 1));
  return mix(colour, palette.horizon, Math.min(0.3, depth * (1.6 - ridge * 0.25)));
}

function mix(from: Colour, to: Colour, share: number): Colour {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}

/** 0 at `from`, 1 at `to`, without an edge between. */
function smooth(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** The digits on a grid of 5 by 7. */
const GLYPHS = [
  '01110 10001 10011 10101 11001 10001 01110',
  '00100 01100 00100 00100 00100 00100 01110',
  '01110 10001 00001 00110 01000 10000 11111',
  '11110 00001 00001 01110 00001 00001 11110',
  '00010 00110 01010 10010 11111 00010 00010',
  '11111 10000 11110 00001 00001 10001 01110',
  '00110 01000 10000 11110 10001 10001 01110',
  '11111 00001 00010 00100 01000 01000 01000',
  '01110 10001 10001 01110 10001 10001 01110',
  '01110 10001 10001 01111 00001 00010 01100',
].map((glyph) => glyph.split(' '));

const SIDE = 28;
const SCALE = 3;

/**
 * A picture of a digit, white on black, 28 by 28 pixels.
 * @param digit 0 to 9
 * @returns a PNG
 */
export function drawDigit(digit: number): Buffer {
  const glyph = GLYPHS[digit] ?? [];
  const left = Math.floor((SIDE - 5 * SCALE) / 2);
  const top = Math.floor((SIDE - 7 * SCALE) / 2);
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < 7 * SCALE; y += 1) {
    for (let x = 0; x < 5 * SCALE; x += 1) {
      const lit = glyph[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === '1';
      if (lit) pixels.fill(255, ((top + y) * SIDE + left + x) * 3, ((top + y) * SIDE + left + x + 1) * 3);
    }
  }
  return encodePng(pixels, SIDE, SIDE);
}

/** Samples per second. */
const RATE = 8000;

/**
 * A short tone.
 * @param hertz its pitch
 * @param seconds its length
 * @returns a WAV file: one channel of 8-bit PCM
 */
export function playTone(hertz: number, seconds: number): Buffer {
  const count = Math.round(RATE * seconds);
  const samples = Buffer.alloc(count);
  for (let at = 0; at < count; at += 1)
    samples[at] = Math.round(128 + 100 * Math.sin((2 * Math.PI * hertz * at) / RATE));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + count, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(count, 40);
  return Buffer.concat([head, samples]);
}
