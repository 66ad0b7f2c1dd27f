import { readFile } from 'node:fs/promises';
import type { SavedFile } from './types.js';

/** Images with a longer edge are refused by some hosts once a conversation holds several. */
const MAX_EDGE = 2000;
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/**
 * The image of a saved file, for an answer that shows it; undefined when it is no picture that every host can show, has
 * too many bytes or pixels, or is gone.
 * @param file saved by `saveOutputs`
 * @param maxBytes of the file itself; base64 adds a third
 */
export async function readInlineImage(
  file: SavedFile,
  maxBytes: number,
): Promise<{ data: string; mimeType: string } | undefined> {
  if (!SHOWN.has(file.mimeType) || file.bytes > maxBytes || file.bytes === 0) return undefined;
  try {
    const [bytes, { imageSize }] = await Promise.all([readFile(file.path), import('image-size')]);
    if (bytes.length > maxBytes) return undefined;
    const { width, height } = imageSize(bytes);
    if (width > MAX_EDGE || height > MAX_EDGE) return undefined;
    return { data: bytes.toString('base64'), mimeType: file.mimeType };
  } catch {
    return undefined;
  }
}
