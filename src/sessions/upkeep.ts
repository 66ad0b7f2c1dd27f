const DAY_MS = 86_400_000;
/** Well after the start, which has better things to do. */
const FIRST_MS = 30_000;

/**
 * Removes journals that are too old, now and then, for as long as the process lives. Never keeps it alive.
 * @param directory of the journals
 * @param current the session that stays
 * @param keepDays how long journals are kept; asked anew each time
 * @param firstMs milliseconds until the first time
 * @returns a function that ends it
 */
export function keepTidy(directory: string, current: string, keepDays: () => number, firstMs = FIRST_MS): () => void {
  let timer: NodeJS.Timeout;
  const later = (milliseconds: number) => {
    timer = setTimeout(() => void tidy().finally(() => later(DAY_MS)), milliseconds).unref();
  };
  const tidy = async () => {
    const { pruneSessions } = await import('./prune.js');
    const olderThan = new Date(Date.now() - keepDays() * DAY_MS);
    // What cannot be removed today is tried again tomorrow.
    await pruneSessions(directory, { olderThan, keep: current }).catch(() => undefined);
  };
  later(firstMs);
  return () => clearTimeout(timer);
}
