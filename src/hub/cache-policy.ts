import { type ErrorCode, HugwireError } from '../errors.js';
import type { CacheKind } from './types.js';

/** Seconds in which an answer serves again without a question to the Hub. */
const LIFETIMES: Record<CacheKind, number> = {
  list: 60,
  repo: 300,
  file: 600,
  immutable: Number.POSITIVE_INFINITY,
  batch: 600,
  vocabulary: 3600,
  account: 300,
};

/** A clock may be set back by this much without an answer counting as one from the future. */
const CLOCK_SLACK_SECONDS = 60;

/** When the Hub fails like this, an older answer is better than none. */
const STALE_WHEN: Partial<Record<ErrorCode, 'offline' | 'failed'>> = {
  offline: 'offline',
  timeout: 'failed',
  unavailable: 'failed',
  rate_limited: 'failed',
};

/** The Hub has taken back what it said. */
const GONE: ReadonlySet<ErrorCode> = new Set(['not_found', 'not_visible', 'gated', 'unauthorized', 'disabled']);

/**
 * Whether an answer may serve without a question to the Hub.
 * @param kind of the request
 * @param ageSeconds negative when the clock was set back since
 */
export function isFresh(kind: CacheKind, ageSeconds: number): boolean {
  // An answer from the future would stay fresh for as long as the clock was off.
  return kind === 'immutable' || (ageSeconds < LIFETIMES[kind] && ageSeconds > -CLOCK_SLACK_SECONDS);
}

/**
 * Why something older may stand in for the answer that failed; undefined when nothing may.
 * @param error what the Hub, or the way to it, gave
 */
export function staleReason(error: unknown): 'offline' | 'failed' | undefined {
  return error instanceof HugwireError ? STALE_WHEN[error.code] : undefined;
}

/**
 * Whether the failure means that the kept answer is no longer true, or no longer for this caller.
 * @param error what the Hub gave
 */
export function isGone(error: unknown): boolean {
  return error instanceof HugwireError && GONE.has(error.code);
}
