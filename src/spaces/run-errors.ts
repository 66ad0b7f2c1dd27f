import { type ErrorCode, HugwireError } from '../errors.js';
import type { Site } from './errors.js';
import type { RaisedError } from './messages.js';
import { plainText } from './plain-text.js';

/** A kind of error that a Space's function raises, known by its words. */
interface RunRule {
  /** Tried on the title and the message, joined by a line feed. */
  pattern: RegExp;
  code: ErrorCode;
  /** What it means; the Space's own words follow. */
  meaning: string;
  hint: string | ((sentToken: boolean) => string);
  /** Used when the text itself names no time. */
  retryAfterSeconds?: number;
}

const quotaHint = (sentToken: boolean): string =>
  sentToken
    ? 'Wait until the quota resets (hub_whoami shows it), or use a Space on other hardware.'
    : 'No token went with this call, so the small anonymous quota counted: set HF_TOKEN, or log in with `hf auth login`.';

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
    meaning: 'The number of ZeroGPU runs is used up',
    hint: quotaHint,
  },
  {
    pattern: /exceeded your [\w ]{0,20}GPU quota|ZeroGPU quota exceeded|reached its GPU limit/i,
    code: 'quota_exceeded',
    meaning: 'The ZeroGPU quota does not suffice',
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
    pattern: /ZeroGPU proxy token|ZeroGPU client error/i,
    code: 'unavailable',
    meaning: 'ZeroGPU did not accept the pass of this call',
    hint: 'Call again: a new pass is made for every call.',
    retryAfterSeconds: 1,
  },
  {
    pattern: /GPU task aborted|ZeroGPU worker error/i,
    code: 'space_error',
    meaning: 'The run broke off on the GPU',
    hint: 'Try once more, or with smaller inputs: often the memory or the GPU time ran out.',
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
 */
export function runError(site: Site, raised: RaisedError, sentToken = false): HugwireError {
  const title = plainText(raised.title);
  const message = plainText(raised.error);
  if (message === '') {
    return new HugwireError('space_error', `The function of ${site.id} raised an exception and hides the details.`, {
      hint: 'Check the arguments with space_info, or try others; the Space’s own log has the reason.',
    });
  }
  const said = title && title !== 'Error' && !message.startsWith(title) ? `${title}: ${message}` : message;
  const rule = RUN_RULES.find(({ pattern }) => pattern.test(`${title}\n${message}`));
  if (!rule) {
    return new HugwireError('space_error', `${site.id} reported an error: “${said}”`, {
      hint: 'These are the Space’s own words. Change the arguments accordingly, or try another Space.',
    });
  }
  const retryAfterSeconds = waitingTime(message) ?? rule.retryAfterSeconds;
  return new HugwireError(rule.code, `${rule.meaning}. ${site.id} says: “${said}”`, {
    hint: typeof rule.hint === 'string' ? rule.hint : rule.hint(sentToken),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function waitingTime(message: string): number | undefined {
  const time = /Try again in (?:(\d+) days?, )?(\d+):(\d\d):(\d\d)/i.exec(message);
  if (!time) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = time.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
