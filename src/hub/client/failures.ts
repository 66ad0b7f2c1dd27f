import { type ErrorCode, HugwireError } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { explainStrayPage, isWebPage } from '../../lib/network.js';
import { cleanLine, redact } from '../../lib/text.js';
import type { HubRequest } from '../types.js';
import { explainViewerRefusal } from '../viewer/failures.js';

/** A refusal of the Hub, with what is needed to explain it. */
export interface HubRefusal {
  status: number;
  headers: Headers;
  body: string;
  request: HubRequest;
  path: string;
  /** Where the token that was sent came from; undefined when none was sent. */
  tokenSource?: string;
  /** Why a token that was found was not sent. */
  tokenUnusable?: string;
  /** The same of a token that is good, but may not go where the request went; with what to do about it. */
  tokenWithheld?: string;
  /** What to do for another token, where that is no matter of this machine. */
  tokenAdvice?: string;
}

interface Finding {
  code: ErrorCode;
  message: string;
  hint?: string;
  missing?: 'revision' | 'file';
}

interface Facts extends HubRefusal {
  /** The Hub's own words, one line. */
  said: string;
  errorCode: string;
  /** `model owner/name`, or the path when the request is about no repository. */
  subject: string;
}

/**
 * The error for an answer that did not come from the Hub: a web page where none was expected, or a refusal that bears none of the
 * Hub's signs, such as a firewall, a proxy and the login page of a network give.
 * @param answer as it came
 * @param asked what was asked
 * @returns undefined for what the Hub may have said
 */
export function explainStranger(
  {
    status,
    headers,
    ownHeaders,
    url,
    body,
  }: Pick<HubRefusal, 'status' | 'headers' | 'body'> & { ownHeaders: Headers; url: string },
  asked: URL,
): HugwireError | undefined {
  // The content network sends the files of the Hub, without a sign; what it refuses the Hub has not refused.
  const isHub = hasSign(headers) || (status < 300 && hasSign(ownHeaders));
  if (isHub && status !== 407) return undefined;
  const page = isWebPage(headers, body);
  const isApi = /\/(?:api|datasets-server)\//.test(asked.pathname);
  // Pages of the Hub's web site are web pages where they are missing; files may be web pages themselves.
  const mayBePage = status < 300 ? /\.x?html?$/i.test(asked.pathname) : !isApi && (status === 404 || status === 410);
  if (status === 408 || status === 429) return undefined;
  const strange = status === 407 || status === 511 || (page ? status < 500 && !mayBePage : isWordless(status, headers));
  return strange ? explainStrayPage({ asked: asked.host, host: new URL(url).host, status, body, page }) : undefined;
}

/** The Hub and its dataset viewer send these; gateways do not. */
const HUB_SIGNS = ['x-error-code', 'x-error-message', 'ratelimit', 'x-repo-commit', 'x-linked-etag'];

const hasSign = (headers: Headers) =>
  /huggingface/i.test(headers.get('x-powered-by') ?? '') || HUB_SIGNS.some((name) => headers.has(name));

/** The Hub, and mirrors that want a token, refuse in JSON. */
function isWordless(status: number, headers: Headers): boolean {
  return (status === 403 || status === 451) && !headers.get('content-type')?.includes('json');
}

/** What to do for a token, and what became of the one that is there. */
function explainTokenNeed({ tokenUnusable, tokenWithheld }: HubRefusal): string {
  if (tokenWithheld !== undefined) return tokenWithheld;
  const unsent = tokenUnusable === undefined ? '' : `No token was sent: ${cleanLine(tokenUnusable, 200)}. `;
  return `${unsent}Set HF_TOKEN or run \`hf auth login\`; hub_whoami shows which token is used.`;
}

/** What a path takes that many a token that can read repositories does not have. */
const RIGHTS = new Map([
  [
    '/api/spaces/zero-gpu/quota',
    'Only a token that may read billing information shows it: turn on "Billing > Read" of the fine-grained token at https://huggingface.co/settings/tokens, or log in with the scope read-billing.',
  ],
]);

/**
 * Whether an answer says that the token is not one. A gate says the same to nobody and to a wrong token, and answers 403
 * to the token of an account that it does not let in.
 * @param answer with its token already sent
 */
export function isRejected({ status, headers }: Pick<HubRefusal, 'status' | 'headers'>): boolean {
  if (status !== 401) return false;
  return (
    headers.get('x-error-code') === 'GatedRepo' || /^invalid credentials/i.test(headers.get('x-error-message') ?? '')
  );
}

