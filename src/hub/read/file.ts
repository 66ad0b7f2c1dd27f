import { HugwireError } from '../../lib/errors.js';
import { formatBytes, plural } from '../../lib/format.js';
import { nearest } from '../../lib/nearest.js';
import { cleanText, takePage } from '../../lib/text.js';
import { showReference } from '../reference.js';
import { sumOf } from '../repo/sizes.js';
import type { RepoAt, TreeEntry } from '../repo/tree.js';
import type { HubClient } from '../types.js';
import type { Document, ReadOptions } from './document.js';
import { describeBinary, identifyBinary, isText } from './formats/binary.js';
import type { Description } from './formats/description.js';
import { binaryFormat, textFormat } from './formats/formats.js';
import { HEAD_BYTES, openFile, type RemoteFile } from './remote-file.js';

/** Data in text form is told about from here on, unless its text is asked for. */
const LONG_BYTES = 20_000;
const INLINE_IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** Files whose rows the dataset viewer serves. */
const TABLES = /\.(?:parquet|csv|tsv|jsonl|ndjson)$/i;
const POINTER = 'version https://git-lfs.github.com/spec/v1';

/**
 * Reads a file, or lists the folder where the path is one.
 * @param hub the Hub
 * @param repo where it is
 * @param path of the file or folder
 * @param options how much of it
 * @throws HugwireError `not_found` that names the nearest file, and all that the Hub refuses
 */
export async function readPath(hub: HubClient, repo: RepoAt, path: string, options: ReadOptions): Promise<Document> {
  try {
    return await readFile(await openFile(hub, repo, path), options);
  } catch (error) {
    if (!(error instanceof HugwireError) || error.missing !== 'file') throw error;
    return await listFolder(hub, repo, path, options).catch(async (other) => {
      throw other instanceof HugwireError && other.missing === 'file'
        ? await explainMiss(hub, repo, path, error)
        : other;
    });
  }
}

async function readFile(file: RemoteFile, options: ReadOptions): Promise<Document> {
  const document = { uri: showReference({ type: 'path', ...file.repo, path: file.path }), type: 'file' as const };
  refusePointer(file);
  const format = binaryFormat(file);
  if (format) return { ...document, ...tellAbout(file, await format(file)) };
  if (!isText(file)) return { ...document, ...(await readBinary(file, options)) };
  const data = textFormat(file);
  if (data && !options.asText && file.size > LONG_BYTES) {
    const { facts, body } = tellAbout(file, await data(file));
    return { ...document, facts: [...facts, 'offset=0 gives its text'], body };
  }
  const { text, next } = await readTextPage(file, options.offset ?? 0, options.maxChars);
  return {
    ...document,
    facts: file.size === 0 ? ['empty file'] : [formatBytes(file.size)],
    body: text || undefined,
    next,
  };
}

function tellAbout(file: RemoteFile, { facts, inside }: Description): Pick<Document, 'facts' | 'body'> {
  const [first = '', ...rest] = facts;
  const table = file.repo.kind === 'dataset' && TABLES.test(file.path);
  const rows = table ? ['dataset_rows shows and searches the rows'] : [];
  return { facts: [`${formatBytes(file.size)}, ${first}`, ...rest, ...rows], body: inside || undefined };
}

/**
 * A binary file: a picture of a kind that chats show, told about or itself.
 * @param file its bytes and its name
 * @param options how large a picture may be
 */
export async function readBinary(
  file: Pick<RemoteFile, 'path' | 'head' | 'size' | 'read'>,
  { inlineImageBytes }: ReadOptions,
): Promise<Partial<Document> & { facts: string[] }> {
  const kind = await identifyBinary(file);
  if (kind.mime === undefined || !INLINE_IMAGES.has(kind.mime)) return { facts: [describeBinary(file, kind)] };
  if (file.size > inlineImageBytes) {
    return {
      facts: [
        `${kind.name} (${kind.mime}), ${formatBytes(file.size)}: over the ${formatBytes(inlineImageBytes)} that are shown inline`,
      ],
    };
  }
  const bytes = await file.read(0, file.size);
  return { facts: [`${kind.mime}, ${formatBytes(file.size)}`], image: { bytes, mimeType: kind.mime } };
}

/** A pointer that reached us as a file's content says nothing of the content. */
function refusePointer({ head, path }: RemoteFile): void {
  const text = new TextDecoder().decode(head.subarray(0, 200));
  if (head.length > 1024 || !text.startsWith(POINTER)) return;
  const size = /^size (\d+)$/m.exec(text)?.[1];
  throw new HugwireError(
    'unavailable',
    `The Hub gave only the Git LFS pointer of ${path}${size ? `, whose content has ${formatBytes(Number(size))}` : ''}.`,
    { hint: 'A mirror may lack the content; with HF_ENDPOINT unset the Hub itself is asked.' },
  );
}

async function explainMiss(hub: HubClient, repo: RepoAt, path: string, error: HugwireError): Promise<HugwireError> {
  const { listTree } = await import('../repo/tree.js');
  const tree = await listTree(hub, repo, '', true).catch(() => undefined);
  const paths = tree?.entries.filter(({ type }) => type === 'file').map((entry) => entry.path) ?? [];
  const named = path.split('/').at(-1) ?? path;
  const meant = paths.find((one) => one.split('/').at(-1) === named) ?? nearest(path, paths);
  if (!meant) return error;
  const uri = showReference({ type: 'path', ...repo, path: meant });
  return new HugwireError('not_found', error.message, {
    hint: `Did you mean ${uri}? ${error.hint ?? ''}`.trim(),
    requestId: error.requestId,
    missing: 'file',
    cause: error,
  });
}

interface TextPage {
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
  return { text: cleanText(page.text), next };
}

/** Decodes from the beginning until there are `length` characters, or the file or our patience ends. */
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

/** Entries on a page. */
const MOST_ENTRIES = 200;

/**
 * Lists a folder, folders first.
 * @param hub the Hub
 * @param repo where it is
 * @param path of the folder; "" is the root
 * @param options `offset` skips entries
 * @throws HugwireError `not_found` with `missing: 'file'` when there is none
 */
export async function listFolder(hub: HubClient, repo: RepoAt, path: string, options: ReadOptions): Promise<Document> {
  const { listTree } = await import('../repo/tree.js');
  const { entries, complete } = await listTree(hub, repo, path, false);
  const sorted = [...entries].sort(
    (a, b) => Number(b.type === 'folder') - Number(a.type === 'folder') || (a.path < b.path ? -1 : 1),
  );
  const files = entries.filter(({ type }) => type === 'file');
  const start = options.offset ?? 0;
  const shown = sorted.slice(start, start + MOST_ENTRIES);
  const next = start + shown.length;
  return {
    uri: showReference({ type: 'path', ...repo, path, folder: true }),
    type: 'folder',
    facts: [
      `folder: ${plural(entries.length - files.length, 'folder')}, ${plural(files.length, 'file')}${complete ? '' : ' and more'}, ${formatBytes(sumOf(files))}`,
    ],
    body: shown.map((entry) => showEntry(entry, path)).join('\n'),
    next: next < sorted.length ? next : undefined,
    length: next < sorted.length ? sorted.length : undefined,
  };
}

function showEntry({ type, path, size }: TreeEntry, folder: string): string {
  const name = folder && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  if (type === 'folder') return `${name}/`;
  return size === undefined ? name : `${name} ${formatBytes(size)}`;
}
