import { basename } from 'node:path';
import { FILE_MARK } from '../gradio/files.js';
import type { Endpoint } from '../gradio/types.js';
import { cancelled, HugwireError, toHugwireError } from '../lib/errors.js';
import { formatBytes, formatCount, plural } from '../lib/format.js';
import { readBody, Watch } from '../lib/http.js';
import { isObject } from '../lib/json.js';
import { JSON_BUDGET } from '../lib/large-json.js';
import { explainNoAnswer } from '../lib/network.js';
import { cleanLine, cleanText, splitAt } from '../lib/text.js';
import { LIMIT_KEY } from './local-files.js';
import { type Route, viaReplica } from './origin.js';
import {
  draftFile,
  type FileKind,
  fileStem,
  isInert,
  isMarkup,
  isShown,
  MAX_MARKUP,
  safeExtension,
  sniffKind,
  sniffPicture,
} from './save-file.js';
import type { SavedFile, SavedFileRecords, SpaceApp } from './types.js';

const MAX_FILES = 64;
/** Links of files that were left out. */
const MAX_LINKS = 5;
const MAX_DEPTH = 12;
/** A file within a value, as plots of matplotlib are; shorter ones are not worth a file. */
const EMBEDDED = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w=.-]+)*;base64,.{200}/i;
const isEmbedded = (value: unknown): value is string =>
  typeof value === 'string' && EMBEDDED.test(value.slice(0, 1000));
const HEAD_BYTES = 4100;

export interface SaveOptions {
  app: SpaceApp;
  endpoint: Endpoint;
  /** A fetch that cannot leave the site, from `pinFetch`, with the route of the call: files live on one replica. */
  net: typeof fetch;
  /** Directory for the files; "" leaves them at the Space. */
  saveTo: string;
  /** Bytes of a picture at most that is shown where nothing is saved. */
  imageBytes?: number;
  /** Of the call: a file is on the replica that made it. */
  route?: Route;
  /** Where it is recorded what was saved. */
  savedFiles?(): Promise<SavedFileRecords>;
  /** The text that the call was given, for the names. */
  prompt?: string;
  signal?: AbortSignal;
  /** Bytes of one file at most: `files.maxMegabytes`. All files of a call may have twice as many. */
  maxBytes: number;
  /** Seconds for one file; 300 unless told, and one more for each megabyte that it may have. */
  maxSeconds?: number;
  onProgress?(done: number, total: number): void;
}

interface SavedOutputs {
  files: SavedFile[];
  /** One sentence for each file that could not be saved, or not as what it is. */
  notes: string[];
}

/** Files of one call may have this many times the bytes that one may have. */
const FILES_OF_A_CALL = 2;

/** A file object of an answer, and where it stands. */
interface Found {
  at: (string | number)[];
  file: Record<string, unknown>;
}

/**
 * Saves every file of an answer, read only from the app's own file route. A file that cannot be had becomes a note: it
 * never costs the others.
 * @param data the values of an answer
 * @throws HugwireError `cancelled` only
 */
export async function saveOutputs(data: readonly unknown[], options: SaveOptions): Promise<SavedOutputs> {
  const found = findFiles(data);
  const wanted = found.slice(0, MAX_FILES);
  const outputs: SavedOutputs = { files: [], notes: [] };
  let room = options.maxBytes * FILES_OF_A_CALL;
  for (const [index, one] of wanted.entries()) {
    options.onProgress?.(index, wanted.length);
    try {
      const file = await saveOne(one, { ...options, room, notes: outputs.notes });
      room -= file.bytes;
      outputs.files.push(file);
    } catch (error) {
      if (options.signal?.aborted) throw cancelled(error);
      const reason = error instanceof HugwireError ? error : explainNoAnswer(error, options.app.site.id);
      outputs.notes.push(describeLoss(one.file, reason, options.app));
    }
  }
  const rest = found.slice(MAX_FILES);
  if (rest.length > 0) {
    const links = rest.slice(0, MAX_LINKS).flatMap(({ file }) => linkOf(file, options.app) ?? []);
    const where =
      links.length > 0 ? ` ${rest.length > links.length ? 'The first are' : 'They are'} at ${links.join(' ')}` : '';
    const count = plural(rest.length, 'further file');
    outputs.notes.push(`${count} of the answer not saved: a call saves at most ${MAX_FILES}.${where}`);
  }
  return outputs;
}

