import { cancelled, type ErrorCode, HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json.js';
import { explainNoAnswer } from '../lib/network.js';
import { cleanLine, quote, showName } from '../lib/text.js';
import type { RaisedError } from './messages.js';
import type { AppSite, Endpoint } from './types.js';
import { describeUse } from './wiring.js';

/** What an error tells of a Space. */
type Site = Pick<AppSite, 'id' | 'kind'>;

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
    hint: 'Too many people are using it right now. Try again later.',
    retryAfterSeconds: 30,
    cause: QUEUE_FULL,
  },
  {
    when: (status, detail) => status === 503 && /queue is stopped/i.test(detail),
    code: 'space_broken',
    message: 'has stopped its queue',
    hint: 'Its author has to restart it; try another Space.',
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
    message: 'no longer has this endpoint',
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
 * The error of an app that wants a name and a password of its own (`auth=`).
 * @param detail of its answer; its author may have written a message for the login page
 */
export function loginError(site: Site, detail: unknown): HugwireError {
  const said = isObject(detail) ? plainText(detail.auth_message) : '';
  return new HugwireError(
    'unauthorized',
    `The app of ${site.id} asks for a user name and password of its own.${said ? ` It says: ${quote(said)}` : ''}`,
    { hint: `Only the user can log in, in a terminal: \`hugwire spaces login ${site.id}\`. Then call again.` },
  );
}

/**
 * Why a Space did not take a call.
 * @param status of its answer
 * @param body the answer, when it is a JSON object
 */
export function joinError(site: Site, status: number, body: Record<string, unknown> | undefined): HugwireError {
  const detail = body?.detail;
  if (status === 401 && body) return loginError(site, detail);
  if (status === 422 && Array.isArray(detail)) return validationError(site, detail);
  const text = plainText(typeof detail === 'string' ? detail : body?.error);
  const rule = JOIN_RULES.find(({ when }) => when(status, text, body !== undefined));
  const said = text ? ` It says: ${quote(text)}` : '';
  if (rule) {
    const { code, message, ...details } = rule;
    return new HugwireError(code, `${site.id} ${message}.${said}`, details);
  }
  if (status === 200) {
    return new HugwireError('space_broken', `${site.id} answered with something that is not Gradio's protocol.`, {
      hint: 'Only its author can fix that; look for another Space.',
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
    return [`${showName(where)}${where && ': '}${quote(why)}`];
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
    `${site.id} broke off in the middle of the run${said ? `: ${quote(said)}` : ', most likely because it restarted'}.`,
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
    return cancelled(error);
  }
  const told = explainNoAnswer(error, site.id);
  if (site.kind === 'hub' || told.code === 'blocked' || /certificate|TLS/.test(told.message)) return told;
  const what = told.code === 'offline' ? `Nothing answers at ${site.id}.` : `The connection to ${site.id} broke off.`;
  return new HugwireError('unavailable', what, {
    hint: 'Is the app running at this address?',
    cause: error,
  });
}

/** A kind of error that a Space's function raises, known by its words. */
interface RunRule {
  /** Tried on the title and the message, joined by a line feed. */
  pattern: RegExp;
  code: ErrorCode;
  /** What it means; the Space's own words follow. */
  meaning: string;
  hint: string | ((sentToken: boolean) => string);
  /** The author's function raised it: what the endpoint needs besides its arguments may be the reason. */
  isOwn?: boolean;
  /** Used when the text itself names no time. */
  retryAfterSeconds?: number;
}

const quotaHint = (sentToken: boolean): string =>
  sentToken
    ? 'Wait until the quota resets (hub_whoami shows it), or use a Space on other hardware.'
    : 'No token went with this call, so the small anonymous quota counted: hub_whoami says how to use one.';

// Titles and texts of the `spaces` package for ZeroGPU, and of Gradio's own checks of its inputs; first match wins.
const RUN_RULES: RunRule[] = [
  {
    pattern: /No GPU was available|ZeroGPU queue timeout|pool is at capacity/i,
    code: 'unavailable',
    meaning: 'No GPU came free in time',
    hint: 'The shared GPUs are busy; nothing was charged to your quota. Try again in a minute.',
    retryAfterSeconds: 60,
  },
  {
    pattern: /GPU runs limit/i,
    code: 'quota_exceeded',
    meaning: 'No ZeroGPU runs are left',
    hint: quotaHint,
  },
  {
    pattern: /app has reached its GPU limit/i,
    code: 'quota_exceeded',
    meaning: 'The Space has used up its ZeroGPU time for unidentified callers',
    hint: (sentToken) =>
      sentToken
        ? 'It was not charged to your account: the Space did not pass on who calls. Try another Space, or this one later.'
        : quotaHint(false),
  },
  {
    pattern: /exceeded your [\w ]{0,20}GPU quota|ZeroGPU quota exceeded/i,
    code: 'quota_exceeded',
    meaning: 'The remaining ZeroGPU quota is not enough',
    hint: quotaHint,
  },
  {
    pattern: /too many ZeroGPU credits|ZeroGPU pending credits/i,
    code: 'rate_limited',
    meaning: 'Runs that are still going hold all ZeroGPU credits',
    hint: 'Wait until your other ZeroGPU runs have ended.',
    retryAfterSeconds: 60,
  },
  {
    pattern: /GPU duration .{0,40}larger than the maximum|ZeroGPU illegal duration/i,
    code: 'space_error',
    meaning: 'The Space asks for more GPU time than ZeroGPU allows',
    hint: 'Ask for less work (fewer steps, shorter input) if that sets the duration; else only its author can help.',
  },
  {
    pattern: /ZeroGPU proxy token/i,
    code: 'unavailable',
    meaning: 'ZeroGPU rejected the pass of this call',
    hint: 'Call again: a new pass is made for every call.',
    retryAfterSeconds: 1,
  },
  {
    pattern: /^ZeroGPU client error/i,
    code: 'unavailable',
    meaning: 'ZeroGPU could not start the run',
    hint: 'The fault lies between the Space and ZeroGPU, not in your call: try again in a minute.',
    retryAfterSeconds: 60,
  },
  {
    pattern: /GPU task aborted|OutOfMemoryError|out of memory/i,
    code: 'space_error',
    meaning: 'The run broke off on the GPU',
    hint: 'Try once more, or with smaller inputs: often the memory or the GPU time ran out.',
  },
  {
    // The package tells the class of whatever the author's function raises, and nothing else of it.
    pattern: /^ZeroGPU worker error/i,
    code: 'space_error',
    meaning: "The Space's own function raised an exception; ZeroGPU reports only its type",
    hint: "GPU time and your quota are not the cause. Check the arguments with space_info, or try others; the Space's own log has the details.",
    isOwn: true,
  },
  {
    pattern:
      /^Could not preprocess|\nCould not preprocess|is (?:greater|less) than (?:maximum|minimum) value|not in the list of choices|didn't receive enough input values|validation errors? for (?:FileData|ImageData|\w*Data)\b/i,
    code: 'invalid_arguments',
    meaning: 'The Space does not take these arguments',
    hint: 'space_info shows the schema of every endpoint.',
  },
];

/**
 * What a function raised, as an error to act on.
 * @param site the Space
 * @param raised what the app sent; an `error` of null means that it hides the details
 * @param sentToken whether the call carried a token
 * @param endpoint that raised it: what a call of it lacks may be the reason
 */
export function runError(site: Site, raised: RaisedError, sentToken = false, endpoint?: Endpoint): HugwireError {
  const title = plainText(raised.title);
  const message = plainText(raised.error);
  if (message === '') {
    return new HugwireError('space_error', `The function of ${site.id} raised an exception and hides the details.`, {
      hint: withUse(
        endpoint,
        "Check the arguments with space_info, or try others; the Space's own log has the reason.",
      ),
    });
  }
  const said = title && title !== 'Error' && !message.startsWith(title) ? `${title}: ${message}` : message;
  const rule = RUN_RULES.find(({ pattern }) => pattern.test(`${title}\n${message}`));
  if (!rule) {
    return new HugwireError('space_error', `${site.id} reported an error: ${quote(said)}`, {
      hint: withUse(
        endpoint,
        "These are the Space's own words. Change the arguments accordingly, or try another Space.",
      ),
    });
  }
  const hint = typeof rule.hint === 'string' ? rule.hint : rule.hint(sentToken);
  return new HugwireError(rule.code, `${rule.meaning}. ${site.id} says: ${quote(said)}`, {
    hint: rule.isOwn ? withUse(endpoint, hint) : hint,
    retryAfterSeconds: waitingTime(message) ?? rule.retryAfterSeconds,
  });
}

/** What a call of the endpoint may have lacked, before the advice that fits any. */
function withUse(endpoint: Endpoint | undefined, hint: string): string {
  const use = endpoint ? describeUse({ ...endpoint, followedBy: undefined }) : [];
  return [...use, endpoint?.needsEvent ? 'space_info shows the other endpoints.' : hint].join(' ');
}

function waitingTime(message: string): number | undefined {
  const time = /Try again in (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)/i.exec(message);
  if (!time) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = time.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' };

/** Tags that part words; all others may stand within one. */
const BLOCK_TAG = /<\/?(?:br|div|h[1-6]|hr|li|ol|p|pre|t[dhr]|table|ul)\b[^<>]{0,500}>/gi;

/**
 * What an app wrote for its page as one line of plain text: without HTML, entities, and the quotes of a Python repr that
 * Gradio 4 puts around errors.
 * @param value any value; what is no text becomes ""
 * @param maxLength characters at most
 */
export function plainText(value: unknown, maxLength = 600): string {
  const text = cleanLine(value, maxLength * 4);
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
  const plain = bare
    .replace(BLOCK_TAG, ' ')
    .replace(/<\/?[a-z][^<>]{0,500}>/gi, '')
    .replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? ' ');
  return cleanLine(plain, maxLength);
}
