import { basename } from 'node:path';
import { FILE_MARK } from '../gradio/files.js';
import type { Endpoint } from '../gradio/types.js';
import { cancelled, HugwireError, toHugwireError } from '../lib/errors.js';
import { formatBytes, plural } from '../lib/format.js';
import { hostScope } from '../lib/hosts.js';
import { readBody, readDataUrl, Watch } from '../lib/http.js';
import { isObject } from '../lib/json.js';
import { explainNoAnswer, leadsInside } from '../lib/network.js';
import { isShownKind } from '../lib/pictures.js';
import { cleanLine } from '../lib/text.js';
import { LIMIT_KEY } from './local-files.js';
import { type Route, viaReplica } from './origin.js';
import {
  draftFile,
  type FileKind,
  fileStem,
  isInert,
  isMarkup,
  MAX_MARKUP,
  safeExtension,
  sniffKind,
  sniffPicture,
} from './save-file.js';
import type { SavedFile, SavedFileRecords, SpaceApp, SpaceOutcome, SpaceSite } from './types.js';

const MAX_FILES = 64;
/** Links of files that were left out. */
const MAX_LINKS = 5;
const MAX_DEPTH = 12;
/** A file that is a value, as plots of matplotlib are; shorter ones are not worth a file. */
const EMBEDDED = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w=.-]+)*;base64,.{200}/is;
const EMBEDDED_DRAWING = /^data:image\/svg\+xml[;,].{200}/is;
/** Base64 that goes on with words is a text that begins with a file. */
const isEmbedded = (value: unknown): value is string =>
  typeof value === 'string' &&
  (EMBEDDED.test(value.slice(0, 1000)) ? !value.includes(' ') : EMBEDDED_DRAWING.test(value.slice(0, 1000)));
