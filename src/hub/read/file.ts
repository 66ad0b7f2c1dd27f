import { HugwireError } from '../../lib/errors.js';
import { formatBytes, plural } from '../../lib/format.js';
import { nearest } from '../../lib/nearest.js';
import { isShowable, isShownKind } from '../../lib/pictures.js';
import { cleanText, cutText, takePage } from '../../lib/text.js';
import { showInCall, showReference } from '../reference.js';
import { type Attempt, attempt } from '../repo/lookup.js';
import { sumOf } from '../repo/sizes.js';
import type { RepoAt, TreeEntry } from '../repo/tree.js';
import type { HubClient } from '../types.js';
import { type Document, type ReadOptions, takeRows } from './document.js';
import { describeBinary, identifyBinary, isText } from './formats/binary.js';
import type { Description } from './formats/description.js';
import { binaryFormat, textFormat } from './formats/formats.js';
import { isConverted, readNotebook } from './formats/notebook.js';
import { openFile, openPart, type RemoteFile } from './remote-file.js';

/** Data in text form is told about from here on, unless its text is asked for. */
const LONG_BYTES = 20_000;
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
  const subject = `folder ${repo.kind} ${showReference({ type: 'path', ...repo, path })}`;
  if ((await hub.recall(subject)) !== undefined) {
    const folder = await attempt(listFolder(hub, repo, path, options));
    if (!isMissingFile(folder)) return 'value' in folder ? folder.value : Promise.reject(folder.error);
    await hub.keep(subject, undefined);
  }
  const file = await attempt(readFile(hub, repo, path, options));
  if ('value' in file) return file.value;
  if (!isMissingFile(file)) throw file.error;
  const folder = await attempt(listFolder(hub, repo, path, options));
  if (isMissingFile(folder)) throw await explainMiss(hub, repo, path, file.error);
  if ('error' in folder) throw folder.error;
  await hub.keep(subject, 'yes');
  return folder.value;
}

const isMissingFile = (outcome: Attempt<unknown>) => 'error' in outcome && outcome.error.missing === 'file';

async function readFile(hub: HubClient, repo: RepoAt, path: string, options: ReadOptions): Promise<Document> {
  const { offset = 0, maxChars } = options;
  const deep = offset > 0 && !isConverted(path);
  const part = deep ? await openPart(hub, repo, path, offset, maxChars * BYTES_PER_UNIT) : undefined;
  const begin = part?.head.findIndex((byte) => !isContinuation(byte));
  // Of what is no text, the true head tells what it is.
  const file = part && isText({ ...part, head: part.head.subarray(begin) }) ? part : await openFile(hub, repo, path);
  const { kind, id, revision: branch = 'main' } = repo;
  const { commit } = file;
  const document = {
    uri: showReference({ type: 'path', ...repo, path }),
    type: 'file' as const,
    version: commit === undefined ? undefined : { kind, id, branch, path, commit },
  };
  refusePointer(file);
  return { ...document, ...(await readOpenFile(file, options)) };
}

/**
 * Reads a file in whichever form tells most of it.
 * @param file open, wherever it lies
 * @param options how much of it
 */
export async function readOpenFile(file: RemoteFile, options: ReadOptions): Promise<Omit<Document, 'uri' | 'type'>> {
  const { path } = file;
  const { offset = 0, maxChars } = options;
  const format = binaryFormat(file);
  if (format) return tellAbout(file, await format(file), maxChars);
  if (!isText(file)) return readBinary(file, options);
  const notebook = isConverted(path) ? await readNotebook(file) : undefined;
  if (notebook) {
    refuseBeyond(path, notebook.text.length, 'characters', offset);
    const { text, next } = takePage(notebook.text, offset, maxChars);
    const facts = [`${formatBytes(file.size)}, notebook`, ...notebook.facts];
    return { facts, body: text || undefined, length: notebook.text.length, next };
  }
  const data = textFormat(file);
  if (data && !options.asText && file.size > LONG_BYTES) {
    const { facts, body } = tellAbout(file, await data(file), maxChars);
    return { facts: [...facts, 'offset=0 gives its text'], body };
  }
  const { text, next } = await readTextPage(file, offset, maxChars);
  return {
    facts: file.size === 0 ? ['empty file'] : [formatBytes(file.size)],
    body: text || undefined,
    next,
    length: file.size,
    unit: 'bytes',
  };
}

function tellAbout(
  file: RemoteFile,
  { facts, inside }: Description,
  maxChars: number,
): Pick<Document, 'facts' | 'body'> {
  const [first = '', ...rest] = facts;
  const table = file.repo?.kind === 'dataset' && TABLES.test(file.path);
  const rows = table ? ['dataset_rows shows and searches the rows'] : [];
  return {
    facts: [`${formatBytes(file.size)}, ${first}`, ...rest, ...rows],
    body: inside && cutText(inside, maxChars),
  };
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
  if (kind.mime === undefined || !isShownKind(kind.mime)) return { facts: [describeBinary(file, kind)] };
  if (file.size > inlineImageBytes) {
    return {
      facts: [
        `${kind.name} (${kind.mime}), ${formatBytes(file.size)}: over the ${formatBytes(inlineImageBytes)} that are shown inline`,
      ],
    };
  }
  const bytes = await file.read(0, file.size);
  const fact = `${kind.mime}, ${formatBytes(file.size)}`;
  if (!(await isShowable(bytes, kind.mime))) return { facts: [`${fact}: not shown, since it is cut off or damaged`] };
  return { facts: [fact], image: { bytes, mimeType: kind.mime } };
}

