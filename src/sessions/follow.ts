import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing } from '../lib/system-errors.js';
import { readLines } from './lines.js';
import { parseEntry } from './parse.js';
import type { Entry } from './types.js';

const POLL_MS = 200;

export interface FollowOptions {
  /** Ends it. */
  signal: AbortSignal;
  /** Byte to begin at; the begin of the file unless told. */
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
