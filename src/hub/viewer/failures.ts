import { type ErrorCode, HugwireError } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { cleanLine, quote, redact } from '../../lib/text.js';
import type { HubRefusal } from '../client/failures.js';

interface Facts {
  dataset: string;
  /** The endpoint that refused, such as `rows`. */
  endpoint: string;
  /** The viewer's own words, one line. */
  said: string;
  token?: string;
  unusable?: string;
}

interface Finding {
  code: ErrorCode;
  message: string;
  hint?: string;
  retryAfterSeconds?: number;
}

/** What a refusal means. */
interface Meaning {
  explain(facts: Facts): Finding;
  /** The next try, a second later, may succeed: the fault is in the service and has nothing to do with the dataset. */
  momentary?: true;
}

const filesHint = (dataset: string) =>
  `hub_repo ids=["datasets/${dataset}"] include=["files"] lists its files, and hub_read reads them.`;
const structureHint = (dataset: string) => `dataset_rows dataset=${dataset} lists its configs and splits.`;
const NOT_READY_SECONDS = 30;

/** Waiting helps: to look at the files instead would be the longer way. */
const passing =
  (happens: string, seconds = NOT_READY_SECONDS) =>
  ({ dataset }: Facts): Finding => ({
    code: 'unavailable',
    message: `The dataset viewer ${happens} ${dataset}.`,
    hint: `Try again in ${seconds} s${seconds === NOT_READY_SECONDS ? '; a large dataset takes minutes' : ''}.`,
    retryAfterSeconds: seconds,
  });

const notReady: Meaning = { explain: passing('is still preparing') };
const indexing: Meaning = { explain: passing('is still preparing the search index of') };
const momentary: Meaning = { explain: passing('failed for a moment at', 10), momentary: true };

const notServed: Meaning = {
  explain: (facts) => {
    const { dataset, endpoint, said } = facts;
    if (endpoint === 'search' || endpoint === 'filter') return { ...noIndex.explain(facts), code: 'not_found' };
    return {
      code: 'not_found',
      message:
        endpoint === 'rows' || endpoint === 'first-rows'
          ? `The dataset viewer has no rows of ${dataset}: it could not convert them.`
          : `The dataset viewer has nothing on ${dataset}${said && !/^not found\.?$/i.test(said) ? `: ${said}` : '.'}`,
      hint: `${structureHint(dataset)} ${filesHint(dataset)}`,
    };
  },
};

const noIndex: Meaning = {
  explain: ({ dataset }) => ({
    code: 'disabled',
    message: `The dataset viewer cannot search, filter or sort ${dataset}: it has no index of this split.`,
    hint: `dataset_rows without query, where and order_by reads its rows. ${filesHint(dataset)}`,
  }),
};

const unreadable: Meaning = {
  explain: ({ dataset, said }) => ({
    code: 'unavailable',
    message: `The dataset viewer cannot read ${dataset}${said ? `: ${said}` : '.'}`,
    hint: filesHint(dataset),
  }),
};

const notSupported: Meaning = {
  explain: ({ dataset, said }) => ({
    code: 'disabled',
    message: `The dataset viewer does not serve ${dataset}${said ? `: ${said}` : '.'}`,
    hint: filesHint(dataset),
  }),
};

const badParameter: Meaning = {
  explain: ({ said }) => ({
    code: 'invalid_arguments',
    message: `The dataset viewer did not accept the request${said ? `: ${said}` : '.'}`,
  }),
};

const notVisible: Meaning = {
  explain: ({ dataset, token, unusable }) => ({
    code: 'not_visible',
    message: `Dataset ${dataset} does not exist, ${token ? `or the token from ${token} cannot see it` : 'or is private or gated'}.`,
    hint: `Look for the right id with hub_search; ${
      unusable === undefined ? '' : `no token was sent: ${cleanLine(unusable, 200)}; `
    }hub_whoami shows which token is used.`,
  }),
};

/**
 * The viewer's codes, without the `Error` that ends most of them. A code that is not here is lasting: what its workers
 * could not do is kept, and asking again gives the same answer.
 */
const CODES: Record<string, Meaning> = {
  ExternalUnauthenticated: notVisible,
  ExternalAuthenticated: notVisible,
  DatasetNotFound: notVisible,
  RenamedDataset: notVisible,
  NotSupportedRepositoryNotFound: notVisible,

  ResponseNotFound: notServed,
  ConfigNotFound: notServed,
  SplitNotFound: notServed,

  MissingRequiredParameter: badParameter,
  InvalidParameter: badParameter,
  SearchFeatureNotAvailable: noIndex,

  ResponseNotReady: notReady,
  RetryableConfigNames: notReady,
  PreviousStepStillProcessing: notReady,
  LockedDatasetTimeout: notReady,
  JobManagerCrashed: notReady,
  DownloadIndex: indexing,
  UnprocessableIndex: indexing,

  Unexpected: momentary,
  UnexpectedApi: momentary,
  AuthCheckHubRequest: momentary,
  HfHub: momentary,
};

/** What a status means when the code tells nothing. */
const BY_STATUS: [from: number, meaning: Meaning][] = [
  [502, momentary],
  [501, notSupported],
  [500, unreadable],
  [422, badParameter],
  [404, notServed],
  [401, notVisible],
  [400, badParameter],
];

type Refusal = Pick<HubRefusal, 'status' | 'headers'>;

function meaningOf({ status, headers }: Refusal): Meaning {
  const code = headers.get('x-error-code') ?? '';
  // What fails within the service itself comes as plain text, without a code.
  if (status === 408 || (status === 500 && code === '')) return momentary;
  const name = code.replace(/Error$/, '');
  return (
    (Object.hasOwn(CODES, name) ? CODES[name] : undefined) ??
    BY_STATUS.find(([from]) => status >= from)?.[1] ??
    unreadable
  );
}

/**
 * Whether a refusal of the dataset viewer is worth another try at once. Of those that pass with time, too, one is told
 * when to come back.
 * @param refusal status and headers as they came
 */
export function isMomentary(refusal: Refusal): boolean {
  return meaningOf(refusal).momentary === true;
}

/**
 * Turns an error of the dataset viewer into the one that the assistant sees; the viewer's traceback is left out.
 * @param refusal status, headers and body as they came; the status may be 200 with an `error` in the body
 * @see the errors of the dataset viewer's OpenAPI document
 */
export function explainViewerRefusal(refusal: HubRefusal): HugwireError {
  const { headers, body, path, request, tokenSource, tokenUnusable } = refusal;
  const { code, message, ...details } = meaningOf(refusal).explain({
    dataset: cleanLine(request.repo?.id ?? 'this dataset', 120),
    endpoint: path.split('/').at(-1) ?? '',
    said: wordsOf(body),
    token: tokenSource,
    unusable: tokenUnusable,
  });
  return new HugwireError(code, message, {
    ...details,
    requestId: cleanLine(headers.get('x-request-id') ?? '', 100) || undefined,
  });
}

/** `error` and, where it says more, `cause_message`, which may quote the files; nothing of HTML, plain text or tracebacks. */
function wordsOf(body: string): string {
  const { error, cause_message: cause } = parseJsonObject(body) ?? {};
  const words = cleanLine(typeof error === 'string' ? redact(error) : '', 300);
  const more = cleanLine(typeof cause === 'string' && cause !== error ? redact(cause) : '', 300);
  return [words, more && quote(more)].filter(Boolean).join(' ');
}