/**
 * All file objects of an answer, and `data:` URLs that stand for one, at any depth.
 * @param data the values of an answer
 */
export function findFiles(data: readonly unknown[]): Found[] {
  const found: Found[] = [];
  const at: Found['at'] = [];
  const search = (value: unknown): void => {
    if (isEmbedded(value)) found.push({ at: [...at], file: { path: '', url: value } });
    if (at.length > MAX_DEPTH || value === null || typeof value !== 'object') return;
    if (isFile(value)) found.push({ at: [...at], file: value });
    else for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) step(value, key);
  };
  const step = (value: object, key: string | number): void => {
    at.push(key);
    search((value as Record<string | number, unknown>)[key]);
    at.pop();
  };
  for (const index of data.keys()) step(data, index);
  return found;
}

function isFile(value: unknown): value is Record<string, unknown> {
  if (!isObject(value) || typeof value.path !== 'string') return false;
  return (
    (isObject(value.meta) && value.meta._type === FILE_MARK) || (typeof value.url === 'string' && 'orig_name' in value)
  );
}

/**
 * The name of a file object of an answer, without the directories of the Space's disk; "" when it has none.
 * @param file as `findFiles` found it
 */
export function nameOf(file: Record<string, unknown>): string {
  const name = file.orig_name ?? file.path;
  return typeof name === 'string' ? (name.split(/[\\/]/).at(-1) ?? '') : '';
}

/** What was not saved and why; where anyone may fetch it, the link. */
function describeLoss(file: Record<string, unknown>, { code, message }: HugwireError, app: SpaceApp): string {
  const size = typeof file.size === 'number' && file.size > 0 ? formatBytes(file.size) : '';
  const what = [cleanLine(nameOf(file), 80), size].filter(Boolean).join(', ');
  const link = code !== 'not_found' && code !== 'blocked' ? linkOf(file, app) : undefined;
  return `A file of the answer${what && ` (${what})`} was not saved: ${message}${link ? ` It is at ${link}` : ''}`;
}

/** Where anyone may fetch a file of an answer; undefined where nobody else may. */
function linkOf(file: Record<string, unknown>, { site }: SpaceApp): string | undefined {
  const url = typeof file.url === 'string' && URL.canParse(file.url) ? new URL(file.url) : undefined;
  const isPublic = site.kind === 'hub' && !site.private && url?.origin === site.origin;
  return isPublic ? cleanLine(url.origin + url.pathname, 500) : undefined;
}

interface SaveOneOptions extends SaveOptions {
  /** Bytes that the call may still save. */
  room: number;
  /** Takes what is to be said of the file. */
  notes: string[];
}

async function saveOne({ at, file }: Found, options: SaveOneOptions): Promise<SavedFile> {
  if (options.saveTo === '') return leaveOne({ at, file }, options);
  if (options.room <= 0) throw tooLarge(options);
  const addresses = addressesOf(file, options.app);
  for (const [attempt, address] of addresses.entries()) {
    try {
      return { ...(await download(address, file, options)), at };
    } catch (error) {
      // A second try meets the right replica, or a connection that holds; what is too large or cannot be written stays so.
      const final = attempt === addresses.length - 1 || options.signal?.aborted;
      if (final || (error instanceof HugwireError && !RETRIED.has(error.code))) throw error;
    }
  }
  throw new HugwireError('blocked', `it lies at another address than the Space's own, which hugwire does not read.`);
}