const isDataUrl = (value: unknown): value is string => typeof value === 'string' && /^data:/i.test(value);
/** What makes a page what it is, and is nothing by itself. */
const PART_OF_PAGE = /^data:(?:text\/(?:css|javascript)|application\/(?:x-)?(?:javascript|font))/;
/** Files within HTML or Markdown, up to where they end there. Base64 may have line ends where something encloses it. */
const IN_TEXT = new RegExp(
  [
    /(?<=["'(])data:(?:image|audio|video|model|application|text|file)\/[\w.+-]{1,60}(?:;[\w=.-]{1,60}){0,5};base64,[\w+/%=\s-]+/,
    /data:(?:image|audio|video|model|application|text|file)\/[\w.+-]{1,60}(?:;[\w=.-]{1,60}){0,5};base64,[\w+/%=-]+/,
    /(?<=")data:image\/svg\+xml[;,][^"]+(?=")/,
    /(?<=')data:image\/svg\+xml[;,][^']+(?=')/,
    /(?<=\()data:image\/svg\+xml[;,][^\s()]+(?=\))/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
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
  /** The values, with the files that stood within texts replaced by where they are now. */
  data: unknown[];
  files: SavedFile[];
  /** One sentence for each file that could not be saved, or not as what it is. */
  notes: string[];
}

/** Files of one call may have this many times the bytes that one may have. */
export const FILES_OF_A_CALL = 2;

/** A file of an answer, and where it stands. */
interface Found {
  at: (string | number)[];
  /** Gradio's file object, or one made of a `data:` URL. */
  file: Record<string, unknown>;
}

/** One that is a part of a text. */
interface FoundInText extends Found {
  text: string;
  start: number;
  end: number;
}

/**
 * Saves every file of an answer, read only from the app's own routes. A file that cannot be had becomes a note: it never
 * costs the others.
 * @param data the values of an answer
 * @throws HugwireError `cancelled` only
 */
export async function saveOutputs(data: readonly unknown[], options: SaveOptions): Promise<SavedOutputs> {
  const { app, endpoint } = options;
  // Code is left as it is: who gets it runs it.
  const inTexts = findInTexts(data).filter(({ at: [index] }) => endpoint.returns[Number(index)]?.component !== 'code');
  const found = [...findFiles(data), ...inTexts];
  const wanted = found.slice(0, MAX_FILES);
  const outputs: SavedOutputs = { data: [...data], files: [], notes: [] };
  const places = new Map<Found, string>();
  let room = options.maxBytes * FILES_OF_A_CALL;
  let links = 0;
  for (const [index, one] of wanted.entries()) {
    options.onProgress?.(index, wanted.length);
    try {
      const file = await saveOne(one, { ...options, room, notes: outputs.notes });
      room -= file.bytes;
      outputs.files.push(file);
      if (file.path !== '') places.set(one, file.path);
    } catch (error) {
      if (options.signal?.aborted) throw cancelled(error);
      const reason = error instanceof HugwireError ? error : explainNoAnswer(error, app.site.id);
      if (isLinkAway(one.file, app.site) && reason.code !== 'too_large') links += 1;
      else outputs.notes.push(describeLoss(one.file, reason, app));
    }
  }
  if (links > 0) {
    const [what, they] =
      links === 1
        ? ['A file of the answer is a link', 'It was']
        : [`${links} files of the answer are links`, 'They were'];
    outputs.notes.push(`${what} to elsewhere. ${they} not saved: hugwire reads no other address than the Space's own.`);
  }
  const rest = found.slice(MAX_FILES);
  if (rest.length > 0) {
    const links = rest.slice(0, MAX_LINKS).flatMap(({ file }) => publicLink(file, app) ?? []);
    const where =
      links.length > 0 ? ` ${rest.length > links.length ? 'The first are' : 'They are'} at ${links.join(' ')}` : '';
    const count = plural(rest.length, 'further file');
    outputs.notes.push(`${count} of the answer not saved: a call saves at most ${MAX_FILES}.${where}`);
  }
  outputs.data = replaceInTexts(data, inTexts, (one) => places.get(one) ?? '(a file, not saved)');
  return outputs;
}

/** Goes through all values within an answer, as far down as `visit` says. */
function walk(data: readonly unknown[], visit: (value: unknown, at: Found['at']) => boolean): void {
  const at: Found['at'] = [];
  const enter = (value: unknown): void => {
    if (!visit(value, at) || at.length > MAX_DEPTH || value === null || typeof value !== 'object') return;
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) step(value, key);
  };
  const step = (value: object, key: string | number): void => {
    at.push(key);
    enter((value as Record<string | number, unknown>)[key]);
    at.pop();
  };
  for (const index of data.keys()) step(data, index);
}

/**
 * All file objects of an answer, and `data:` URLs that stand for one, at any depth.
 * @param data the values of an answer
 */
export function findFiles(data: readonly unknown[]): Found[] {
  const found: Found[] = [];
  walk(data, (value, at) => {
    const file = isEmbedded(value) ? { path: '', url: value } : isFile(value) ? value : undefined;
    if (file) found.push({ at: [...at], file });
    return !file;
  });
  return found;
}

/**
 * Pictures, downloads and other files that stand as `data:` URLs within the texts of an answer.
 * @param data the values of an answer
 */
function findInTexts(data: readonly unknown[]): FoundInText[] {
  const found: FoundInText[] = [];
  walk(data, (value, at) => {
    if (isEmbedded(value) || isFile(value)) return false;
    if (typeof value !== 'string') return true;
    // A long text without any is not looked through.
    if (!value.includes('data:')) return false;
    for (const { 0: url, index } of value.matchAll(IN_TEXT)) {
      if (!isEmbedded(url) || PART_OF_PAGE.test(url)) continue;
      found.push({ at: [...at], file: { path: '', url }, text: value, start: index, end: index + url.length });
    }
    return false;
  });
  return found;
}

/** The values with something of ours in the places of what was found within their texts, in the order of the text. */
function replaceInTexts(
  data: readonly unknown[],
  found: readonly FoundInText[],
  name: (one: Found) => string,
): unknown[] {
  const texts = new Map<string, { at: Found['at']; done: string; rest: string }>();
  for (const one of found) {
    const { at, text, start, end } = one;
    const key = JSON.stringify(at);
    const { done, rest } = texts.get(key) ?? { done: '', rest: text };
    const before = rest.slice(0, start - (text.length - rest.length));
    texts.set(key, { at, done: done + before + name(one), rest: text.slice(end) });
  }
  return withChanges(
    data,
    [...texts.values()].map(({ at, done, rest }) => ({ at, value: done + rest })),
  );
}

/**
 * The values of an answer with other ones in some places; what is not on the way to one of these is not copied.
 * @param data the values
 * @param changes where, and what instead
 */
function withChanges(data: readonly unknown[], changes: Iterable<{ at: Found['at']; value: unknown }>): unknown[] {
  const changed = [...data];
  const copies = new Set<unknown>();
  for (const { at, value } of changes) {
    let parent: object = changed;
    for (const key of at.slice(0, -1)) {
      const child = parent[key as never] as object;
      const copy = copies.has(child) ? child : Array.isArray(child) ? [...child] : { ...child };
      copies.add(copy);
      setOwn(parent, key, copy);
      parent = copy;
    }
    setOwn(parent, at.at(-1) ?? 0, value);
  }
  return changed;
}

/** Sets an own property even when the key is `__proto__`. */
function setOwn(parent: object, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function isFile(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const isMarked = isObject(value.meta) && value.meta._type === FILE_MARK;
  // A drawing has no path: its address holds it.
  if (typeof value.path !== 'string') return isMarked && typeof value.url === 'string' && value.url !== '';
  return isMarked || (typeof value.url === 'string' && 'orig_name' in value);
}

/** The name of a file object of an answer, without the directories of the Space's disk; "" when it has none. */
function nameOf(file: Record<string, unknown>): string {
  const name = file.orig_name ?? file.path;
  return typeof name === 'string' ? (name.split(/[\\/]/).at(-1) ?? '') : '';
}

/** Characters of a link that are shown; half of one leads nowhere. */
const MAX_LINK = 2_000;

/** The web address that a file object of an answer is, if it is one. */
function linkOf({ path, url }: Record<string, unknown>): URL | undefined {
  const link = String(path || url);
  return /^https?:\/\//i.test(link) && URL.canParse(link) ? new URL(link) : undefined;
}

/** Whether that leads away from the app. */
function isLinkAway(file: Record<string, unknown>, { origin }: Pick<SpaceSite, 'origin'>): boolean {
  const link = linkOf(file);
  return link !== undefined && link.origin !== origin;
}

/**
 * The values of an answer with something of ours where the app had its own description of a file.
 * @param answer its values, and the files that were saved
 * @param name what stands for one of these
 */
export function placeFiles(
  { data, files, site }: Pick<SpaceOutcome, 'data' | 'files' | 'site'>,
  name: (file: SavedFile) => string = ({ path }) => path,
): unknown[] {
  const placed = files.filter(({ whole, within }) => !whole && !within);
  const saved = new Map(placed.map((file) => [JSON.stringify(file.at), file]));
  const changes = findFiles(data).map(({ at, file }) => {
    const known = saved.get(JSON.stringify(at));
    if (known) return { at, value: name(known) };
    if (isLinkAway(file, site)) return { at, value: cleanLine(linkOf(file)?.href, MAX_LINK) };
    return { at, value: `${cleanLine(nameOf(file), 80) || 'a file'} (not saved)` };
  });
  return withChanges(data, changes);
}

/** What was not saved and why; where anyone may fetch it, the link. */
function describeLoss(file: Record<string, unknown>, { code, message }: HugwireError, app: SpaceApp): string {
  const size = typeof file.size === 'number' && file.size > 0 ? formatBytes(file.size) : '';
  const what = [cleanLine(nameOf(file), 80), size].filter(Boolean).join(', ');
  const link = code !== 'not_found' && code !== 'blocked' ? publicLink(file, app) : undefined;
  return `A file of the answer${what && ` (${what})`} was not saved: ${message}${link ? ` It is at ${link}` : ''}`;
}

/** Where anyone may fetch a file of an answer; undefined where nobody else may. */
function publicLink(file: Record<string, unknown>, { site }: SpaceApp): string | undefined {
  const url = typeof file.url === 'string' && URL.canParse(file.url) ? new URL(file.url) : undefined;
  const isPublic = site.kind === 'hub' && !site.private && url?.origin === site.origin;
  return isPublic ? cleanLine(url.origin + url.pathname, 500) : undefined;
}

export interface SaveOneOptions extends SaveOptions {
  /** Bytes that the call may still save. */
  room: number;
  /** Takes what is to be said of the file. */
  notes: string[];
}

async function saveOne(found: Found | FoundInText, options: SaveOneOptions): Promise<SavedFile> {
  const { at, file } = found;
  if (options.saveTo === '')
    return { ...(await leaveOne(file, options)), at, ...('text' in found ? { within: true } : {}) };
  if (options.room <= 0) throw tooLarge(options);
  const addresses = await addressesOf(file, options.app);
  for (const [attempt, address] of addresses.entries()) {
    try {
      const saved = { ...(await download(address, file, options)), at };
      return 'text' in found ? { ...saved, within: true } : saved;
    } catch (error) {
      // A second try meets the right replica, or a connection that holds; what is too large or cannot be written stays so.
      const final = attempt === addresses.length - 1 || options.signal?.aborted;
      if (final || (error instanceof HugwireError && !RETRIED.has(error.code))) throw error;
    }
  }
  throw new HugwireError('blocked', `it is at an address other than the Space's own, and hugwire does not read those.`);
}

/** Where nothing is saved: the address of a file at its Space, and the picture itself, where it can be shown. */
async function leaveOne(file: Record<string, unknown>, options: SaveOneOptions): Promise<Omit<SavedFile, 'at'>> {
  const { app, route = {} } = options;
  const named = nameOf(file);
  const told = typeof file.mime_type === 'string' ? file.mime_type : undefined;
  const [address] = await addressesOf(file, app);
  const data = isDataUrl(address) ? readDataUrl(address) : undefined;
  const { mimeType } = await sniffKind(new Uint8Array(), data ? '' : named || String(file.path), told ?? data?.type);
  const picture = address && isShownKind(mimeType) ? await fetchPicture(address, file.size, options) : undefined;
  const isOpen = address && !data && app.site.kind === 'hub' && !app.site.private;
  if (!picture && !isOpen)
    throw new HugwireError(
      'disabled',
      'this server does not save files, and this one has no address that can be opened.',
    );
  const path = isOpen ? viaReplica(new URL(address), app.site, route).href : '';
  const size = typeof file.size === 'number' && file.size > 0 ? file.size : 0;
  return { path, bytes: size, mimeType, ...picture };
}

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
/** Sound and film that an app gives in pieces, while it makes them. */
const PLAYLIST = /\/stream\/[^/?]+\/[^/?]+\/[^/?]+\/playlist\.m3u8$/;

/** Where the file is, in the order in which it is tried: the app's file route, then its own word if that is the same app. */
async function addressesOf(file: Record<string, unknown>, app: SpaceApp): Promise<string[]> {
  const { site, apiPrefix } = app;
  const { path, url } = file;
  const data = [url, path].find(isDataUrl);
  if (data) return [data];
  const route = `${site.base}${apiPrefix}/file=`;
  const addresses: string[] = [];
  const own = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  const isOwn = own && own.origin === site.origin && own.href.startsWith(`${site.base}/`);
  if (isLinkAway(file, site)) {
    if (await streamsLinks(app, linkOf(file) as URL)) addresses.push(route + encodePath(String(path || url)));
  } else if (isOwn && PLAYLIST.test(own.pathname)) {
    // All of it in one, which the app puts together when it is asked for.
    addresses.push(own.href.replace(/playlist\.m3u8(?=\?|$)/, 'playlist-file'));
  } else if (typeof path === 'string' && path !== '' && !linkOf(file) && !(isOwn && file.is_stream === true)) {
    addresses.push(route + encodePath(path));
  }
  if (isOwn) {
    own.searchParams.delete('__sign');
    addresses.push(own.href);
  }
  // The same address is worth a second try.
  return addresses.length === 1 ? [...addresses, ...addresses] : addresses;
}

const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');

/**
 * Whether an app fetches a link itself and passes on what is there: from Gradio 6 on; before, it only said where to go. Never
 * an address that only this machine or its network can reach.
 */
async function streamsLinks({ version, site }: SpaceApp, { hostname }: URL): Promise<boolean> {
  if (Number.parseInt(version, 10) < 6 || hostScope(hostname) !== 'public') return false;
  return site.kind !== 'local' || !(await leadsInside(hostname));
}

/** Bytes of a list of pieces. */
const MAX_PLAYLIST = 2 ** 20;

/** What is at an address of a file: the bytes of a `data:` URL, the pieces of a playlist, or what the app answers. */
async function openAddress(address: string, net: typeof fetch, signal: AbortSignal): Promise<Response> {
  const data = readDataUrl(address);
  if (data) return new Response(data.decode(), { headers: { 'content-type': data.type || 'text/plain' } });
  const response = await net(address, { signal });
  if (!response.ok || !PLAYLIST.test(new URL(address).pathname)) return response;
  const { bytes } = await readBody(response, { maxBytes: MAX_PLAYLIST, what: 'The list of its pieces' });
  const lines = Buffer.from(bytes)
    .toString()
    .split('\n')
    .map((line) => line.trim());
  const pieces = lines.filter((line) => line !== '' && !line.startsWith('#'));
  async function* read() {
    for (const piece of pieces) {
      const part = await net(new URL(piece, address).href, { signal });
      if (!part.ok || !part.body) throw refused(part.status);
      yield* part.body;
    }
  }
  return new Response(ReadableStream.from(read()));
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
    const response = await openAddress(address, net, watch.signal).catch((cause: unknown) => {
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
      const kind: FileKind = await sniffKind(start, named || String(file.path ?? ''), typeOf(file, response));
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
    return new HugwireError('not_found', `the Space no longer has it, or does not share it (HTTP ${status}).`);
  }
  return new HugwireError('unavailable', `the Space answered with HTTP ${status}.`);
}

export function tooLarge({ maxBytes, room }: Pick<SaveOneOptions, 'maxBytes' | 'room'>): HugwireError {
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
export async function keep(
  { path, bytes, sha256 }: { path: string; bytes: number; sha256: string },
  mimeType: string,
  { savedFiles, notes }: Pick<SaveOneOptions, 'savedFiles' | 'notes'>,
): Promise<Omit<SavedFile, 'at'>> {
  try {
    await (await savedFiles?.())?.add({ path, bytes, sha256, mimeType });
  } catch (error) {
    notes.push(
      `${basename(path)} could not be recorded as saved, so it can neither be read on nor sent to a Space: ${toHugwireError(error).message}`,
    );
  }
  return { path, bytes, mimeType };
}
