import { type HugwireError, toHugwireError } from '../errors.js';

/** What became of one part of a larger answer: one failing part never sinks the rest. */
export type Attempt<T> = { value: T } | { error: HugwireError };

/**
 * Waits for a part and holds on to its failure.
 * @param part may reject
 */
export async function attempt<T>(part: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await part };
  } catch (error) {
    return { error: toHugwireError(error) };
  }
}

/**
 * The value, or undefined where the part failed.
 * @param outcome of `attempt`
 */
export function succeeded<T>(outcome: Attempt<T>): T | undefined {
  return 'value' in outcome ? outcome.value : undefined;
}
