import type { FoundToken, HubAnswer, HubClient, HubRequest, RateWindow } from './types.js';

/** A client in front of another one: what it does not do itself, the other does. */
export abstract class DelegatingClient implements HubClient {
  readonly endpoint: string;
  readonly offline: boolean;
  protected readonly client: HubClient;

  /** @param client the one behind */
  constructor(client: HubClient) {
    this.endpoint = client.endpoint;
    this.offline = client.offline;
    this.client = client;
  }

  abstract request(path: string, request?: HubRequest): Promise<HubAnswer>;

  abstract withSignal(signal: AbortSignal): HubClient;

  isAway(service?: HubRequest['service']): boolean {
    return this.client.isAway(service);
  }

  limits(): RateWindow[] {
    return this.client.limits();
  }

  token(): Promise<FoundToken> {
    return this.client.token();
  }
}
