import { setImmediate as breathe } from 'node:timers/promises';

/** How long other calls wait at most, in milliseconds. */
const TURN_MS = 10;

/**
 * Watches how long a piece of work has had the process to itself.
 * @returns to be called at every step: a promise to wait for when everything else should have its turn, else undefined
 */
export function takeTurns(): () => Promise<void> | undefined {
  let end = performance.now() + TURN_MS;
  return () => {
    if (performance.now() < end) return undefined;
    return breathe().then(() => {
      end = performance.now() + TURN_MS;
    });
  };
}

/**
 * Goes through many things, and lets everything else in the process have its turn in between.
 * @param items what to go through; nobody may change it meanwhile
 * @param visit what to do with each
 */
export async function visitInTurns<Item>(items: Iterable<Item>, visit: (item: Item) => void): Promise<void> {
  const turn = takeTurns();
  for (const item of items) {
    visit(item);
    const pause = turn();
    if (pause) await pause;
  }
}
