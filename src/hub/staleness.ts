import { formatDuration } from '../lib/format.js';
import type { HubAnswer, HubClient } from './types.js';

const REASONS = { offline: 'the network is unavailable', failed: 'the Hub did not answer properly just now' };

/**
 * Says that an answer is not the Hub's of today, where it is from, and why; undefined when it is current.
 * @param answer of the Hub, the cache, or the downloads of huggingface_hub
 */
export function describeStaleness({ cached }: Pick<HubAnswer, 'cached'>): string | undefined {
  if (!cached?.stale) return undefined;
  const age = formatDuration(cached.ageSeconds);
  const source = cached.downloaded
    ? `From the local cache, downloaded ${age} ago; only what is on this machine`
    : `From the cache, ${age} old`;
  return `${source}: ${REASONS[cached.stale]}.`;
}

/**
 * The same as a list of notes: one, or none.
 * @param answer of the Hub, the cache, or the downloads of huggingface_hub
 */
export function staleNotes(answer: Pick<HubAnswer, 'cached'>): string[] {
  const note = describeStaleness(answer);
  return note === undefined ? [] : [note];
}

interface WatchedHub {
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
    recall: (subject) => hub.recall(subject),
    keep: (subject, finding) => hub.keep(subject, finding),
    transfer: (address, request) => hub.transfer(address, request),
    forget: (id) => hub.forget(id),
    async request(path, request) {
      const answer = await hub.request(path, request);
      note ??= describeStaleness(answer);
      return answer;
    },
  };
  return { hub: watched, note: () => note };
}
