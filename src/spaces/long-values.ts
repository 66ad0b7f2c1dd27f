import { toHugwireError } from '../errors.js';
import { cleanText } from '../text/sanitize.js';
import { fileStem } from './file-names.js';
import { draftFile } from './save-file.js';
import type { App, Endpoint, SavedFile } from './types.js';

/** Characters of one value that an answer shows, as long as all fit together; else of each. */
const ROOMY = 4_000;
const TIGHT = 1_000;
const ALL = 12_000;
const MAX_SAVED = 20;

/**
 * How many characters of each value an answer shows.
 * @param texts all values of the answer as text
 */
export function shownLength(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0) > ALL ? TIGHT : ROOMY;
}

/**
 * A value as text: what it is, when it is text, else as JSON.
 * @param value any value of an answer
 */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/**
 * Saves the values of an answer that are too long to be shown whole.
 * @param data the values
 * @param files that the answer had: their descriptions are not worth saving
 * @param saveTo directory
 * @returns a file for each, and a sentence for each that could not be saved
 */
export async function saveLongValues(
  data: readonly unknown[],
  files: readonly SavedFile[],
  { app, endpoint, saveTo }: { app: App; endpoint: Endpoint; saveTo: string },
): Promise<{ files: SavedFile[]; notes: string[] }> {
  const texts = data.map((value, at) => (files.some((file) => file.at[0] === at) ? '' : textOf(value)));
  const limit = shownLength(texts);
  const long = [...texts.entries()].filter(([, text]) => text.length > limit).slice(0, MAX_SAVED);
  const saved: SavedFile[] = [];
  const notes: string[] = [];
  for (const [at, text] of long) {
    const isText = typeof data[at] === 'string';
    const bytes = Buffer.from(isText ? cleanText(text) : text);
    try {
      const draft = await draftFile(saveTo);
      await draft.write(bytes);
      const path = await draft.publish(fileStem(app, endpoint), isText ? 'txt' : 'json');
      const mimeType = isText ? 'text/plain' : 'application/json';
      saved.push({ path, bytes: bytes.length, mimeType, at: [at], whole: true });
    } catch (error) {
      notes.push(`A long value was not saved: ${toHugwireError(error).message}`);
    }
  }
  return { files: saved, notes };
}
