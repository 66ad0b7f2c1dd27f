import { isPlaceholder } from '../gradio/arguments.js';
import { FILE_FORMS } from '../gradio/files.js';
import type { InputFile } from '../gradio/types.js';
import { parseReference, repoPath } from '../hub/reference.js';
import type { HubClient } from '../hub/types.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { hostScope } from '../lib/hosts.js';
import { readBody, readDataUrl, Watch } from '../lib/http.js';
import { explainNoAnswer, leadsInside } from '../lib/network.js';
import { cleanLine, decodePercent } from '../lib/text.js';
import {
  holdsTokenInUse,
  type LocalFile,
  limitFor,
  limitInMemory,
  openLocalFile,
  type SendRules,
  type SizeLimit,
  tooLargeToSend,
} from './local-files.js';
import { sniffKind } from './save-file.js';
import { TokenSearch } from './secrets.js';
import type { SpaceApp } from './types.js';

const MAX_NAME = 120;
const SECONDS = 120;

export interface InputFileOptions {
  app: SpaceApp;
  /** Bound to the call's signal. */
  hub: HubClient;
  /** A fetch that cannot leave the site, from `pinFetch`. */
  net: typeof fetch;
  /** Which files of this machine may be sent; its token goes out in no other file either. */
  rules: SendRules;
  /** Bytes of one file at most: `files.maxMegabytes`. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Takes what an argument names as a file: something on the Hub (read with the user's own rights), a `data:` URL, base64 or a
 * file of this machine becomes bytes for an upload, the latter read only while it is sent; any other web address is passed on,
 * for the Space to fetch by itself.
 * @param source as the assistant wrote it
 * @throws HugwireError `blocked`, `not_found`, `too_large`, `invalid_arguments`, or what the Hub answered
 */
export async function openInputFile(source: string, options: InputFileOptions): Promise<InputFile> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === 'data' || BARE_DATA_URL.test(source)) return fromDataUrl(source, options);
  if (scheme === 'hf') return fromHub(source, options);
  if (scheme === 'http' || scheme === 'https') return fromWeb(source, options);
  const bytes = await fromBase64(source, options);
  if (bytes) return bytes;
  const name = nameOfChat(source);
  if (name === undefined) throw notHere(source);
  const { app, rules, maxBytes } = options;
  const own = ownAddress(source, app);
  if (own) return fromApp(own, options);
  if (isPlaceholder(source)) {
    throw new HugwireError(
      'invalid_arguments',
      `"${cleanLine(source, 200)}" is only a placeholder for one of your files.`,
      {
        hint: `The example shows where the file goes. Give a ${FILE_FORMS}; nothing was sent.`,
      },
    );
  }
  const found = await openLocalFile(name, rules, limitFor(app, maxBytes)).catch((error: unknown) => {
    throw name === source && !CHAT_PATH.test(name) && !CHAT_ID.test(name) ? error : notHere(source, error);
  });
  return toUpload(found);
}

async function toUpload({ path, name, head, size, stream }: LocalFile): Promise<InputFile> {
  return { kind: 'upload', file: { ...(await nameFile(head, name)), size, stream }, localPath: path };
}

/** Where the app itself has a file that it names without its own address, as its answers and its description do. */
function ownAddress(source: string, { site, apiPrefix }: SpaceApp): URL | undefined {
  const { pathname } = new URL(`${site.base}/`);
  const path = source.startsWith(pathname) ? source.slice(pathname.length) : source;
  const [, name] = /^\/?(?:gradio_api\/)?file=(.+)$/.exec(path) ?? [];
  return name === undefined
    ? undefined
    : new URL(`${site.base}${apiPrefix}/file=${name.replace(/[?#]/g, encodeURIComponent)}`);
}

function memoryLimit({ app, maxBytes }: InputFileOptions): SizeLimit {
  return limitInMemory(limitFor(app, maxBytes));
}

