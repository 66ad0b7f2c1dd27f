import { HugwireError } from '../errors.js';
import { nearest } from '../schema/nearest.js';
import { formatBytes } from '../text/format.js';
import type { Document, ReadOptions } from './document.js';
import { listFolder } from './folders.js';
import { describeBinary, identifyBinary, isText } from './formats/binary.js';
import type { Description } from './formats/description.js';
import { binaryFormat, textFormat } from './formats/index.js';
import { showReference } from './reference.js';
import { openFile, type RemoteFile } from './remote-file.js';
import { readTextPage } from './text-file.js';
import { listTree, type RepoAt } from './tree.js';
import type { HubClient } from './types.js';

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
    return { ...document, facts: [...facts, 'offset=0 gives its text'], ...(body ? { body } : {}) };
  }
  const { text, next } = await readTextPage(file, options.offset ?? 0, options.maxChars);
  return {
    ...document,
    facts: file.size === 0 ? ['empty file'] : [formatBytes(file.size)],
    ...(text ? { body: text } : {}),
    ...(next === undefined ? {} : { next }),
  };
}

function tellAbout(file: RemoteFile, { facts, inside }: Description): Pick<Document, 'facts' | 'body'> {
  const [first = '', ...rest] = facts;
  const table = file.repo.kind === 'dataset' && TABLES.test(file.path);
  const rows = table ? ['dataset_rows shows and searches the rows'] : [];
  return { facts: [`${formatBytes(file.size)}, ${first}`, ...rest, ...rows], ...(inside ? { body: inside } : {}) };
}

async function readBinary(
  file: RemoteFile,
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
