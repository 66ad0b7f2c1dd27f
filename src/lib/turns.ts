import { setImmediate as breathe } from 'node:timers/promises';

/** How long other calls wait at most, in milliseconds. */
const TURN_MS = 10;

/**
 * Goes through many things, and lets everything else in the process have its turn in between.
 * @param items what to go through; nobody may change it meanwhile
 * @param visit what to do with each
 */
export async function visitInTurns<Item>(items: Iterable<Item>, visit: (item: Item) => void): Promise<void> {
  let end = performance.now() + TURN_MS;
  for (const item of items) {
    visit(item);
    if (performance.now() < end) continue;
    await breathe();
    end = performance.now() + TURN_MS;
  }
}
