import type { Clock } from '../../src/gradio/clock.js';

export interface ManualClock extends Clock {
  /** Lets time pass; what falls due runs in order. */
  pass(ms: number): void;
  /** How many timers are set. */
  pending(): number;
}

/** A clock that stands still until it is told otherwise. */
export function createManualClock(start = 1_000_000): ManualClock {
  let now = start;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
    pending: () => timers.length,
  };
}
