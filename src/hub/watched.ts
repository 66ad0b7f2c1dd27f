import { describeStaleness } from './staleness.js';
import type { HubClient } from './types.js';

export interface WatchedHub {
  hub: HubClient;
  /** Whether any of its answers was older than it should be, and why: the first such remark, or undefined. */
  note(): string | undefined;
}

/**
 * The same client, which remembers when an answer did not come from the Hub just now; so that what is put together of
 * many answers can say so once.
 * @param hub asks the Hub
 */
export function watchStaleness(hub: HubClient): WatchedHub {
  let note: string | undefined;
  const watched: HubClient = {
    endpoint: hub.endpoint,
    offline: hub.offline,
    isAway: (service) => hub.isAway(service),
    withSignal: (signal) => hub.withSignal(signal),
    limits: () => hub.limits(),
    token: () => hub.token(),
    async request(path, request) {
      const answer = await hub.request(path, request);
      note ??= describeStaleness(answer);
      return answer;
    },
  };
  return { hub: watched, note: () => note };
}
