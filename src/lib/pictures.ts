import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

/** The kinds of picture that chats show, and how each is found to be all there; what ends too early makes a check throw. */
const CHECKS: Record<string, (picture: Buffer) => boolean | Promise<boolean>> = {
  'image/png': isWholePng,
  'image/jpeg': isWholeJpeg,
  'image/webp': isWholeWebp,
  'image/gif': isWholeGif,
};

/**
 * Whether a chat can show a picture: a kind that every chat knows, and all of it there. One that is cut off spoils a whole
 * conversation. The pixels of a PNG are unpacked; of other kinds the structure is read from the first byte to the last.
 * @param bytes all of the file
 * @param mimeType what its first bytes say it is
 */
export async function isShowable(bytes: Uint8Array, mimeType: string): Promise<boolean> {
  const check = Object.hasOwn(CHECKS, mimeType) ? CHECKS[mimeType] : undefined;
  try {
    return (await check?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) === true;
  } catch {
    return false;
  }
}

/**
 * Whether a picture is of a kind that chats show.
 * @param mimeType what its first bytes say it is
 */
export function isShownKind(mimeType: string): boolean {
  return Object.hasOwn(CHECKS, mimeType);
}

const unpack = promisify(inflate);
/** Bytes of pixels that are unpacked; of a larger picture only the structure is read. */
const MAX_PIXELS = 64 * 2 ** 20;
/** Values of a pixel, by the colour type of a PNG. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

async function isWholePng(png: Buffer): Promise<boolean> {
  const packed: Buffer[] = [];
  let at = 8;
  for (let kind = ''; kind !== 'IEND'; ) {
    const length = png.readUInt32BE(at);
    kind = png.toString('latin1', at + 4, at + 8);
    // With its checksum.
    if (at + 12 + length > png.length) return false;
    if (kind === 'IDAT') packed.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, colours, interlaced] = [png.readUInt8(24), png.readUInt8(25), png.readUInt8(28)];
  const size = height * (1 + Math.ceil((width * depth * (CHANNELS[colours] ?? 0)) / 8));
  if (size > MAX_PIXELS) return true;
  // Interlaced, it has more rows, which are shorter.
  const pixels = await unpack(Buffer.concat(packed), { maxOutputLength: size * 2 + 1024 });
  return pixels.length > 0 && (interlaced === 1 || pixels.length >= size);
}

/** A marker that stands by itself; the others begin with their length. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function isWholeJpeg(jpeg: Buffer): boolean {
  let hasFrame = false;
  let hasScan = false;
  for (let at = 2; ; ) {
    if (jpeg.readUInt8(at) !== 0xff) return false;
    const marker = jpeg.readUInt8(at + 1);
    if (marker === 0xd9) return hasFrame && hasScan;
    if (marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else {
      at += 2 + jpeg.readUInt16BE(at + 2);
      hasFrame ||= isFrame(marker);
      if (marker !== 0xda) continue;
      hasScan = true;
      at = endOfScan(jpeg, at);
    }
  }
}

/** Where the next marker stands behind the packed pixels, in which 0xFF is followed by 0 or by a restart. */
function endOfScan(jpeg: Buffer, from: number): number {
  for (let at = jpeg.indexOf(0xff, from); at !== -1; at = jpeg.indexOf(0xff, at + 1)) {
    const next = jpeg.readUInt8(at + 1);
    if (next !== 0 && next !== 0xff && !isBare(next)) return at;
  }
  return jpeg.length;
}

function isWholeWebp(webp: Buffer): boolean {
  const end = 8 + webp.readUInt32LE(4);
  if (end > webp.length) return false;
  let hasPicture = false;
  for (let at = 12; at < end; ) {
    const kind = webp.toString('latin1', at, at + 4);
    const next = at + 8 + webp.readUInt32LE(at + 4);
    if (next > end) return false;
    hasPicture ||= ['VP8 ', 'VP8L', 'ANMF'].includes(kind);
    // Filled up to an even number of bytes.
    at = next + (next % 2);
  }
  return hasPicture;
}

function isWholeGif(gif: Buffer): boolean {
  const colours = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let hasPicture = false;
  for (let at = 13 + colours(gif.readUInt8(10)); ; ) {
    const kind = gif.readUInt8(at);
    if (kind === 0x3b) return hasPicture;
    if (kind === 0x2c) {
      hasPicture = true;
      at += 11 + colours(gif.readUInt8(at + 9));
    } else if (kind === 0x21) at += 2;
    else return false;
    for (let length = gif.readUInt8(at); length > 0; length = gif.readUInt8(at)) at += 1 + length;
    at += 1;
  }
}
