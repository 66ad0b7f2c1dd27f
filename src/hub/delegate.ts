import type { FoundToken, HubAnswer, HubClient, HubRequest, RateWindow } from './types.js';

/** A client in front of another one: what it does not do itself, the other does. */
export abstract class DelegatingClient implements HubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  readonly fetch: typeof fetch;
  protected readonly client: HubClient;

  /**
   * @param client the one behind
   * @param viaFetch how its `fetch` is called, when not as it is
   */
  constructor(client: HubClient, viaFetch: typeof fetch = client.fetch) {
    this.endpoint = client.endpoint;
    this.offline = client.offline;
    this.fetch = viaFetch;
    this.client = client;
  }

  abstract request(path: string, request?: HubRequest): Promise<HubAnswer>;

  abstract withSignal(signal: AbortSignal): HubClient;

  limits(): RateWindow[] {
    return this.client.limits();
  }

  token(): Promise<FoundToken> {
    return this.client.token();
  }
}
