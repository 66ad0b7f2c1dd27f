import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { expandHome } from '../../lib/files.js';
import { formatBytes } from '../../lib/format.js';
import { isShowable, isShownKind } from '../../lib/pictures.js';
import { cleanText, fence, showName } from '../../lib/text.js';
import type { ContentPart } from '../../sessions/items.js';
import { openLocalFile } from '../../spaces/local-files.js';

/** A message as it is sent, and what to tell of the files that it names. */
export interface Prepared {
  content: ContentPart[];
  notes: string[];
}

/** What a model can be expected to read. */
const MAX_TEXT_BYTES = 200_000;
const MAX_PICTURE_BYTES = 8_000_000;
const MAX_FILES = 8;

/** A word that names a file: `@notes.txt`, `./picture.png`, `~/notes.txt`, `/tmp/x.jpg`; blanks within quotes, or behind a backslash. */
const PATHS =
  /(?<!\S)(?:@?"((?:[@~./\\]|[A-Za-z]:[\\/])[^"\n]{1,400})"|(@?(?:@|~[\\/]|\.{1,2}[\\/]|\/|[A-Za-z]:[\\/])(?:\\ |[^\s"]){1,400}))/g;

/**
 * Puts the pictures and texts with a message that it names by path: typing a path is consent, but to nothing that looks like
 * a secret. Other files stay paths, for tools.
 * @param text what the user typed
 * @param token in use, which leaves in no file
 */
export async function attachFiles(text: string, token: string | undefined): Promise<Prepared> {
  const content: ContentPart[] = [{ type: 'input_text', text }];
  const notes: string[] = [];
  const words = [...text.matchAll(PATHS)].map(([, quoted, bare = '']) => quoted ?? bare.replaceAll('\\ ', ' '));
  const named = new Map(
    words.map((word) => {
      const isMeant = word.startsWith('@');
      const bare = isMeant ? word.slice(1) : word;
      return [expandHome(bare.replace(/(?<![.,;:!?)])[.,;:!?)]{1,5}$/, '')), isMeant];
    }),
  );
  for (const [path, isMeant] of [...named].slice(0, MAX_FILES)) {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!isFile) {
      if (isMeant) notes.push(`${showName(path, 200)}: there is no such file; the message goes without it.`);
      continue;
    }
    try {
      const { part, note } = await attach(path, token);
      if (part) content.push(part);
      if (part ?? isMeant) notes.push(note);
    } catch (error) {
      const { message } = toHugwireError(error);
      notes.push(`${showName(path, 200)} was left out: ${message}`);
    }
  }
  return { content, notes };
}

async function attach(path: string, token: string | undefined): Promise<{ part?: ContentPart; note: string }> {
  const limit = { bytes: MAX_PICTURE_BYTES, hint: '' };
  const file = await openLocalFile(path, { readFrom: [], saveTo: '', token, typed: true, strict: true }, limit);
  const { fileTypeFromBuffer } = await import('file-type');
  const mime = (await fileTypeFromBuffer(file.head))?.mime;
  const told = `${basename(path)} (${formatBytes(file.size)})`;
  if (mime !== undefined && !isShownKind(mime))
    return { note: `${told} stays a path: it is neither text nor a picture.` };
  const pieces: Uint8Array[] = [];
  for await (const piece of file.stream()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (mime !== undefined) {
    if (!(await isShowable(bytes, mime))) throw new HugwireError('invalid_arguments', 'the picture is broken.');
    const part = { type: 'input_image' as const, image_url: `data:${mime};base64,${bytes.toString('base64')}` };
    return { part, note: `with ${told}` };
  }
  if (bytes.includes(0)) return { note: `${told} stays a path: it is neither text nor a picture.` };
  const text = cleanText(bytes.subarray(0, MAX_TEXT_BYTES).toString('utf8'));
  const cut = bytes.length > MAX_TEXT_BYTES ? `, its first ${formatBytes(MAX_TEXT_BYTES)}` : '';
  return { part: { type: 'input_text', text: fence(text, `file ${path}`) }, note: `with ${told}${cut}` };
}
