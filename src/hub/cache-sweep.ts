import { stat } from 'node:fs/promises';
import type { CacheObject, verify } from 'cacache';

/** A sweep leaves this share of the allowed size, so that the next one is not due at once. */
const LEAVE = 0.8;

/** What lies in the cache. */
export interface CacheInfo {
  directory: string;
  answers: number;
  bytes: number;
  /** When the oldest and the newest answer were last used, milliseconds since the epoch. */
  oldest?: number;
  newest?: number;
  /** Answers and bytes by kind. */
  kinds: Record<string, { answers: number; bytes: number }>;
}

/**
 * Brings the cache down to its size: what was used least recently goes first, then all content that no answer needs.
 * Other processes may use the cache meanwhile; at worst they miss an answer.
 * @param directory of the cache
 * @param maxBytes the size it may have
 */
export async function sweepCache(directory: string, maxBytes: number): Promise<void> {
  const { default: cacache } = await import('cacache');
  try {
    const entries = await listEntries(directory);
    const total = entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
    const drop = new Set(total > maxBytes ? leastUsedBeyond(entries, maxBytes * LEAVE) : []);
    const filter = (entry: CacheObject) => !drop.has(entry.key);
    // The package's types give `filter` the wrong type.
    await cacache.verify(directory, { filter } as unknown as verify.Options);
  } catch {
    // A disk that cannot be swept is left as it is: no answer depends on it.
  }
}

/**
 * Counts what lies in the cache.
 * @param directory of the cache; it need not exist
 */
export async function cacheInfo(directory: string): Promise<CacheInfo> {
  const entries = await listEntries(directory);
  const kinds: CacheInfo['kinds'] = {};
  for (const entry of entries) {
    const kind = String(entry.metadata?.kind ?? 'other');
    const { answers, bytes } = kinds[kind] ?? { answers: 0, bytes: 0 };
    kinds[kind] = { answers: answers + 1, bytes: bytes + (entry.size ?? 0) };
  }
  const times = entries.map(({ time }) => time);
  return {
    directory,
    answers: entries.length,
    bytes: entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0),
    oldest: times.length > 0 ? Math.min(...times) : undefined,
    newest: times.length > 0 ? Math.max(...times) : undefined,
    kinds,
  };
}

/**
 * Removes every answer. Running servers go on and fill the cache anew.
 * @param directory of the cache; it need not exist
 * @returns what was there
 */
export async function clearCache(directory: string): Promise<CacheInfo> {
  const before = await cacheInfo(directory);
  const { default: cacache } = await import('cacache');
  if (await exists(directory)) await cacache.rm.all(directory);
  return before;
}

async function listEntries(directory: string): Promise<CacheObject[]> {
  const { default: cacache } = await import('cacache');
  return (await exists(directory)) ? Object.values(await cacache.ls(directory)) : [];
}

function leastUsedBeyond(entries: CacheObject[], maxBytes: number): string[] {
  let bytes = 0;
  return entries
    .toSorted((a, b) => b.time - a.time)
    .filter((entry) => {
      bytes += entry.size ?? 0;
      return bytes > maxBytes;
    })
    .map(({ key }) => key);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
