/** A time limit that every sign of life pushes on, joined with the caller's signal. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  readonly #outer?: AbortSignal;
  readonly #onAbort = () => this.#controller.abort();
  #timer: NodeJS.Timeout;
  /** True when it was the time limit that aborted. */
  expired = false;

  /**
   * @param milliseconds silence at most
   * @param outer the caller's signal
   */
  constructor(milliseconds: number, outer?: AbortSignal) {
    this.#milliseconds = milliseconds;
    this.#outer = outer;
    if (outer?.aborted) this.#controller.abort();
    outer?.addEventListener('abort', this.#onAbort);
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time limit anew. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  /** Lets go of the timer and the outer signal; to be called whatever happened. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.expired = true;
      this.#controller.abort();
    }, this.#milliseconds);
  }
}
