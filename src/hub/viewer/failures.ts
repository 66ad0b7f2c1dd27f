import { type ErrorCode, HugwireError } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { cleanLine, redact } from '../../lib/text.js';
import type { HubRefusal } from '../client/failures.js';

interface Facts {
  dataset: string;
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

const FILES_HINT = 'hub_repo with include=["files"] lists its files, hub_read reads them.';
const NOT_READY_SECONDS = 30;

const notServed = ({ dataset, said }: Facts): Finding => ({
  code: 'not_found',
  message: `The dataset viewer has nothing of that name for ${dataset}${said ? `: ${said}` : '.'}`,
  hint: `dataset_rows with dataset alone lists configs and splits. ${FILES_HINT}`,
});

const notReady = ({ dataset }: Facts): Finding => ({
  code: 'unavailable',
  message: `The dataset viewer is still preparing ${dataset}.`,
  hint: `Try again in ${NOT_READY_SECONDS} s or later; a large dataset takes minutes. ${FILES_HINT}`,
  retryAfterSeconds: NOT_READY_SECONDS,
});

const unreadable = ({ dataset, said }: Facts): Finding => ({
  code: 'unavailable',
  message: `The dataset viewer cannot read ${dataset}${said ? `: ${said}` : '.'}`,
  hint: FILES_HINT,
});

const badParameter = ({ said }: Facts): Finding => ({
  code: 'invalid_arguments',
  message: `The dataset viewer did not accept the request${said ? `: ${said}` : '.'}`,
});

const notVisible = ({ dataset, token, unusable }: Facts): Finding => ({
  code: 'not_visible',
  message: `Dataset ${dataset} does not exist, ${token ? `or the token from ${token} cannot see it` : 'or is private or gated'}.`,
  hint: `Look for the right id with hub_search; ${
    unusable === undefined ? '' : `no token was sent: ${cleanLine(unusable, 200)}; `
  }hub_whoami shows which token is used.`,
});

/** The viewer's codes, with and without the `Error` that some releases add. */
const FINDINGS: Record<string, (facts: Facts) => Finding> = {
  ExternalUnauthenticated: notVisible,
  ExternalAuthenticated: notVisible,
  DatasetNotFound: notVisible,
  RenamedDataset: notVisible,
  ResponseNotFound: notServed,
  ConfigNotFound: notServed,
  SplitNotFound: notServed,
  MissingRequiredParameter: badParameter,
  InvalidParameter: badParameter,
  ResponseNotReady: notReady,
  StreamingRows: unreadable,
  RowsPostProcessing: unreadable,
  Unexpected: unreadable,
  DatasetInBlockList: ({ dataset }) => ({
    code: 'disabled',
    message: `The dataset viewer is switched off for ${dataset}.`,
    hint: FILES_HINT,
  }),
  DatasetWithTooManyConfigs: ({ dataset }) => ({
    code: 'disabled',
    message: `${dataset} has more configs than the dataset viewer handles.`,
    hint: FILES_HINT,
  }),
};

/** What a status means when no code came with it, as with the plain text of an internal error. */
const BY_STATUS: [from: number, finding: (facts: Facts) => Finding][] = [
  [500, unreadable],
  [422, badParameter],
  [404, notServed],
  [401, notVisible],
  [400, badParameter],
];

/**
 * Turns an error of the dataset viewer into the one that the assistant sees; the viewer's traceback is left out.
 * @param refusal status, headers and body as they came; the status may be 200 with an `error` in the body
 * @see the errors of the dataset viewer's OpenAPI document
 */
export function explainViewerRefusal({
  status,
  headers,
  body,
  request,
  tokenSource,
  tokenUnusable,
}: HubRefusal): HugwireError {
  const facts: Facts = {
    dataset: cleanLine(request.repo?.id ?? 'this dataset', 120),
    said: wordsOf(body),
    token: tokenSource,
    unusable: tokenUnusable,
  };
  const code = (headers.get('x-error-code') ?? '').replace(/Error$/, '');
  const explain =
    (Object.hasOwn(FINDINGS, code) ? FINDINGS[code] : undefined) ?? BY_STATUS.find(([from]) => status >= from)?.[1];
  const { code: ours, message, ...details } = (explain ?? unreadable)(facts);
  return new HugwireError(ours, message, {
    ...details,
    requestId: cleanLine(headers.get('x-request-id') ?? '', 100) || undefined,
  });
}

/** `error` and, where it says more, `cause_message`; nothing of HTML, plain text or tracebacks. */
function wordsOf(body: string): string {
  const { error, cause_message: cause } = parseJsonObject(body) ?? {};
  const parts = [error, cause].filter((part): part is string => typeof part === 'string' && part !== '');
  return cleanLine(redact([...new Set(parts)].join(' ')), 300);
}