/** Where nothing is saved: the address of a file at its Space, and the picture itself, where it can be shown. */
async function leaveOne({ at, file }: Found, options: SaveOneOptions): Promise<SavedFile> {
  const { app, route = {} } = options;
  const named = nameOf(file);
  const told = typeof file.mime_type === 'string' ? file.mime_type : undefined;
  const { mimeType } = await sniffKind(new Uint8Array(), named || String(file.path), told ?? typeOfData(file.url));
  const [address] = addressesOf(file, app);
  const picture = address && isShown(mimeType) ? await fetchPicture(address, file.size, options) : undefined;
  const isOpen = address && !isEmbedded(address) && app.site.kind === 'hub' && !app.site.private;
  if (!picture && !isOpen) throw new HugwireError('disabled', 'this server saves no files, and no address opens it.');
  const path = isOpen ? viaReplica(new URL(address), app.site, route).href : '';
  const size = typeof file.size === 'number' && file.size > 0 ? file.size : 0;
  return { path, bytes: size, mimeType, at, ...picture };
}

const typeOfData = (url: unknown) => (isEmbedded(url) ? /^data:([^;,]*)/i.exec(url.slice(0, 100))?.[1] : undefined);

/** A picture of an answer; undefined when it is too large, is none, or cannot be had: its address is told all the same. */
async function fetchPicture(
  address: string,
  size: unknown,
  { net, imageBytes = 0, room, signal }: SaveOneOptions,
): Promise<Pick<SavedFile, 'bytes' | 'mimeType' | 'image'> | undefined> {
  const maxBytes = Math.min(imageBytes, room);
  if (maxBytes <= 0 || (typeof size === 'number' && size > maxBytes)) return undefined;
  const watch = new Watch(PICTURE_MS, signal);
  try {
    const response = await (address.startsWith('data:') ? fetch : net)(address, { signal: watch.signal });
    if (!response.ok) return void (await response.body?.cancel());
    const { bytes } = await readBody(response, { maxBytes });
    const mimeType = await sniffPicture(bytes);
    return mimeType === undefined
      ? undefined
      : { bytes: bytes.length, mimeType, image: Buffer.from(bytes).toString('base64') };
  } catch (error) {
    if (signal?.aborted) throw cancelled(error);
    return undefined;
  } finally {
    watch.stop();
  }
}

/** A picture that takes longer is not worth the wait: its address is there. */
const PICTURE_MS = 30_000;

const RETRIED = new Set(['not_found', 'unavailable', 'timeout']);

/** Where the file is, in the order in which it is tried: the app's file route, then its own word if that is the same app. */
function addressesOf(file: Record<string, unknown>, { site, apiPrefix }: SpaceApp): string[] {
  const { path, url } = file;
  if (isEmbedded(url)) return [url];
  const route = `${site.base}${apiPrefix}/file=`;
  const addresses: string[] = [];
  const isLink = /^[a-z][a-z0-9+.-]+:\/\//i.test(String(path));
  if (typeof path === 'string' && path !== '' && !isLink)
    addresses.push(route + path.split('/').map(encodeURIComponent).join('/'));
  const own = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (own && own.origin === site.origin && own.href.startsWith(`${site.base}/`)) {
    own.searchParams.delete('__sign');
    addresses.push(own.href);
  }
  // The same address is worth a second try.
  return addresses.length === 1 ? [...addresses, ...addresses] : addresses;
}

