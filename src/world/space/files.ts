import { createHash } from 'node:crypto';
import { parseRange } from '../http.js';
import { HttpError, receiveBody, type SpaceExchange, sendJson } from './exchange.js';

const TYPES: Record<string, string> = {
  csv: 'text/csv; charset=utf-8',
  gif: 'image/gif',
  html: 'text/html; charset=utf-8',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wav: 'audio/x-wav',
  webp: 'image/webp',
  zip: 'application/zip',
};

export interface StoredFile {
  /** The path that callers know it by; nothing is on the disk there. */
  path: string;
  name: string;
  bytes: Buffer;
  sha256: string;
  /** MIME type by the name's extension, as the server names it in `content-type`. */
  type: string;
}

/** The app's files, in memory: uploads and outputs, the oldest dropped when they grow beyond the limit. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes of all files together */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Keeps a file under a path made of its hash and its name, as Gradio's cache does.
   * @param name any name; folders in it are dropped
   * @param bytes the content
   */
  add(name: string, bytes: Buffer): StoredFile {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const base = baseName(name);
    const path = `/tmp/gradio/${sha256}/${base}`;
    const known = this.#files.get(path);
    if (known) return known;
    const file = { path, name: base, bytes, sha256, type: typeByName(base) };
    this.#files.set(path, file);
    this.#bytes += bytes.length;
    this.#dropOldest();
    return file;
  }

  /** @param path as `add` gave it */
  get(path: string): StoredFile | undefined {
    return this.#files.get(path);
  }

  #dropOldest(): void {
    for (const [path, file] of this.#files) {
      if (this.#bytes <= this.#maxBytes || this.#files.size === 1) return;
      this.#files.delete(path);
      this.#bytes -= file.bytes.length;
    }
  }
}

/**
 * MIME type of a file by its extension.
 * @param name with or without folders
 */
function typeByName(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[extension] ?? 'application/octet-stream';
}

function baseName(name: string): string {
  const base = name.split(/[/\\]/).pop() ?? '';
  return base === '' || base === '.' || base === '..' ? 'file' : base;
}

/** Uploads beyond this are refused, bytes. */
export const MAX_FILE_SIZE = 32 * 1024 * 1024;

/** Room for the boundaries and headers of a multipart body around its files, bytes. */
const MULTIPART_OVERHEAD = 64 * 1024;

/** `POST /upload`: keeps every file of a multipart body and answers with their paths. */
export async function receiveUpload(exchange: SpaceExchange, files: FileStore): Promise<void> {
  const type = exchange.request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    sendJson(exchange, { detail: 'Invalid content type.' }, 400);
    return;
  }
  const body = await receiveBody(exchange.request, MAX_FILE_SIZE + MULTIPART_OVERHEAD);
  // The platform's own parser reads multipart bodies, with names of any kind.
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const paths: string[] = [];
  for (const part of form.getAll('files')) {
    if (typeof part === 'string') continue;
    if (part.size > MAX_FILE_SIZE) {
      throw new HttpError(413, `File size exceeded maximum allowed size of ${MAX_FILE_SIZE} bytes.`);
    }
    paths.push(files.add(part.name, Buffer.from(await part.arrayBuffer())).path);
  }
  sendJson(exchange, paths);
}

/** `GET /file=…`: a file of the app, whole or the range that was asked for. */
export function sendFile(exchange: SpaceExchange, files: FileStore): void {
  const [path = ''] = exchange.params;
  const file = files.get(path);
  if (!file) {
    sendJson(exchange, { detail: `File not allowed: ${path}.` }, 403);
    return;
  }
  const { request, response } = exchange;
  const etag = `"${file.sha256.slice(0, 32)}"`;
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': file.type,
    'content-disposition': `inline; filename*=utf-8''${encodeURIComponent(file.name)}`,
    etag,
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const total = file.bytes.length;
  const range = parseRange(request.headers.range, total);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: total };
  const partial = range ? { 'content-range': `bytes ${start}-${end - 1}/${total}` } : {};
  response.writeHead(range ? 206 : 200, { ...headers, ...partial, 'content-length': end - start });
  response.end(request.method === 'HEAD' ? undefined : file.bytes.subarray(start, end));
}
