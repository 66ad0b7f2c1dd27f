import pLimit, { type LimitFunction } from 'p-limit';
import { cancelled } from '../errors.js';

/** Lets a bounded number of requests run at once; the others wait in line. */
export class Gate {
  readonly #limit: LimitFunction;

  /** @param places how many may be inside at once */
  constructor(places: number) {
    this.#limit = pLimit(places);
  }

  /**
   * Runs work as soon as there is room.
   * @param work starts when its turn comes
   * @param signal leaves the line when aborted; of work that has begun the work itself must see to it
   * @throws HugwireError `cancelled` when the signal is aborted before the turn came, or what `work` throws
   */
  run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(cancelled());
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      void this.#limit(async () => {
        if (signal?.aborted) return;
        signal?.removeEventListener('abort', leave);
        await work().then(resolve, reject);
      });
    });
  }
}