async function download(
  address: string,
  file: Record<string, unknown>,
  options: SaveOneOptions,
): Promise<Omit<SavedFile, 'at'>> {
  const { app, endpoint, net, saveTo, prompt, signal } = options;
  const maxBytes = Math.min(options.maxBytes, options.room);
  const watch = new Watch(secondsFor(options) * 1000, signal);
  const explain = (cause: unknown) => explainFailure(cause, watch.expired, options);
  try {
    // A `data:` URL is decoded by the platform's own fetch, without a request; the pinned one would refuse it.
    const open = address.startsWith('data:') ? fetch : net;
    const response = await open(address, { signal: watch.signal }).catch((cause: unknown) => {
      throw explain(cause);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refused(response.status);
    }
    const length = Number(response.headers.get('content-length')) || 0;
    const draft = await (length > maxBytes ? Promise.reject(tooLarge(options)) : draftFile(saveTo, length)).catch(
      async (error) => {
        await response.body?.cancel();
        throw error;
      },
    );
    try {
      let bytes = 0;
      let head = Buffer.alloc(0);
      for await (const chunk of readChunks(response, explain)) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw tooLarge(options);
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk]);
        await draft.write(chunk);
      }
      const named = nameOf(file);
      const start = head.subarray(0, HEAD_BYTES);
      const kind: FileKind = await sniffKind(start, named || String(file.path), typeOf(file, response));
      const extension = await chooseExtension(safeExtension(kind.extension, named), draft, bytes, options.notes);
      return await keep(await draft.publish(fileStem(app, endpoint, prompt), extension), kind.mimeType, options);
    } finally {
      await draft.discard();
    }
  } finally {
    watch.stop();
  }
}

