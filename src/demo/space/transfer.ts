import { MAX_FILE_SIZE } from './describe.js';
import { type Exchange, HttpError, readBody, sendJson } from './exchange.js';
import type { FileStore } from './files.js';

/** Room for the boundaries and headers of a multipart body around its files, bytes. */
const MULTIPART_OVERHEAD = 64 * 1024;

/** `POST /upload`: keeps every file of a multipart body and answers with their paths. */
export async function receiveUpload(exchange: Exchange, files: FileStore): Promise<void> {
  const type = exchange.request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) {
    sendJson(exchange, { detail: 'Invalid content type.' }, 400);
    return;
  }
  const body = await readBody(exchange.request, MAX_FILE_SIZE + MULTIPART_OVERHEAD);
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
export function sendFile(exchange: Exchange, files: FileStore): void {
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

/** One range of bytes (RFC 9110, section 14); anything else is answered with the whole file. */
function parseRange(header: string | undefined, total: number) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const start = first === '' ? Math.max(0, total - Number(last)) : Number(first);
  const end = first === '' || last === '' ? total : Math.min(total, Number(last) + 1);
  return start < end ? { start, end } : ('unsatisfiable' as const);
}
