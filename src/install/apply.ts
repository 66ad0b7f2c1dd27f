import { rm } from 'node:fs/promises';
import { HugwireError } from '../errors.js';
import { keepBackup, readBackups } from '../files/backup.js';
import { changeFile, fileFailure, readText } from '../files/change.js';
import type { Client } from './clients.js';
import type { Launch } from './launch.js';
import { type Plan, planInstall, planUninstall } from './plan.js';

/** What is to be in, or out of, a client's file. */
export interface Change {
  client: Client;
  /** Of the client's file. */
  path: string;
  /** Key of the server. */
  name: string;
  /** Unset: hugwire is to be taken out. */
  launch?: Launch;
}

/** A change that was made. */
export interface Applied extends Plan {
  /** Where the state before is kept. */
  backup?: string;
}

/**
 * What a change would do; nothing is written.
 * @throws HugwireError with the path, when the file cannot be read, is broken, or cannot be changed safely
 */
export async function previewChange(change: Change): Promise<Plan> {
  return plan(change, await readText(change.path));
}

/**
 * Makes a change: atomically, one process at a time, with a backup of what was there. Links are followed, permissions stay.
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
    if (text !== undefined && !(await isKept(change, done))) done.backup = await backUp(path, text);
    if (done.after === undefined) await remove(path);
    return done.after;
  });
  return done;
}

async function plan({ client, path, name, launch }: Change, text: string | undefined): Promise<Plan> {
  try {
    if (launch) return await planInstall(client, name, launch, text);
    return await planUninstall(client, name, text, await readBackups(path));
  } catch (error) {
    if (!(error instanceof HugwireError)) throw error;
    throw new HugwireError(error.code, `${path}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/** Taking hugwire out loses nothing where the file goes back to a state that is kept, or held nothing but hugwire. */
async function isKept({ launch, path }: Change, { after }: Plan): Promise<boolean> {
  if (launch) return false;
  return after === undefined || (await readBackups(path)).includes(after);
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
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
