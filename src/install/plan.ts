import { HugwireError } from '../errors.js';
import { type DocumentFormat, getValue, removeValue, setValue } from '../files/document.js';
import { isEmpty, type KeyPath, valueAt } from '../files/value.js';
import { entryPath, formatOf } from './client.js';
import type { Client } from './clients.js';
import type { Launch } from './launch.js';
import { type Entry, mergeEntry, SHAPES } from './shapes.js';

/** What would become of a client's file. */
export interface Plan {
  status: 'added' | 'updated' | 'removed' | 'unchanged';
  /** The entry that will stand there, or has stood there. */
  entry?: Entry;
  /** The text as it is; undefined: there is no file. */
  before?: string;
  /** The text as it will be; undefined: no file. */
  after?: string;
}

/**
 * What adding hugwire makes of a client's file.
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
  const entry = mergeEntry(SHAPES[client.shape], launch, name, old);
  const after = setValue(format, text ?? '', path, entry);
  const status = after === text ? 'unchanged' : old === undefined ? 'added' : 'updated';
  return { status, entry, before: text, after };
}

/**
 * What taking hugwire out makes of a client's file. Where adding it again to a backup would give the file as it is, the
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
  const entry = text === undefined ? undefined : (getValue(format, text, path) as Entry | undefined);
  if (text === undefined || entry === undefined) return { status: 'unchanged', before: text, after: text };
  const earlier = backups.filter((backup) => lacks(format, backup, path));
  const same = earlier.find((backup) => gives(format, backup, path, entry, text));
  const after = same ?? removeValue(format, text, path, stepsIn(format, earlier[0], path));
  const ours = backups.length === 0 && /^\s*(?:\{\s*\})?\s*$/.test(after) && isEmpty(format.parse(after) ?? null);
  return { status: 'removed', entry, before: text, after: ours ? undefined : after };
}

function lacks(format: DocumentFormat, text: string, path: KeyPath): boolean {
  try {
    return getValue(format, text, path) === undefined;
  } catch {
    return false;
  }
}

function gives(format: DocumentFormat, backup: string, path: KeyPath, entry: Entry, text: string): boolean {
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
