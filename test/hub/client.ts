import { createHubClient, type HubClientOptions } from '../../src/hub/client/client.js';
import type { HubClient } from '../../src/hub/types.js';
import type { HugwireError } from '../../src/lib/errors.js';

export interface TestClient {
  hub: HubClient;
  /** Pauses between tries, milliseconds; the clock jumps instead of waiting. */
  pauses: number[];
  /** What the Hub warned of. */
  warnings: string[];
  /** Lets time pass. */
  pass(milliseconds: number): void;
  /** What the token is from now on. */
  setToken(value: string | undefined): void;
}

/** The real client with a clock that only pauses move. */
export function openClient(endpoint: string, options: Partial<HubClientOptions> & { value?: string } = {}): TestClient {
  let { value } = options;
  let now = 1_800_000_000_000;
  const pauses: number[] = [];
  const warnings: string[] = [];
  const hub = createHubClient({
    endpoint,
    token: async () => ({ value, source: value === undefined ? 'none' : 'env HF_TOKEN' }),
    timeoutMs: 5000,
    userAgent: 'hugwire/test',
    network: fetch,
    onWarning: (text) => warnings.push(text),
    now: () => now,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      pauses.push(milliseconds);
      now += milliseconds;
    },
    ...options,
  });
  return {
    hub,
    pauses,
    warnings,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    setToken: (fresh) => {
      value = fresh;
    },
  };
}

/** The error that a request ends with. */
export async function errorOf(call: Promise<unknown>): Promise<HugwireError> {
  return call.then(
    () => {
      throw new Error('no error came');
    },
    (error: unknown) => error as HugwireError,
  );
}
