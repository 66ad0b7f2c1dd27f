import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the page, compressed at build. */
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

/**
 * Reads the page as it was built.
 * @param directory of the built files
 * @returns the files by name
 * @throws Error when the package is incomplete
 */
export async function readAssets(directory: string): Promise<ReadonlyMap<string, Asset>> {
  const read = async ([name, contentType]: [string, string]): Promise<[string, Asset]> => [
    name,
    { contentType, gzip: await readFile(join(directory, `${name}.gz`)) },
  ];
  return new Map(await Promise.all(Object.entries(TYPES).map(read)));
}