/** The body in pieces; a failure on the way is told in our words, a failure to write stays what it is. */
async function* readChunks(response: Response, explain: (cause: unknown) => Error): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw explain(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function typeOf(file: Record<string, unknown>, response: Response): string | undefined {
  if (typeof file.mime_type === 'string') return file.mime_type;
  return response.headers.get('content-type') ?? undefined;
}

function explainFailure(cause: unknown, expired: boolean, options: SaveOptions): HugwireError {
  if (!expired) return explainNoAnswer(cause, options.app.site.id);
  return new HugwireError('timeout', `it did not arrive within ${secondsFor(options)} s.`, { cause });
}

function secondsFor({ maxBytes, maxSeconds = 300 + Math.ceil(maxBytes / 1_000_000) }: SaveOptions): number {
  return maxSeconds;
}

function refused(status: number): HugwireError {
  if (status === 404 || status === 403) {
    return new HugwireError('not_found', `the Space no longer has it, or does not give it away (HTTP ${status}).`);
  }
  return new HugwireError('unavailable', `the Space answered with HTTP ${status}.`);
}

function tooLarge({ maxBytes, room }: Pick<SaveOneOptions, 'maxBytes' | 'room'>): HugwireError {
  const limit =
    room < maxBytes
      ? `what is left of ${formatBytes(maxBytes * FILES_OF_A_CALL)}, the limit for all files of a call (${FILES_OF_A_CALL} × ${LIMIT_KEY}).`
      : `${formatBytes(maxBytes)}, the limit that ${LIMIT_KEY} sets.`;
  return new HugwireError('too_large', `it is larger than ${limit}`);
}

/** The extension of a file, once what is in it is known; another one than its own is told. */
async function chooseExtension(
  { extension, instead }: ReturnType<typeof safeExtension>,
  draft: Awaited<ReturnType<typeof draftFile>>,
  bytes: number,
  notes: string[],
): Promise<string> {
  if (instead !== undefined) {
    notes.push(
      `A .${instead} file of the answer was saved as .${extension}: files of its kind may run something when they are opened.`,
    );
  } else if (isMarkup(extension) && (bytes > MAX_MARKUP || !isInert(await draft.read()))) {
    notes.push(`A .${extension} file of the answer was saved as .txt: it may run something when it is opened.`);
    return 'txt';
  }
  return extension;
}

/** Records a file that was saved; where that fails, the file is there all the same. */
async function keep(
  { path, bytes, sha256 }: { path: string; bytes: number; sha256: string },
  mimeType: string,
  { savedFiles, notes }: Pick<SaveOneOptions, 'savedFiles' | 'notes'>,
): Promise<Omit<SavedFile, 'at'>> {
  try {
    await (await savedFiles?.())?.add({ path, bytes, sha256, mimeType });
  } catch (error) {
    notes.push(
      `${basename(path)} could not be recorded as saved, so it cannot be sent to a Space: ${toHugwireError(error).message}`,
    );
  }
  return { path, bytes, mimeType };
}

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

/** What came of saving values as files. */
interface SavedValues {
  files: SavedFile[];
  /** A sentence for each that could not be saved. */
  notes: string[];
}

type Place = Pick<SaveOptions, 'app' | 'endpoint' | 'saveTo' | 'savedFiles' | 'maxBytes'>;

/**
 * Saves the values of an answer that are too long to be shown whole.
 * @param data the values
 * @param files that the answer had: their descriptions are not worth saving, and they count for the limit of the call
 * @param place where to, what for, and how much may be saved
 * @returns a file for each
 */
export async function saveLongValues(
  data: readonly unknown[],
  files: readonly SavedFile[],
  place: Place,
): Promise<SavedValues> {
  const texts = data.map((value, at) => (files.some((file) => file.at[0] === at) ? '' : textOf(value)));
  const limit = shownLength(texts);
  const long = [...texts.entries()].filter(([, text]) => text.length > limit).slice(0, MAX_SAVED);
  const saved: SavedValues = { files: [], notes: [] };
  let room = place.maxBytes * FILES_OF_A_CALL - files.reduce((sum, file) => sum + file.bytes, 0);
  for (const [at, text] of long) {
    try {
      const file = await saveText(text, typeof data[at] === 'string', { ...place, room, notes: saved.notes });
      room -= file.bytes;
      saved.files.push({ ...file, at: [at], whole: true });
    } catch (error) {
      saved.notes.push(`A long value was not saved: ${toHugwireError(error).message}`);
    }
  }
  return saved;
}

/**
 * Saves an answer that holds more values than hugwire takes apart, as the Space sent it.
 * @param raw JSON
 * @param place where to, what for, and how much may be saved
 */
export async function saveRaw(raw: string, place: Place): Promise<SavedValues> {
  const most = `${formatCount(JSON_BUDGET.nodes)} values, or an object of more than ${formatCount(JSON_BUDGET.keys)} keys`;
  const what = `The answer holds more than ${most}: too much to take apart`;
  const notes: string[] = [];
  try {
    const file = await saveText(raw, false, { ...place, room: place.maxBytes * FILES_OF_A_CALL, notes });
    notes.unshift(`${what}. ${file.path} has all of it, as the Space sent it (${formatBytes(file.bytes)} of JSON).`);
    return { files: [{ ...file, at: [], whole: true }], notes };
  } catch (error) {
    return { files: [], notes: [`${what}. It was not saved: ${toHugwireError(error).message}`] };
  }
}

async function saveText(
  text: string,
  isText: boolean,
  { app, endpoint, saveTo, ...options }: Place & Pick<SaveOneOptions, 'room' | 'notes'>,
): Promise<Omit<SavedFile, 'at'>> {
  const draft = await draftFile(saveTo, text.length);
  try {
    let bytes = 0;
    for (let at = 0; at < text.length; ) {
      const end = endOfPiece(text, at);
      const piece = text.slice(at, end);
      const written = Buffer.from(isText ? cleanText(piece) : piece);
      bytes += written.length;
      if (bytes > options.room) throw tooLarge(options);
      await draft.write(written);
      at = end;
    }
    const [extension, mimeType] = isText ? ['txt', 'text/plain'] : ['json', 'application/json'];
    return await keep(await draft.publish(fileStem(app, endpoint), extension), mimeType, options);
  } finally {
    await draft.discard();
  }
}

/** Characters that are cleaned and written at once. */
const PIECE = 262_144;

/** A piece ends after a line, where there is one: what is to be cleaned away stands within a line. */
function endOfPiece(text: string, at: number): number {
  if (text.length - at <= PIECE) return text.length;
  const line = text.slice(at, at + PIECE).lastIndexOf('\n');
  return line > 0 ? at + line + 1 : splitAt(text, at + PIECE);
}
