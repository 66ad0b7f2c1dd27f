import { HugwireError } from '../errors.js';

interface Flight<Result> {
  result: Promise<Result>;
  controller: AbortController;
  waiting: number;
}

/** Lets callers that want the same thing at the same time share one piece of work. */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * Joins the work under way for `key`, or starts it. A caller that gives up leaves alone; only when all have left is
   * the work itself aborted.
   * @param key what is wanted
   * @param signal of this caller
   * @param start does the work; its signal is aborted once nobody waits
   * @throws HugwireError `cancelled` when `signal` is aborted, or what `start` throws
   */
  async join(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (signal?.aborted) throw cancelled();
    const flight = this.#flights.get(key) ?? this.#launch(key, start);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.result, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        this.#forget(key, flight);
        flight.controller.abort();
      }
    }
  }

  #launch(key: string, start: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const flight: Flight<Result> = { result: start(controller.signal), controller, waiting: 0 };
    this.#flights.set(key, flight);
    // Callers see the failure through their own wait; without one it must not count as unhandled.
    flight.result.catch(() => {}).finally(() => this.#forget(key, flight));
    return flight;
  }

  #forget(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return result;
  return new Promise((resolve, reject) => {
    const leave = () => reject(cancelled());
    signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function cancelled(): HugwireError {
  return new HugwireError('cancelled', 'The call was cancelled.');
}