/** The name and MIME type under which a file is sent. */
async function nameFile(head: Uint8Array, name: string, told?: string): Promise<{ name: string; type: string }> {
  const { mimeType, extension } = await sniffKind(head, name, told);
  const clean = cleanLine(name, MAX_NAME).replace(/[\\/:*?"<>|]/g, '_') || 'file';
  return { name: clean.includes('.') || !extension ? clean : `${clean}.${extension}`, type: mimeType };
}

interface FileInMemory {
  bytes: Uint8Array<ArrayBuffer>;
  name: string;
  /** MIME type that someone claims. */
  told?: string;
}

async function makeFile({ bytes, name: given, told }: FileInMemory, { rules }: InputFileOptions): Promise<File> {
  if (new TokenSearch(rules.token).sees(bytes)) throw holdsTokenInUse('A file of this call');
  const { name, type } = await nameFile(bytes.subarray(0, 4100), given, told);
  return new File([bytes], name, { type });
}

/** Paths of the machines on which chats run code, and ids of files that were given to a chat. */
const CHAT_PATH = /^\/(?:mnt\/(?:user-data|data|skills|knowledge|file_upload)|home\/(?:claude|oai|sandbox))\//;
const CHAT_ID = /^(?:file|asset|attachment|document|img|image)[-_](?=[a-z0-9-]*\d)[a-z0-9-]{8,80}$/i;
const URI = /^(?:[a-z][a-z0-9+.-]+:\/\/|(?:sandbox|attachment|cid|blob|content|upload|resource):)/i;

/**
 * The path on this machine that may be meant.
 * @returns undefined for what no file on this machine is called
 */
function nameOfChat(source: string): string | undefined {
  // The path is that of a file here where the chat runs its code on this very machine.
  const [, path] = /^sandbox:(?:\/\/)?(\/.*)$/is.exec(source) ?? [];
  if (path !== undefined) return path;
  return URI.test(source) && !/^file:/i.test(source) ? undefined : source;
}

/** The error for what only the chat has, or only the chat knows how to find. */
function notHere(source: string, cause?: unknown): HugwireError {
  const { code = 'not_found', message, hint } = cause instanceof HugwireError ? cause : {};
  const shown = cleanLine(source, 200);
  if (!cause && /^hugwire:/i.test(source)) {
    return new HugwireError('invalid_arguments', `"${shown}" is the address of a resource.`, {
      hint: 'Give the path of the saved file, as the result told it.',
    });
  }
  // Such a directory may be a disk of this machine as well.
  const other = hint && /\/mnt\/data\//.test(source) ? ` Otherwise: ${hint}` : '';
  return new HugwireError(code, message ?? `"${shown}" is not a file that hugwire can find.`, {
    hint: `If it is a file in this chat: hugwire runs on the user's computer and cannot see it. Give its bytes (data:image/png;base64,…) or a web address; or ask the user to save it on this computer, and give that path.${other}`,
    cause,
  });
}

/** Beyond it, nothing is a path. */
const LONGEST_PATH = 4096;
const BASE64 = /^[A-Za-z0-9+/_-]{32,}={0,2}$/;

/** The bytes that a bare base64 text holds, provided that it can be nothing else: it is too long for a path, or begins as some kind of file does. */
async function fromBase64(source: string, options: InputFileOptions): Promise<InputFile | undefined> {
  const head = source.slice(0, 8000).replace(/\s+/g, '');
  const isLong = source.length > LONGEST_PATH;
  if (!BASE64.test(head)) {
    if (!isLong) return undefined;
    throw new HugwireError('invalid_arguments', `A text of ${source.length} characters is not a path or an address.`, {
      hint: 'Give a path, a web address, or bytes as data:image/png;base64,….',
    });
  }
  // Other paths begin with a slash as well.
  const isPath = /^\/(?!9j\/)/.test(head);
  const { mimeType } = await sniffKind(Buffer.from(head, 'base64').subarray(0, 4100), '');
  if (!isLong && (isPath || mimeType === 'application/octet-stream')) return undefined;
  return fromDataUrl(`data:;base64,${source}`, options);
}

/** `image/png;base64,…` and `base64,…`: the beginning got lost. */
const BARE_DATA_URL = /^(?:[\w.+-]{1,80}\/[\w.+-]{1,80};)?base64,/i;

async function fromDataUrl(given: string, options: InputFileOptions): Promise<InputFile> {
  const source = /^data:/i.test(given) ? given : `data:${/^base64/i.test(given) ? ';' : ''}${given}`;
  const data = readDataUrl(source);
  if (!data || /%(?![0-9a-f]{2})/i.test(data.body))
    throw new HugwireError('invalid_arguments', 'The data: URL is malformed.', {
      hint: 'It looks like data:image/png;base64,….',
    });
  const limit = memoryLimit(options);
  // Base64 adds a third; percent signs may add more, which are seen when they are decoded.
  if (data.body.length > limit.bytes * 3.1) throw tooLargeToSend('The data: URL is too large', limit);
  const bytes = data.base64 ? decodeBase64(data.body) : data.decode();
  if (bytes.length > limit.bytes) throw tooLargeToSend('The data: URL is too large', limit);
  const told = { bytes: new Uint8Array(bytes), name: 'file', told: data.type };
  return { kind: 'upload', file: await makeFile(told, options) };
}

/** Also in lines, in the alphabet for URLs, and with percent signs. */
function decodeBase64(body: string): Buffer {
  const text = (body.includes('%') ? decodePercent(body) : body).replace(/\s+/g, '').replace(/={1,2}$/, '');
  // Node would leave out what does not belong there, and give other bytes.
  const odd = /[^A-Za-z0-9+/_-]/.exec(text);
  if (!odd && text !== '' && text.length % 4 !== 1) return Buffer.from(text, 'base64');
  const why =
    text === '' ? 'is empty' : odd ? `holds "${cleanLine(odd[0], 4)}" at character ${odd.index + 1}` : 'was cut off';
  throw new HugwireError('invalid_arguments', `The base64 of a file ${why}: nothing was sent.`, {
    hint: "Give all of it. A large file is better given as a path on the user's computer, or as a web address.",
  });
}

async function fromHub(source: string, options: InputFileOptions): Promise<InputFile> {
  const { hub } = options;
  const reference = parseReference(source, hub.endpoint);
  const shown = cleanLine(source, 200);
  if (reference.type !== 'path' || reference.folder || reference.path === '') {
    throw new HugwireError('invalid_arguments', `"${shown}" is not a file on the Hub.`, {
      hint: 'A file is named like hf://datasets/owner/name/path/to/file.png.',
    });
  }
  const { kind = 'model', id, revision = 'main', path } = reference;
  const answer = await hub.request(repoPath(kind, id, 'resolve', revision, ...path.split('/')), {
    repo: { kind, id, revision },
    file: path,
    maxBytes: memoryLimit(options).bytes,
  });
  const bytes = new Uint8Array(answer.bytes);
  return { kind: 'upload', file: await makeFile({ bytes, name: path.split('/').at(-1) ?? 'file' }, options) };
}

async function fromWeb(source: string, options: InputFileOptions): Promise<InputFile> {
  const { app, hub } = options;
  const shown = cleanLine(source, 200);
  if (!URL.canParse(source)) throw new HugwireError('invalid_arguments', `"${shown}" is not a web address.`);
  const url = new URL(source);
  if (url.username || url.password) {
    throw new HugwireError('blocked', 'A web address with a password in it is not passed on to a Space.');
  }
  // An output of this app, given back to it: its own server would have to log in to read it.
  if (url.origin === app.site.origin) return fromApp(url, options);
  const isHubHost = /^(?:www\.)?(?:huggingface\.co|hf\.co)$/.test(url.hostname);
  if (url.origin === new URL(hub.endpoint).origin || isHubHost) return fromHub(source, options);
  // A Space elsewhere resolves names in its own network; an app here does so in this one. Gradio refuses these as well;
  // refusing them here says why.
  if (hostScope(url.hostname) !== 'public' || (app.site.kind === 'local' && (await leadsInside(url.hostname)))) {
    throw new HugwireError('blocked', `"${shown}" is an address that only this machine or its network can reach.`, {
      hint: 'The Space has to fetch it: give a public web address, or the path of a local file.',
    });
  }
  const last = decodeName(url.pathname.split('/').at(-1) ?? '');
  return { kind: 'link', url: url.href, name: cleanLine(last, MAX_NAME) || 'file' };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function fromApp(url: URL, options: InputFileOptions): Promise<InputFile> {
  const { app, net, signal } = options;
  const limit = memoryLimit(options);
  const watch = new Watch(SECONDS * 1000, signal);
  try {
    const response = await net(url.href, { signal: watch.signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw new HugwireError('not_found', `${app.site.id} no longer has the file ${cleanLine(url.pathname, 200)}.`, {
        hint: 'Files of a Space vanish when it restarts; give the saved file instead.',
      });
    }
    const { bytes } = await readBody(response, { maxBytes: limit.bytes, what: `The file at ${app.site.id}` });
    const name = decodeName(url.pathname.split('/').at(-1) ?? '');
    return { kind: 'upload', file: await makeFile({ bytes: new Uint8Array(bytes), name }, options) };
  } catch (error) {
    if (signal?.aborted) throw cancelled(error);
    throw explainNoAnswer(error, app.site.id);
  } finally {
    watch.stop();
  }
}
