import { HugwireError } from '../errors.js';
import { formatBytes } from '../text/format.js';
import { takePage } from '../text/page.js';
import { cleanText } from '../text/sanitize.js';
import { HEAD_BYTES, type RemoteFile } from './remote-file.js';

export interface TextPage {
  /** Clean text. */
  text: string;
  /** Characters of the file to go on from. */
  next?: number;
}

/** Characters are counted from the file's begin, so what lies deep in a file means fetching all before it. */
const MAX_DEPTH_BYTES = 8 * 1024 * 1024;
const STEP_BYTES = 1024 * 1024;

/**
 * A page of a text file by characters, for which no more of the file is fetched than lies before its end.
 * @param file UTF-8 text; stray bytes become U+FFFD
 * @param offset characters (UTF-16 units) to skip
 * @param size characters at most
 * @throws HugwireError `too_large` for a page that lies deeper than 8 MiB, `invalid_arguments` for one beyond the end
 */
export async function readTextPage(file: RemoteFile, offset: number, size: number): Promise<TextPage> {
  const { text, complete } = await decodeUpTo(file, offset + size + 1);
  if (offset > 0 && offset >= text.length) {
    if (complete) {
      throw new HugwireError(
        'invalid_arguments',
        `${file.path} has ${text.length} characters; ${offset} is beyond them.`,
        {
          hint: 'Take the offset from the line "continues at …" of the last answer.',
        },
      );
    }
    throw tooDeep(file);
  }
  const page = takePage(text, offset, size);
  const next = page.next ?? (complete ? undefined : text.length);
  return { text: cleanText(page.text), ...(next === undefined ? {} : { next }) };
}

/** Decodes from the begin until there are `length` characters, or the file or our patience ends. */
async function decodeUpTo(file: RemoteFile, length: number): Promise<{ text: string; complete: boolean }> {
  const decoder = new TextDecoder();
  let at = file.head.length;
  let text = decoder.decode(file.head, { stream: at < file.size });
  while (text.length < length && at < file.size && at < MAX_DEPTH_BYTES) {
    const end = Math.min(file.size, at + (at === HEAD_BYTES ? STEP_BYTES - HEAD_BYTES : STEP_BYTES));
    text += decoder.decode(await file.read(at, end), { stream: end < file.size });
    at = end;
  }
  return { text, complete: at >= file.size };
}

function tooDeep(file: RemoteFile): HugwireError {
  return new HugwireError(
    'too_large',
    `${file.path} has ${formatBytes(file.size)}; hugwire reads text up to ${formatBytes(MAX_DEPTH_BYTES)} into a file.`,
    { hint: 'For the rows of a dataset use dataset_rows with where or query.' },
  );
}
