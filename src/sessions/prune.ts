import { rm, stat } from 'node:fs/promises';
import { sessionFile } from './names.js';
import { describeSession, listNames } from './reader.js';

export interface PruneOptions {
  /** Sessions whose last line is older than this go. */
  olderThan: Date;
  /** A session that stays, whatever its age. */
  keep?: string;
  /** Only count. */
  dryRun?: boolean;
}

/** A session without an end that was written to this lately may run where its process is not to be seen: in a container. */
const RECENT_MS = 3_600_000;

/** What was removed. */
export interface Pruned {
  sessions: string[];
  bytes: number;
  /** Old enough, but their processes still run, or may. */
  live: string[];
}

/**
 * Removes old journals; never that of a process that runs or may do so, and no file that hugwire did not make.
 * @param directory of the journals
 * @param options what is old
 */
export async function pruneSessions(directory: string, { olderThan, keep, dryRun }: PruneOptions): Promise<Pruned> {
  const pruned: Pruned = { sessions: [], bytes: 0, live: [] };
  for (const name of await listNames(directory)) {
    const path = sessionFile(directory, name.id);
    const before = await stat(path).catch(() => undefined);
    if (name.id === keep || !before?.isFile() || before.mtime >= olderThan) continue;
    const info = await describeSession(directory, name).catch(() => undefined);
    if (!info) continue;
    const mayRun = info.reason === undefined && Date.now() - before.mtimeMs < RECENT_MS;
    if (info.live || mayRun) {
      pruned.live.push(name.id);
      continue;
    }
    // Another process may prune just now: the file is gone either way.
    if (!dryRun) await rm(path, { force: true });
    pruned.sessions.push(name.id);
    pruned.bytes += before.size;
  }
  return pruned;
}
