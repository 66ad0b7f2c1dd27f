/** Time, so that tests need none. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after `ms`; the answer calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Calls `onIdle` once nothing was touched for `ms`.
 * @returns `touch` starts the wait anew, `stop` ends it
 */
export function watchIdle(clock: Clock, ms: number, onIdle: () => void): { touch(): void; stop(): void } {
  let touchedAt = clock.now();
  // Touching is much more frequent than idling: it only notes the time, and the timer catches up when it fires.
  const arm = (wait: number): (() => void) =>
    clock.after(wait, () => {
      const left = touchedAt + ms - clock.now();
      if (left <= 0) onIdle();
      else stop = arm(left);
    });
  let stop = arm(ms);
  return {
    touch() {
      touchedAt = clock.now();
    },
    stop: () => stop(),
  };
}

/**
 * Waits, or rejects with the signal's reason.
 * @param ms milliseconds
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const wake = (): void => {
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      callOff();
      reject(signal.reason);
    };
    const callOff = clock.after(ms, wake);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Waits for work that may fail without harm, but not for ever.
 * @param ms milliseconds at most
 * @param work nothing to wait for when missing
 */
export function atMost(clock: Clock, ms: number, work: Promise<unknown> | undefined): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(ms, resolve);
    const done = (): void => {
      callOff();
      resolve();
    };
    Promise.resolve(work).then(done, done);
  });
}
