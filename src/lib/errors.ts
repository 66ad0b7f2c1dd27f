import { formatDuration } from './format.js';
import { redact } from './text.js';

/** Every way in which hugwire can fail, as the assistant and `hugwire call --json` see it. */
export const ERROR_CODES = [
  'invalid_arguments',
  'not_found',
  'not_visible',
  'gated',
  'unauthorized',
  'rate_limited',
  'quota_exceeded',
  'offline',
  'timeout',
  'unavailable',
  'space_asleep',
  'space_broken',
  'space_error',
  'too_large',
  'blocked',
  'disabled',
  'cancelled',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** What to do next, in words a person can act on; names the tool to call where there is one. */
  hint?: string;
  /** Seconds until the same call can succeed. */
  retryAfterSeconds?: number;
  /** The Hub's id of the failed request, for a bug report. */
  requestId?: string;
  /** `not_found`: what is missing in a repository that is there. Unset: the thing itself. */
  missing?: 'revision' | 'file';
  cause?: unknown;
}

/** The one error class. `message` says what happened and to which id; it never holds a token. */
export class HugwireError extends Error {
  override readonly name = 'HugwireError';
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly retryAfterSeconds?: number;
  readonly requestId?: string;
  readonly missing?: ErrorDetails['missing'];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.requestId = details.requestId;
    this.missing = details.missing;
  }
}

/**
 * The error of a call that somebody gave up.
 * @param cause what was thrown, if anything
 */
export function cancelled(cause?: unknown): HugwireError {
  return new HugwireError('cancelled', 'The call was cancelled.', { cause });
}

/**
 * Turns anything thrown into a HugwireError: an abort becomes `cancelled`, a part of hugwire that is gone `unavailable`,
 * anything unknown `internal`.
 * @param error what was caught
 */
export function toHugwireError(error: unknown): HugwireError {
  if (error instanceof HugwireError) return error;
  if (error instanceof Error && error.name === 'AbortError') return cancelled(error);
  if (isPartOfHugwireGone(error)) {
    return new HugwireError('unavailable', 'hugwire was updated or moved while it was running and must be restarted.', {
      cause: error,
    });
  }
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd') {
    return new HugwireError('unavailable', 'The directory in which hugwire was started does not exist any more.', {
      hint: 'Change to another one and try again, or give absolute paths.',
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new HugwireError('internal', `hugwire failed: ${message}`, {
    hint: 'This is a fault in hugwire, not in your call.',
    cause: error,
  });
}

/**
 * An error in words: what happened, what to do next, how long to wait, and the Hub's id of the request.
 * @param error what happened
 */
export function explainError({ code, message, hint, retryAfterSeconds, requestId }: HugwireError): string {
  const lines = [
    `${code}: ${message}`,
    hint && `Next: ${hint}`,
    retryAfterSeconds !== undefined && `Retry after: ${formatDuration(retryAfterSeconds)}`,
    requestId && `Request id: ${requestId}`,
  ];
  return redact(lines.filter(Boolean).join('\n'));
}

/** The parts of the program that a call needs are loaded from its own folder, which an update may have replaced. */
function isPartOfHugwireGone(error: unknown): boolean {
  const { code, url } = Object(error) as { code?: string; url?: string };
  return code === 'ERR_MODULE_NOT_FOUND' && url?.startsWith(new URL('../', import.meta.url).href) === true;
}
