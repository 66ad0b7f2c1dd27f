import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import {
  type DocumentFormat,
  getValue,
  isEmpty,
  isMapping,
  type KeyPath,
  removeValue,
  sameValue,
  setValue,
  valueAt,
} from '../lib/documents/document.js';
import { HugwireError } from '../lib/errors.js';
import { changeFile, fileFailure, readText, withPatience } from '../lib/files.js';
import { isMissing, systemCode } from '../lib/system-errors.js';
import type { Client } from './clients.js';
import { entryPath, findServer, findUnreadable, formatOf } from './find.js';
import type { Launch } from './launch.js';
import { ENTRY_SHAPES, mergeEntry, type ServerEntry } from './shapes.js';

/** A change of a client's file, before it is made. */
export interface Plan {
  status: 'added' | 'updated' | 'removed' | 'unchanged';
  /** The entry that is added, or was removed. */
  entry?: ServerEntry;
  /** The text as it is; undefined: there is no file. */
  before?: string;
  /** The text as it will be; undefined: no file. */
  after?: string;
}

/**
 * Plans adding hugwire to a client's file.
 * @param text of the file, if there is one
 * @throws HugwireError `invalid_arguments` when the file is broken, or cannot be changed safely
 */
export async function planInstall(
  client: Client,
  name: string,
  launch: Launch,
  text: string | undefined,
): Promise<Plan> {
  const format = await formatOf(client);
  const path = entryPath(client, name);
  const old = getValue(format, text ?? '', path);
  const entry = mergeEntry(ENTRY_SHAPES[client.shape], launch, name, old);
  const after = setValue(format, text ?? '', path, entry);
  const status = after === text ? 'unchanged' : old === undefined ? 'added' : 'updated';
  return { status, entry, before: text, after };
}

/**
 * Plans removing hugwire from a client's file. Where adding it again to a backup would give the file as it is, the
 * backup is what was there before. Without any backup the file was made by hugwire, and goes when it is empty.
 * @param text of the file, if there is one
 * @param backups states of the file that were kept, the latest first
 * @throws HugwireError `invalid_arguments` when the file is broken, or cannot be changed safely
 */
export async function planUninstall(
  client: Client,
  name: string,
  text: string | undefined,
  backups: readonly string[],
): Promise<Plan> {
  const format = await formatOf(client);
  const path = entryPath(client, name);
  const entry = text === undefined ? undefined : (getValue(format, text, path) as ServerEntry | undefined);
  if (text === undefined || entry === undefined) return { status: 'unchanged', before: text, after: text };
  const earlier = backups.filter((backup) => lacks(format, backup, path));
  const same = earlier.find((backup) => gives(format, backup, path, entry, text));
  const after = same ?? removeValue(format, text, path, stepsIn(format, earlier[0], path));
  const ours = backups.length === 0 && /^\s*(?:\{\s*\}\s*)?$/.test(after) && isEmpty(format.parse(after) ?? null);
  return { status: 'removed', entry, before: text, after: ours ? undefined : after };
}

function lacks(format: DocumentFormat, text: string, path: KeyPath): boolean {
  try {
    return getValue(format, text, path) === undefined;
  } catch {
    return false;
  }
}

function gives(format: DocumentFormat, backup: string, path: KeyPath, entry: ServerEntry, text: string): boolean {
  try {
    return setValue(format, backup, path, entry) === text;
  } catch (error) {
    if (error instanceof HugwireError) return false;
    throw error;
  }
}

/** How many steps of a path were there before hugwire came, so that they stay even when empty. */
function stepsIn(format: DocumentFormat, backup: string | undefined, path: KeyPath): number {
  if (backup === undefined) return 0;
  const root = getValue(format, backup, []);
  let steps = 0;
  while (steps < path.length - 1 && valueAt(root, path.slice(0, steps + 1)) !== undefined) steps++;
  return steps;
}

/** What is to be added to a client's file, or removed from it. */
export interface Change {
  client: Client;
  /** Of the client's file. */
  path: string;
  /** Key of the server. */
  name: string;
  /** Unset: hugwire is to be removed. */
  launch?: Launch;
}

/** A change that was made. */
export interface Applied extends Plan {
  /** Where the state before is kept: when hugwire was added or updated. */
  backup?: string;
  /** Backups that stay when hugwire is removed, since they hold what the file does not. */
  left?: string[];
}

/**
 * What a change would do; nothing is written.
 * @throws HugwireError with the path, when the file cannot be read, is broken, or cannot be changed safely
 */
export async function previewChange(change: Change): Promise<Plan> {
  return plan(change, await readText(change.path, { utf8Only: true }));
}

