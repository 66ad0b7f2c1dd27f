import { formatDuration } from '../text/format.js';
import type { HubAnswer } from './types.js';

const REASONS = { offline: 'the network is away', failed: 'the Hub did not answer properly just now' };

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