// The order is that of `hf_raise_for_status` in huggingface_hub: the more telling sign first.
const RULES: { when(facts: Facts): boolean; finding(facts: Facts): Finding }[] = [
  {
    when: (f) => f.tokenSource !== undefined && isRejected(f),
    finding: (f) => ({
      code: 'unauthorized',
      message: `The Hub rejected the token from ${f.tokenSource}: it is invalid, revoked or expired.`,
      hint: `${howToRenew(f)} Public content can be read without a token.`,
    }),
  },
  {
    when: (f) => f.errorCode === 'RevisionNotFound',
    finding: (f) => ({
      code: 'not_found',
      message: `${f.subject} has no revision "${cleanLine(f.request.repo?.revision ?? 'main', 80)}".`,
      hint: 'Leave the revision out for the default branch, or give a branch, tag or commit that exists.',
      missing: 'revision',
    }),
  },
  {
    when: (f) => f.errorCode === 'EntryNotFound',
    finding: (f) => ({
      code: 'not_found',
      message: `${f.subject} has no file ${f.request.file ? `"${cleanLine(f.request.file, 200)}"` : 'at that path'}.`,
      hint: 'hub_repo with include=["files"] lists the files.',
      missing: 'file',
    }),
  },
  {
    when: (f) => f.errorCode === 'GatedRepo' || /enable access to public gated repositories/i.test(f.said),
    finding: explainGate,
  },
  {
    when: (f) => f.status === 403 && /access to this resource is disabled/i.test(f.said),
    finding: (f) => ({ code: 'disabled', message: `${f.subject} has been disabled by the Hub.` }),
  },
  {
    when: (f) => f.errorCode === 'RepoNotFound' || (f.status === 404 && f.request.repo !== undefined),
    finding: (f) => ({
      code: 'not_found',
      message: f.tokenSource
        ? `${f.subject} does not exist, or the token from ${f.tokenSource} cannot see it.`
        : `${f.subject} does not exist.`,
      hint: `Look for the right id with hub_search.${suggestOtherKind(f)}`,
    }),
  },
  {
    when: (f) => f.status === 401 && f.request.repo !== undefined,
    finding: (f) => ({
      code: 'not_visible',
      message: `${f.subject} does not exist, or is private.`,
      hint: `Check the id with hub_search.${suggestOtherKind(f)} ${
        f.tokenSource
          ? `A token was sent, from ${f.tokenSource}: hub_whoami shows whether the Hub accepts it.`
          : `If it is private: ${explainTokenNeed(f)}`
      }`,
    }),
  },
  {
    when: (f) => f.status === 401 && f.tokenSource !== undefined,
    finding: (f) => ({
      code: 'unauthorized',
      message: `The Hub did not accept the token from ${f.tokenSource} for ${f.subject}${f.said ? `: ${f.said}` : '.'}`,
      hint: `hub_whoami shows whether it is valid at all. ${howToRenew(f)}`,
    }),
  },
  {
    when: (f) => f.status === 401,
    finding: (f) => ({
      code: 'unauthorized',
      message: `The Hub requires a token for ${f.subject}.`,
      hint: explainTokenNeed(f),
    }),
  },
  {
    when: (f) => f.status === 403,
    finding: (f) => ({
      code: 'unauthorized',
      message: `The Hub refused ${f.subject}${f.said ? `: ${f.said}` : '.'}`,
      hint: f.tokenSource
        ? (RIGHTS.get(f.path) ?? `The token from ${f.tokenSource} may lack the right for this.`)
        : explainTokenNeed(f),
    }),
  },
  {
    when: (f) => f.status === 404,
    finding: (f) => ({ code: 'not_found', message: `The Hub has nothing at ${f.subject}.` }),
  },
  {
    when: (f) => f.status === 402,
    finding: (f) => ({
      code: 'quota_exceeded',
      message: `The Hub requires payment for ${f.subject}${f.said ? `: ${f.said}` : '.'}`,
      hint: 'Credits and payment methods are at https://huggingface.co/settings/billing.',
    }),
  },
  {
    when: (f) => f.status === 413,
    finding: (f) => ({
      code: 'too_large',
      message: `The request is larger than the Hub accepts${f.said ? `: ${f.said}` : ' (413).'}`,
    }),
  },
  {
    when: (f) => f.status === 409 || f.status === 412,
    finding: (f) => ({
      code: 'invalid_arguments',
      message: `The Hub refused the change of ${f.subject}${f.said ? `: ${f.said}` : ` (${f.status}).`}`,
    }),
  },
  {
    when: (f) => f.status === 400 || f.status === 416 || f.status === 422,
    finding: (f) => ({
      code: 'invalid_arguments',
      message: `The Hub did not accept the request${f.said ? `: ${f.said}` : ` (${f.status}).`}`,
    }),
  },
  {
    when: (f) => f.status === 414 || f.status === 431,
    finding: (f) => ({
      code: 'invalid_arguments',
      message: `The request is longer than the Hub accepts (${f.status}).`,
      hint: 'Shorten the arguments.',
    }),
  },
  {
    when: (f) => f.status >= 500,
    finding: (f) => ({
      code: 'unavailable',
      message: `The Hub is having trouble (${f.status}${f.said ? `, ${f.said}` : ''}).`,
      hint: 'Try again in a minute; https://status.huggingface.co lists outages.',
    }),
  },
];

