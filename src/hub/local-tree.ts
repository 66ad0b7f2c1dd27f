import type { Stats } from 'node:fs';
import { lstat, open, opendir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Entries looked at in one walk: enough for any repository, and a bound for whatever else lies there. */
const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 32;

/** A regular file below some root. */
export interface FoundFile {
  /** Relative to where the walk began, with `/` between its parts. */
  path: string;
  size: number;
  /** Milliseconds since the epoch. */
  modified: number;
  /** The same for two names of one file. */
  identity: string;
}

/**
 * The regular files below a directory. A symbolic link counts as the file that it leads to, if that lies below `root`;
 * links to directories are not followed, so nothing is met twice. What cannot be read is left out.
 * @param directory where to begin
 * @param root what no link may lead out of; a real path
 * @returns the files, and whether that was all
 */
export async function walkFiles(directory: string, root: string): Promise<{ files: FoundFile[]; complete: boolean }> {
  const files: FoundFile[] = [];
  const pending = [{ at: directory, prefix: '', depth: 0 }];
  let entries = 0;
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { at, prefix, depth } = next;
    for (const { name, isDirectory } of await listDirectory(at, MAX_ENTRIES - entries)) {
      entries += 1;
      const path = prefix + name;
      if (isDirectory && depth < MAX_DEPTH) {
        pending.push({ at: join(at, name), prefix: `${path}/`, depth: depth + 1 });
      } else if (!isDirectory) {
        const found = await statInside(join(at, name), root);
        if (found)
          files.push({ path, size: found.size, modified: found.mtimeMs, identity: `${found.dev}:${found.ino}` });
      }
    }
    if (entries >= MAX_ENTRIES) return { files, complete: false };
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, complete: true };
}

/**
 * The names in a directory, unsorted; none when it cannot be read.
 * @param directory any path
 * @param most names to give at most
 */
export async function listDirectory(
  directory: string,
  most: number,
): Promise<{ name: string; isDirectory: boolean }[]> {
  const found: { name: string; isDirectory: boolean }[] = [];
  try {
    for await (const entry of await opendir(directory)) {
      if (found.length >= most) break;
      found.push({ name: entry.name, isDirectory: entry.isDirectory() });
    }
  } catch {
    // Unreadable, gone, or no directory: what was found until then is all there is.
  }
  return found;
}

/**
 * What a path leads to, if that is a regular file below `root`.
 * @param path may be a symbolic link, or a chain of them
 * @param root a real path
 */
async function statInside(path: string, root: string): Promise<(Stats & { path: string }) | undefined> {
  try {
    const real = await realpath(path);
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const found = await stat(real);
    return found.isFile() ? Object.assign(found, { path: real }) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A part of a regular file below `root`; undefined when there is no such file, or it cannot be read.
 * @param path may be a symbolic link
 * @param root a real path
 * @param start first byte
 * @param end byte after the last
 */
export async function readInside(
  path: string,
  root: string,
  start: number,
  end: number,
): Promise<{ bytes: Uint8Array; size: number; modified: number } | undefined> {
  const found = await statInside(path, root);
  if (!found) return undefined;
  const length = Math.max(0, Math.min(end, found.size) - start);
  try {
    const file = await open(found.path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      return { bytes: buffer.subarray(0, bytesRead), size: found.size, modified: found.mtimeMs };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/**
 * Whether a path is a directory itself, not a link to one.
 * @param path any path
 */
export async function isDirectory(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
