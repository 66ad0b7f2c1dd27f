import { type ErrorCode, HugwireError } from '../errors.js';
import { explainNoAnswer } from '../hub/network.js';
import { plainText } from './plain-text.js';
import type { SpaceSite } from './types.js';

/** What an error tells of a Space. */
export type Site = Pick<SpaceSite, 'id' | 'kind'>;

/** The cause of the error for a full queue: such a call was not taken on and may be sent again. */
export const QUEUE_FULL = Symbol('the queue is full');

/** How a Space's refusal to take a call is read; first match wins. `detail` is plain text. */
const JOIN_RULES: {
  when(status: number, detail: string, isJson: boolean): boolean;
  code: ErrorCode;
  message: string;
  hint: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}[] = [
  {
    when: (status, detail) => status === 503 && /queue is full/i.test(detail),
    code: 'rate_limited',
    message: 'has a full queue',
    hint: 'Too many people use it right now. Try again in a while.',
    retryAfterSeconds: 30,
    cause: QUEUE_FULL,
  },
  {
    when: (status, detail) => status === 503 && /queue is stopped/i.test(detail),
    code: 'space_broken',
    message: 'has stopped its queue',
    hint: 'It needs a restart by its author; try another Space.',
  },
  {
    when: (status) => status === 401 || status === 403,
    code: 'unauthorized',
    message: 'wants a login',
    hint: 'The app asks for a user name and password of its own, or the token may not use this Space.',
  },
  {
    when: (status) => status === 413,
    code: 'too_large',
    message: 'says that the request is too large',
    hint: 'Send smaller files or texts.',
  },
  {
    when: (status) => status === 429,
    code: 'rate_limited',
    message: 'gets too many requests',
    hint: 'Wait a minute before the next call.',
    retryAfterSeconds: 60,
  },
  {
    when: (status, _, isJson) => status === 404 && isJson,
    code: 'space_broken',
    message: 'does not know the endpoint any more',
    hint: 'The app has changed: look at it again with space_info.',
  },
  {
    when: (status) => [404, 502, 503, 504].includes(status),
    code: 'unavailable',
    message: 'does not answer: it is starting, restarting or down',
    hint: 'space_info shows its stage. Try again in a minute.',
    retryAfterSeconds: 30,
  },
];

/**
 * Why a Space did not take a call.
 * @param status of its answer
 * @param body the answer, when it is a JSON object
 */
export function joinError(site: Site, status: number, body: Record<string, unknown> | undefined): HugwireError {
  const detail = body?.detail;
  if (status === 422 && Array.isArray(detail)) return validationError(site, detail);
  const text = plainText(typeof detail === 'string' ? detail : body?.error);
  const rule = JOIN_RULES.find(({ when }) => when(status, text, body !== undefined));
  const said = text ? ` It says: “${text}”` : '';
  if (rule) {
    const { code, message, ...details } = rule;
    return new HugwireError(code, `${site.id} ${message}.${said}`, details);
  }
  if (status === 200) {
    return new HugwireError('space_broken', `${site.id} answered with something that is not Gradio’s protocol.`, {
      hint: 'Only its author can repair that; look for another Space.',
    });
  }
  return new HugwireError('space_error', `${site.id} refused the call with status ${status}.${said}`, {
    hint: 'Check the endpoint and the arguments with space_info.',
  });
}

function validationError(site: Site, details: unknown[]): HugwireError {
  const faults = details.slice(0, 10).flatMap((detail) => {
    if (detail === null || typeof detail !== 'object') return [];
    const { is_valid, parameter_name, message, msg, loc } = detail as Record<string, unknown>;
    if (is_valid === true) return [];
    const where = plainText(parameter_name) || (Array.isArray(loc) ? plainText(loc.join('.')) : '');
    const why = plainText(message) || plainText(msg) || 'not accepted';
    return [where ? `${where}: ${why}` : why];
  });
  return new HugwireError('invalid_arguments', `${site.id} does not accept the arguments: ${faults.join('; ')}.`, {
    hint: 'Correct them and call again.',
  });
}

/**
 * Why the stream of a call could not be opened.
 * @param status of the answer
 */
export function streamError(site: Site, status: number): HugwireError {
  const error = joinError(site, status, undefined);
  return status === 200 || error.code === 'space_error' ? lostError(site) : error;
}

/**
 * A run whose stream ended, or whose session is gone, before there was a result.
 * @param notice what the app said about it, if anything
 */
export function lostError(site: Site, notice?: { message: unknown; sessionGone: boolean }): HugwireError {
  const said = notice && !notice.sessionGone ? plainText(notice.message) : '';
  return new HugwireError(
    'unavailable',
    `${site.id} broke off in the middle of the run${said ? `: “${said}”` : ', most likely because it restarted'}.`,
    { hint: 'The result is lost. Call again; if it happens again, the input may be too much for the Space.' },
  );
}

/**
 * What the network did, as an error to act on; a HugwireError is handed on as it is.
 * @param error anything thrown
 */
export function networkError(site: Site, error: unknown): HugwireError {
  if (error instanceof HugwireError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new HugwireError('cancelled', 'The call was cancelled.', { cause: error });
  }
  const told = explainNoAnswer(error, site.id);
  if (site.kind === 'hub' || told.code === 'blocked') return told;
  const what = told.code === 'offline' ? `Nothing answers at ${site.id}.` : `The connection to ${site.id} broke off.`;
  return new HugwireError('unavailable', what, {
    hint: 'Is the app running at this address?',
    cause: error,
  });
}