/**
 * Turns a refusal of the Hub into the error that the assistant sees. Rate limits (429) are not for this function.
 * @param refusal status, headers and body as they came
 * @see reference of the Hub's errors: `hf_raise_for_status` in huggingface_hub
 */
export function explainRefusal(refusal: HubRefusal): HugwireError {
  if (refusal.request.service === 'viewer') {
    return explainViewerRefusal({ ...refusal, tokenUnusable: refusal.tokenUnusable ?? refusal.tokenWithheld });
  }
  const { kind, id } = refusal.request.repo ?? {};
  const facts: Facts = {
    ...refusal,
    said: wordsOf(refusal),
    errorCode: refusal.headers.get('x-error-code') ?? '',
    subject: id
      ? `${kind ?? 'repository'} ${cleanLine(id, 120)}`.replace(/^./, (c) => c.toUpperCase())
      : cleanLine(refusal.path, 200),
  };
  const rule = RULES.find((candidate) => candidate.when(facts));
  const finding: Finding = rule?.finding(facts) ?? {
    code: 'unavailable',
    message: `The Hub answered ${facts.subject} with status ${refusal.status}${facts.said ? `: ${facts.said}` : '.'}`,
  };
  return new HugwireError(finding.code, finding.message, {
    hint: finding.hint,
    missing: finding.missing,
    requestId: requestIdOf(refusal.headers),
  });
}

/** What is no dataset and no Space is often a model. */
function suggestOtherKind({ request }: Facts): string {
  const { kind, id } = request.repo ?? {};
  if (id === undefined || kind === undefined || kind === 'model') return '';
  return ` Perhaps it is not a ${kind === 'space' ? 'Space' : kind}: hub_repo ids=["${cleanLine(id, 120)}"] tells what it is.`;
}

function explainGate(facts: Facts): Finding {
  const id = cleanLine(facts.request.repo?.id ?? '', 120);
  const kind = facts.request.repo?.kind;
  const page = `https://huggingface.co/${kind === 'dataset' ? 'datasets/' : kind === 'space' ? 'spaces/' : ''}${id}`;
  const message = `${facts.subject} is gated`;
  if (/enable access to public gated repositories/i.test(facts.said)) {
    return {
      code: 'gated',
      message: `${message}, and the fine-grained token from ${facts.tokenSource ?? 'the request'} may not read gated repositories.`,
      hint: 'Turn on "Read access to contents of all public gated repos" at https://huggingface.co/settings/tokens.',
    };
  }
  if (/awaiting a review/i.test(facts.said)) {
    return {
      code: 'gated',
      message: `${message}; your request for access awaits its authors' review.`,
      hint: `See ${page}.`,
    };
  }
  if (facts.tokenSource) {
    return {
      code: 'gated',
      message: `${message}, and your account has no access yet.`,
      hint: `Ask for it at ${page}.`,
    };
  }
  return {
    code: 'gated',
    message: `${message}: its files need a token of an account with access.`,
    hint: `Ask for access at ${page}. ${explainTokenNeed(facts)}`,
  };
}

/** As long as a variable holds the old token, a new login is not looked at. */
function howToRenew({ tokenSource: source = '', tokenAdvice }: HubRefusal): string {
  if (tokenAdvice !== undefined) return tokenAdvice;
  const name = /^env (\S+)$/.exec(source)?.[1];
  if (name) return `Correct ${name}, or unset it and run \`hf auth login\`.`;
  return source === 'command' ? 'Correct what token.command prints.' : 'Run `hf auth login` for a new one.';
}

/** The Hub's own words: the header first, then the fields of a JSON body, then short plain text; never HTML. */
function wordsOf({ headers, body }: HubRefusal): string {
  const header = headers.get('x-error-message');
  if (header) return cleanLine(redact(header), 300);
  const type = headers.get('content-type') ?? '';
  if (type.includes('html') || /^\s*</.test(body)) return '';
  if (!type.includes('json')) return cleanLine(redact(body), 300);
  const { error, error_description, message, errors } = parseJsonObject(body) ?? {};
  const parts = [error, error_description, message, errors].flatMap(flatten);
  return cleanLine(redact([...new Set(parts)].join('; ')), 300);
}

function flatten(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (value && typeof value === 'object')
    return 'message' in value ? flatten(value.message) : Object.values(value).flatMap(flatten);
  return [];
}

/**
 * The Hub's id of a request, for bug reports.
 * @param headers of the answer
 */
export function requestIdOf(headers: Headers): string | undefined {
  const id = headers.get('x-request-id') ?? headers.get('x-amzn-trace-id') ?? headers.get('x-amz-cf-id');
  return id ? cleanLine(id, 100) : undefined;
}
