import { open, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, sep } from 'node:path';
import { HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { readBytes } from '../lib/jsonl.js';
import { cleanText } from '../lib/text.js';
import { readEntries } from './reader.js';

/** A file that a Space made in a session, as it is on disk now. */
interface SavedSessionFile {
  /** Without its directory. */
  name: string;
  /** Absolute; links resolved. */
  path: string;
  bytes: number;
  mimeType: string;
}

const MAX_LISTED = 100;
const MAX_TEXT_BYTES = 256 * 1024;
/** As base64 in one message of the protocol it must stay well under ten megabytes. */
const MAX_BLOB_BYTES = 5_000_000;
const IS_TEXT = /^text\/|^application\/(?:json|xml|yaml|toml|x-ndjson|jsonl)\b|\+(?:json|xml)\b/;

/**
 * The files that were saved in a session and are still there, the newest first.
 * @param journal of the session
 * @param saveTo the directory that files are saved to, absolute; what lies elsewhere is left out
 */
export async function listSavedFiles(journal: string, saveTo: string): Promise<SavedSessionFile[]> {
  const recorded = [...(await readRecorded(journal)).values()].reverse().slice(0, MAX_LISTED);
  const found = await Promise.all(recorded.map((file) => checkFile(file, saveTo)));
  return found.filter((file) => file !== undefined);
}

/**
 * Reads a file that was saved in a session.
 * @param journal of the session
 * @param name of the file, without its directory
 * @param saveTo the directory that files are saved to, absolute; nothing outside it is read
 * @returns undefined when no such file was saved, or it is gone
 * @throws HugwireError `too_large`
 */
export async function readSavedFile(
  journal: string,
  name: string,
  saveTo: string,
): Promise<{ mimeType: string; text: string } | { mimeType: string; blob: string } | undefined> {
  const recorded = (await readRecorded(journal)).get(name);
  const file = recorded && (await checkFile(recorded, saveTo));
  if (!file) return undefined;
  const { path, bytes, mimeType } = file;
  const isText = IS_TEXT.test(mimeType);
  const limit = isText ? MAX_TEXT_BYTES : MAX_BLOB_BYTES;
  if (bytes > limit) {
    throw new HugwireError(
      'too_large',
      `${path} is ${formatBytes(bytes)}; at most ${formatBytes(limit)} can be read here.`,
      { hint: 'Open the file itself.' },
    );
  }
  const content = await readWhole(path, limit);
  return isText
    ? { mimeType, text: cleanText(content.toString('utf8')) }
    : { mimeType, blob: content.toString('base64') };
}

type Recorded = { path: string; mimeType: string };

/** The files that a journal tells of, by name; the last one of a name counts. */
async function readRecorded(journal: string): Promise<Map<string, Recorded>> {
  const files = new Map<string, Recorded>();
  try {
    for await (const entry of readEntries(journal)) {
      if (entry.type !== 'FunctionResponse') continue;
      for (const { path, mimeType } of entry.files ?? []) files.set(basename(path), { path, mimeType });
    }
  } catch {
    // Nothing was recorded yet.
  }
  return files;
}

async function checkFile({ path, mimeType }: Recorded, saveTo: string): Promise<SavedSessionFile | undefined> {
  const found = await locateSaved(path, saveTo);
  return found && { name: basename(path), ...found, mimeType };
}

async function readWhole(path: string, limit: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await readBytes(file, 0, limit);
  } finally {
    await file.close();
  }
}

/**
 * Whether a path leads below a directory, as far as the two names tell.
 * @param path absolute
 * @param directory absolute
 */
export function isBelow(path: string, directory: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/**
 * Finds a file that was saved. A journal may have been changed, and so may what lies at the path: only what really is
 * a file in the directory counts.
 * @param path as the journal tells it
 * @param directory that files are saved to
 * @returns where it is, links resolved, and its size in bytes; undefined when it is gone, no file, or elsewhere
 */
export async function locateSaved(
  path: string,
  directory: string,
): Promise<{ path: string; bytes: number } | undefined> {
  try {
    const [home, real] = await Promise.all([realpath(directory), realpath(path)]);
    const facts = await stat(real);
    return isBelow(real, home) && facts.isFile() ? { path: real, bytes: facts.size } : undefined;
  } catch {
    return undefined;
  }
}
