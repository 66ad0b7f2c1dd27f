import { createHash } from 'node:crypto';

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