/** A pointer that reached us as a file's content says nothing of the content. */
function refusePointer({ head, path }: RemoteFile): void {
  const text = new TextDecoder().decode(head.subarray(0, 200));
  if (head.length > 1024 || !text.startsWith(POINTER)) return;
  const size = /^size (\d+)$/m.exec(text)?.[1];
  throw new HugwireError(
    'unavailable',
    `The Hub gave only the Git LFS pointer of ${path}${size ? `, whose content is ${formatBytes(Number(size))}` : ''}.`,
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
  const uri = showInCall({ type: 'path', ...repo, path: meant });
  return new HugwireError('not_found', error.message, {
    hint: `Did you mean ${uri}? ${error.hint ?? ''}`.trim(),
    requestId: error.requestId,
    missing: 'file',
    cause: error,
  });
}

/** UTF-8 has three bytes at most for a UTF-16 unit, and so has what cannot be decoded. */
const BYTES_PER_UNIT = 3;

/**
 * A page of a text file, for which no more of it is fetched than the page needs, however deep it lies.
 * @param file UTF-8 text; stray bytes become U+FFFD
 * @param offset bytes to skip; within a character, the page begins with that character
 * @param size characters (UTF-16 units) at most
 * @returns clean text, and the byte where it goes on
 * @throws HugwireError `invalid_arguments` for a page beyond the end
 */
export async function readTextPage(
  file: RemoteFile,
  offset: number,
  size: number,
): Promise<{ text: string; next?: number }> {
  refuseBeyond(file.path, file.size, 'bytes', offset);
  // A character may have begun up to three bytes before.
  const from = Math.max(0, offset - 3);
  const most = Math.min(file.size, offset + size * BYTES_PER_UNIT + 4);
  // The head is there already, and mostly it is enough.
  const end = offset + size < file.head.length ? Math.min(most, file.head.length) : most;
  const bytes = await file.read(from, end);
  const skip = characterBegin(bytes, offset - from);
  const own = bytes.subarray(skip);
  const complete = end === file.size;
  const text = decode(own, !complete);
  const page = takePage(text, 0, size);
  const cut = page.next ?? (complete ? undefined : text.length);
  return {
    text: cleanText(page.text),
    next: cut === undefined ? undefined : from + skip + bytesOf(own, text.slice(0, cut)),
  };
}

function refuseBeyond(path: string, length: number, unit: string, offset: number): void {
  if (offset === 0 || offset < length) return;
  throw new HugwireError('invalid_arguments', `${path} has ${length} ${unit}; ${offset} is past the end.`, {
    hint: 'Take the offset from the line "continues at …" of the last answer.',
  });
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** Where the character begins that a byte belongs to; a byte that belongs to none stands for itself. */
function characterBegin(bytes: Uint8Array, at: number): number {
  let begin = at;
  while (begin > 0 && isContinuation(bytes[begin])) begin -= 1;
  const lead = bytes[begin] ?? 0;
  const length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return begin + length > at ? begin : at;
}

function decode(bytes: Uint8Array, stream = false): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream });
}

/** How many bytes a text took that was decoded from the begin of some: where bytes were stray, not as many as it has now. */
function bytesOf(bytes: Uint8Array, text: string): number {
  if (!text.includes('\uFFFD')) return Buffer.byteLength(text);
  let at = 0;
  for (const character of text) {
    let length = Buffer.byteLength(character);
    if (character === '\uFFFD') {
      // As many as are shown as one.
      const isOne = (count: number) =>
        at + count <= bytes.length && decode(bytes.subarray(at, at + count)) === '\uFFFD';
      length = [3, 2].find(isOne) ?? 1;
    }
    at += length;
  }
  return at;
}

/** Entries on a page, where no more characters were asked for. */
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
  const shown = sorted.slice(start, start + MOST_ENTRIES).map((entry) => showEntry(entry, path));
  return {
    uri: showReference({ type: 'path', ...repo, path, folder: true }),
    type: 'folder',
    facts: [
      `folder: ${plural(entries.length - files.length, 'folder')}, ${plural(files.length, 'file')}${complete ? '' : ' and more'}, ${formatBytes(sumOf(files))}`,
    ],
    ...takeRows(shown, start, options.maxChars, sorted.length),
  };
}

function showEntry({ type, path, size }: TreeEntry, folder: string): string {
  const name = folder && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  if (type === 'folder') return `${name}/`;
  return size === undefined ? name : `${name} ${formatBytes(size)}`;
}
