import { HugwireError, toHugwireError } from '../../lib/errors.js';
import type { HubAnswer, HubClient, HubRequest } from '../types.js';
import { DelegatingClient } from './client.js';

/** How long nothing is sent after the network was found to be away. */
const PAUSE_MS = 10_000;

/**
 * Spares callers the wait for a network that is not there: after a failed connection or a timeout, requests fail at once
 * for some seconds. Then a single one is let through to see whether the way is free again.
 * @param client asks the Hub
 */
export function withBreaker(client: HubClient): HubClient {
  return new GuardedClient(client, { hub: new Breaker(), viewer: new Breaker() });
}

/** The state of the way to one service. */
class Breaker {
  #closedUntil = 0;
  #lastFailure?: HugwireError;
  #probing = false;

  get isOpen(): boolean {
    return this.#lastFailure !== undefined;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#lastFailure && (this.#probing || Date.now() < this.#closedUntil)) throw this.#refusal(this.#lastFailure);
    const probe = this.#lastFailure !== undefined;
    this.#probing ||= probe;
    try {
      const result = await work();
      this.#reopen();
      return result;
    } catch (caught) {
      this.#failureOf(toHugwireError(caught));
      throw caught;
    } finally {
      if (probe) this.#probing = false;
    }
  }

  #failureOf(error: HugwireError): void {
    // A caller that gave up says nothing about the network.
    if (error.code === 'cancelled') return;
    if (error.code !== 'timeout' && error.code !== 'offline') return this.#reopen();
    this.#lastFailure = error;
    this.#closedUntil = Date.now() + PAUSE_MS;
  }

  #reopen(): void {
    this.#lastFailure = undefined;
  }

  #refusal({ code, message, hint }: HugwireError): HugwireError {
    const wait = Math.max(1, Math.ceil((this.#closedUntil - Date.now()) / 1000));
    return new HugwireError(code, message, { hint, retryAfterSeconds: wait });
  }
}

class GuardedClient extends DelegatingClient {
  readonly #breakers: { hub: Breaker; viewer: Breaker };

  constructor(client: HubClient, breakers: { hub: Breaker; viewer: Breaker }) {
    super(client);
    this.#breakers = breakers;
  }

  request(path: string, request: HubRequest = {}): Promise<HubAnswer> {
    // Offline on purpose: there is nothing to spare, and nothing to find out. What was written is looked at, come what may.
    if (this.offline || request.repeatable === false) return this.client.request(path, request);
    return this.#breakers[request.service ?? 'hub'].run(() => this.client.request(path, request));
  }

  override isAway(service: HubRequest['service'] = 'hub'): boolean {
    return super.isAway(service) || this.#breakers[service].isOpen;
  }

  withSignal(signal: AbortSignal): HubClient {
    return new GuardedClient(this.client.withSignal(signal), this.#breakers);
  }
}
