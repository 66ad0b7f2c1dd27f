import type { InputFile } from '../gradio/types.js';
import { parseReference, repoPath } from '../hub/reference.js';
import type { HubClient } from '../hub/types.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { hostScope } from '../lib/hosts.js';
import { readBody, Watch } from '../lib/http.js';
import { explainNoAnswer, leadsInside } from '../lib/network.js';
import { cleanLine } from '../lib/text.js';
import {
  holdsTokenInUse,
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
  rules: Omit<SendRules, 'call'>;
  /** Bytes of one file at most: `files.maxMegabytes`. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Takes what an argument names as a file: something on the Hub (read with the user's own rights), a `data:` URL or a file
 * of this machine becomes bytes for an upload, the latter read only while it is sent; any other web address is passed on, for the Space to fetch by itself.
 * @param source as the assistant wrote it
 * @throws HugwireError `blocked`, `not_found`, `too_large`, `invalid_arguments`, or what the Hub answered
 */
export async function openInputFile(source: string, options: InputFileOptions): Promise<InputFile> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === 'data') return fromDataUrl(source, options);
  if (scheme === 'hf') return fromHub(source, options);
  if (scheme === 'http' || scheme === 'https') return fromWeb(source, options);
  const { app, rules, maxBytes } = options;
  const found = await openLocalFile(
    source,
    { ...rules, call: `space_call space=${app.site.id}` },
    limitFor(app, maxBytes),
  );
  const { path, name, head, size, stream } = found;
  return { kind: 'upload', file: { ...(await nameFile(head, name)), size, stream }, localPath: path };
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

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*),/i;

async function fromDataUrl(source: string, options: InputFileOptions): Promise<InputFile> {
  const head = DATA_URL.exec(source.slice(0, 500));
  if (!head)
    throw new HugwireError('invalid_arguments', 'The data: URL is malformed.', {
      hint: 'It looks like data:image/png;base64,….',
    });
  const limit = memoryLimit(options);
  const body = source.slice(head[0].length);
  if (body.length > limit.bytes * 1.4) throw tooLargeToSend('The data: URL is too large', limit);
  const bytes = new Uint8Array(
    /;base64/i.test(head[2] ?? '') ? Buffer.from(body, 'base64') : Buffer.from(decode(body)),
  );
  if (bytes.length > limit.bytes) throw tooLargeToSend('The data: URL is too large', limit);
  return { kind: 'upload', file: await makeFile({ bytes, name: 'file', told: head[1] }, options) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', 'The data: URL is badly encoded.', { cause });
  }
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
