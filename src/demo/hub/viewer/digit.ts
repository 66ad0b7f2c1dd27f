import { encodePng } from '../../space/png.js';

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
