import page from 'hugwire:page';
import { gzipSync } from 'node:zlib';

/** A file of the page. */
export interface Asset {
  contentType: string;
  /** Its bytes, with gzip. */
  gzip: Buffer;
}

const TYPES: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** The files of the page by their names, as they are sent. */
export function readAssets(): ReadonlyMap<string, Asset> {
  return new Map(
    Object.entries(TYPES).map(([name, contentType]) => [name, { contentType, gzip: gzipSync(page[name] ?? '') }]),
  );
}