/**
 * Makes a change: atomically, one process at a time. Adding hugwire keeps a backup of what was there; removing it removes the
 * backups that nobody needs any more. Links are followed, permissions stay.
 * @throws HugwireError with the path, when the file cannot be read or written, is broken, or cannot be changed safely;
 *   nothing is changed then
 */
export async function applyChange(change: Change): Promise<Applied> {
  const { path } = change;
  const preview = await previewChange(change);
  // So that no directory is made for nothing.
  if (preview.status === 'unchanged') return preview;
  let done: Applied = preview;
  await changeFile(path, async (text) => {
    done = await plan(change, text);
    if (done.status === 'unchanged') return undefined;
    if (text !== undefined && change.launch) done.backup = await backUp(path, text);
    if (done.after === undefined) await remove(path);
    return done.after;
  });
  return done.status === 'removed' ? { ...done, left: await removeBackups(change, done.after) } : done;
}

async function plan({ client, path, name, launch }: Change, text: string | undefined): Promise<Plan> {
  try {
    if (!launch) return await planUninstall(client, name, text, await readBackups(path));
    const planned = await planInstall(client, name, launch, text);
    // hugwire can be removed from any file, but added only to one that the client can read.
    const fault = text === undefined ? undefined : await findUnreadable(client, text);
    if (fault === undefined) return planned;
    throw new HugwireError('invalid_arguments', `${fault}.`, {
      hint: `Correct the file first; nothing was changed. Until then ${client.label} may start no server at all.`,
    });
  } catch (error) {
    if (!(error instanceof HugwireError)) throw error;
    throw new HugwireError(error.code, `${path}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/**
 * Removes the backups that hold nothing which the file does not hold, once hugwire is not in it under any name.
 * @param after the text of the file; undefined: no file
 * @returns those that stay
 */
async function removeBackups({ client, path }: Change, after = ''): Promise<string[]> {
  const format = await formatOf(client);
  if ((await findServer(client, after)).name !== undefined) return [];
  const now = format.parse(withoutBom(after));
  const left: string[] = [];
  for (let number = 1; ; number++) {
    const backup = nameOf(path, number);
    const text = await readFile(backup, 'utf8').catch(ignoreMissing);
    if (text === undefined) return left;
    // What hugwire cannot read is somebody else's.
    if (await isWithin(client, text, now).catch(() => false)) await remove(backup);
    else left.push(backup);
  }
}

async function isWithin(client: Client, text: string, now: unknown): Promise<boolean> {
  const format = await formatOf(client);
  const { name } = await findServer(client, text);
  const bare = name === undefined ? text : removeValue(format, text, entryPath(client, name), 0);
  return holds(now, format.parse(withoutBom(bare)));
}

const withoutBom = (text: string) => text.replace(/^\uFEFF/, '');

/** Whether all of a value is in another. */
function holds(whole: unknown, part: unknown): boolean {
  if (!isMapping(part) || !isMapping(whole)) return sameValue(whole, part);
  return Object.entries(part).every(([key, value]) => holds(whole[key], value));
}

async function remove(path: string): Promise<void> {
  try {
    await withPatience(() => rm(path, { force: true }));
  } catch (cause) {
    throw fileFailure(path, 'removed', cause);
  }
}

async function backUp(path: string, text: string): Promise<string> {
  try {
    return await keepBackup(path, text);
  } catch (cause) {
    throw fileFailure(path, 'backed up', cause);
  }
}

const nameOf = (path: string, number: number) => (number === 1 ? `${path}.bak` : `${path}.bak.${number}`);

/**
 * Keeps a state of a file beside it, as `FILE.bak`, or `FILE.bak.2` and so on where that holds another state: an earlier
 * backup is never overwritten, whoever made it.
 * @param path of the file, which is there; the backup gets its permissions
 * @param text of the state
 * @returns where the backup is
 */
async function keepBackup(path: string, text: string): Promise<string> {
  const { mode } = await stat(path);
  for (let number = 1; ; number++) {
    const backup = nameOf(path, number);
    const there = await readFile(backup, 'utf8').catch(ignoreMissing);
    if (there === text) return backup;
    if (there !== undefined) continue;
    try {
      await writeFile(backup, text, { mode: mode & 0o777, flag: 'wx' });
      return backup;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') continue;
      await rm(backup, { force: true });
      throw error;
    }
  }
}

/**
 * The states of a file that were kept beside it, the latest first.
 * @param path of the file
 */
async function readBackups(path: string): Promise<string[]> {
  const texts: string[] = [];
  for (let number = 1; ; number++) {
    const text = await readFile(nameOf(path, number), 'utf8').catch(ignoreMissing);
    if (text === undefined) return texts.reverse();
    texts.push(text);
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
