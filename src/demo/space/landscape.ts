import { createHash } from 'node:crypto';

type Colour = readonly [red: number, green: number, blue: number];

interface Palette {
  /** A prompt with this word gets the palette. */
  word: RegExp;
  zenith: Colour;
  horizon: Colour;
  sun: Colour;
  /** The hills, near the horizon first; what lies between is mixed. */
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

/** A picture being drawn: the caller paints its rows in bands, so that nothing else has to wait for all of it. */
export interface Painting {
  pixels: Uint8Array;
  /** Paints the rows from `top` up to, without, `bottom`. */
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
