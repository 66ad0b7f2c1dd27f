import { HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import type { SpaceApp } from './types.js';

/** Bytes of a file that has to be held in memory on its way, however large others may be. */
const IN_MEMORY = 100_000_000;
/** Where the user's own limit is set. */
export const LIMIT_KEY = 'files.maxMegabytes';

/** How large a file may be that is sent, and what to do about a larger one. */
export interface SizeLimit {
  bytes: number;
  hint: string;
}

/**
 * The limit for the files of a call: the user's, or the app's own where that is lower.
 * @param app that takes them
 * @param maxBytes `files.maxMegabytes` in bytes
 */
export function limitFor({ site, maxFileSize }: SpaceApp, maxBytes: number): SizeLimit {
  if (maxFileSize !== undefined && maxFileSize < maxBytes) {
    return { bytes: maxFileSize, hint: `${site.id} takes no larger files: send a smaller one.` };
  }
  return { bytes: maxBytes, hint: `The user can raise ${LIMIT_KEY} in hugwire's config.` };
}

/**
 * The same for a file that does not come from this machine's disk: it is held in memory until it is sent.
 * @param limit from `limitFor`
 */
export function limitInMemory(limit: SizeLimit): SizeLimit {
  if (limit.bytes <= IN_MEMORY) return limit;
  return { bytes: IN_MEMORY, hint: 'Save it on this machine and give its path: files on disk may be larger.' };
}

/**
 * The error for a file that is too large to be sent.
 * @param what names it, with its size where that is known
 * @param limit that it is above
 */
export function tooLargeToSend(what: string, { bytes, hint }: SizeLimit): HugwireError {
  return new HugwireError('too_large', `${what}; at most ${formatBytes(bytes)} can be sent.`, { hint });
}
