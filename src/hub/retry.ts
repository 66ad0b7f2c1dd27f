import type { HugwireError } from '../errors.js';

/** Further tries after the first. */
const MAX_RETRIES = 2;
/** All tries of one request together, pauses included: many hosts end a tool call after a minute. */
export const TOTAL_BUDGET_MS = 10_000;
/** A rate limit is waited for up to here (5 s, and 1 s until the new window has surely begun); beyond it one is told at once. */
const MAX_WAIT_SECONDS = 6;
const PAUSES_MS = [500, 1500];

/** A try that failed in a way that another try may mend. Never leaves `hub/`. */
export class Retryable {
  readonly error: HugwireError;
  /** For a rate limit: seconds until the next try may succeed. */
  readonly waitSeconds?: number;

  constructor(error: HugwireError, waitSeconds?: number) {
    this.error = error;
    this.waitSeconds = waitSeconds;
  }
}

/**
 * Milliseconds to pause before the next try, or undefined when there should be none.
 * @param failure the last try
 * @param tries how many were made before it
 * @param random 0 to 1, spreads the tries of many clients
 */
export function pauseBeforeRetry(failure: Retryable, tries: number, random: number): number | undefined {
  const pause = PAUSES_MS[tries];
  if (tries >= MAX_RETRIES || pause === undefined) return undefined;
  if (failure.error.code === 'rate_limited') {
    const { waitSeconds } = failure;
    return waitSeconds !== undefined && waitSeconds <= MAX_WAIT_SECONDS ? waitSeconds * 1000 : undefined;
  }
  return pause * (0.75 + random / 2);
}
