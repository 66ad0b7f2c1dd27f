import { formatDuration } from '../text/format.js';
import type { HubAnswer } from './types.js';

const REASONS = { offline: 'the network is away', failed: 'the Hub did not answer properly just now' };

/**
 * Says that an answer is older than it should be, and why; undefined when it is current.
 * @param answer of the Hub or the cache
 */
export function describeStaleness({ cached }: Pick<HubAnswer, 'cached'>): string | undefined {
  if (!cached?.stale) return undefined;
  return `From the cache, ${formatDuration(cached.ageSeconds)} old: ${REASONS[cached.stale]}.`;
}
