import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { realPath } from '../lib/files.js';
import { isThere, type SavedFileIndex } from '../sessions/saved-files.js';

/** Shown by the page itself; everything else is only to be downloaded. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml)|audio\/[\w.+-]+|video\/[\w.+-]+)$/;

/** The files that Spaces returned and that hugwire saved. The page knows them by the hash of their path. */
export class SavedFiles {
  readonly #index: Pick<SavedFileIndex, 'find'>;
  readonly #paths = new Map<string, string>();

  /** @param index of what was saved: nothing else is served */
  constructor(index: Pick<SavedFileIndex, 'find'>) {
    this.#index = index;
  }

  /**
   * Makes a file known.
   * @param path absolute, as a journal tells it
   * @returns its address below the dashboard's own
   */
  add(path: string): string {
    const id = createHash('sha256').update(path).digest('base64url').slice(0, 22);
    this.#paths.set(id, path);
    return `files/${id}`;
  }

  /**
   * Answers with a file, or the part of it that a player asks for.
   * @param id from the address
   * @param request its Range is honoured
   * @param response takes the answer: 404 when the file is not known, gone, or another one
   */
  async serve(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = await realPath(this.#paths.get(id) ?? '').catch(() => '');
    const file = await this.#index.find(path);
    if (!file || !(await isThere(file))) {
      response.writeHead(404).end();
      return;
    }
    const shown = SHOWN.test(file.mimeType);
    const range = readRange(request.headers.range, file.bytes);
    response.writeHead(range ? 206 : 200, {
      'Content-Type': shown ? file.mimeType : 'application/octet-stream',
      'Content-Length': range ? range.end - range.start + 1 : file.bytes,
      'Accept-Ranges': 'bytes',
      // A picture may be an SVG with a script in it.
      'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
      ...(range ? { 'Content-Range': `bytes ${range.start}-${range.end}/${file.bytes}` } : {}),
      ...(shown ? {} : { 'Content-Disposition': 'attachment' }),
    });
    if (request.method === 'HEAD') response.end();
    // A player that has seen enough hangs up.
    else await pipeline(createReadStream(file.path, range), response).catch(() => {});
  }
}

/** One range, both ends included; undefined for the whole file. */
function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}
