import { setTimeout as sleep } from 'node:timers/promises';
import { readLines } from '../lib/jsonl.js';
import { isMissing } from '../lib/system-errors.js';
import { type Entry, parseEntry } from './entries.js';

/** Entries that are wanted; what is not told does not matter. */
export interface EntryFilter {
  /** Of calls, their answers and what belongs to them. */
  tool?: string;
  /** Calls that failed, with all that belongs to them. */
  failed?: boolean;
  since?: Date;
  until?: Date;
  /** Every word occurs in the entry, in upper or lower case. */
  text?: string;
  /** Entries after the one of this number. */
  after?: number;
}

/**
 * The entries of a session in their order. Lines that are none are left out.
 * @param path of its file
 * @param filter which are wanted
 * @throws the system's error when the file cannot be read
 */
export async function* readEntries(path: string, filter: EntryFilter = {}): AsyncGenerator<Entry> {
  const wanted = selectEntries(filter);
  const held = filter.failed ? new Map<string, Entry[]>() : undefined;
  for await (const { text } of readLines(path)) {
    const entry = parseEntry(text);
    if (entry && wanted(entry)) yield* held ? holdBack(entry, held) : [entry];
  }
}

/** Keeps a call and what belongs to it until it is known whether it failed. */
function holdBack(entry: Entry, held: Map<string, Entry[]>): Entry[] {
  if (entry.type === 'FunctionCall') held.set(entry.id, [entry]);
  const call = entry.parent === undefined ? undefined : held.get(entry.parent);
  if (!call || entry.parent === undefined) return [];
  call.push(entry);
  if (entry.type !== 'FunctionResponse') return [];
  held.delete(entry.parent);
  return entry.failed ? call : [];
}

/**
 * Makes the test of a filter. It sees the entries of one session in their order; of `failed` it knows nothing.
 * @param filter which are wanted
 */
export function selectEntries({ tool, since, until, text, after = 0 }: EntryFilter): (entry: Entry) => boolean {
  const words = text?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const ofTool = new Set<string>();
  return (entry) => {
    if (entry.type === 'FunctionCall' && entry.tool === tool) ofTool.add(entry.id);
    if (entry.order <= after) return false;
    if (tool !== undefined && !ofTool.has(entry.id) && !ofTool.has(entry.parent ?? '')) return false;
    const time = Date.parse(entry.time);
    if ((since && time < since.getTime()) || (until && time > until.getTime())) return false;
    if (words.length === 0) return true;
    const said = JSON.stringify(entry).toLowerCase();
    return words.every((word) => said.includes(word));
  };
}

const POLL_MS = 200;

interface FollowOptions {
  /** Ends it. */
  signal: AbortSignal;
  /** Byte to begin at: 0 unless told. */
  from?: number;
  /** Milliseconds between two looks. */
  pollMs?: number;
}

/**
 * The entries of a session as they are written, from the first on; ends after the session's end, or with the signal.
 * The file is looked at again and again: watching is not to be had on every file system.
 * @param path of its file
 */
export async function* followEntries(
  path: string,
  { signal, from = 0, pollMs = POLL_MS }: FollowOptions,
): AsyncGenerator<Entry> {
  let at = from;
  while (!signal.aborted) {
    try {
      for await (const { text, end } of readLines(path, at)) {
        at = end;
        const entry = parseEntry(text);
        if (entry) yield entry;
        if (entry?.type === 'SessionEnd' || signal.aborted) return;
      }
    } catch (error) {
      // It may have been removed, or not be there yet.
      if (!isMissing(error)) throw error;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}
